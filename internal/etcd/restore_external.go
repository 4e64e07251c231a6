package etcd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// The limits of one transaction. etcd accepts at most 128 operations and
// 1.5 MiB.
const (
	maxCopyKeys  = 100
	maxCopyBytes = 512 << 10
)

// restoreExternal copies the content of a backup into an etcd cluster.
func restoreExternal(ctx context.Context, cfg Config, file string) (counts Counts, err error) {
	target, err := openWithTimeout(ctx, cfg)
	if err != nil {
		return Counts{}, err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	if err := target.checkPermissions(ctx); isAuthError(err) {
		return Counts{}, target.external.authError(err)
	}
	temp, err := os.MkdirTemp("", "peering-restore-")
	if err != nil {
		return Counts{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	c := copier{target: target.client}
	if err := c.begin(ctx); err != nil {
		return Counts{}, err
	}
	err = withUnpacked(ctx, cfg, temp, file, func(source *Store) error {
		return c.copy(ctx, source.client)
	})
	if err != nil {
		return Counts{}, fmt.Errorf("the restore did not complete; run it again: %w", err)
	}
	return target.counts(ctx)
}

// copier copies keys into an etcd cluster. Its marker key guards every
// transaction.
type copier struct {
	target *clientv3.Client
	// marker is the revision of the marker key.
	marker int64
	// lease is attached to all keys that have a lease; 0 before the first of them.
	lease clientv3.LeaseID
	// ops are the pending puts, with bytes of values in all.
	ops   []clientv3.Op
	bytes int
}

// begin writes the marker key. The cluster must hold no keys of the store, unless
// an incomplete restore has left them, which begin removes.
func (c *copier) begin(ctx context.Context) error {
	putMarker, end := clientv3.OpPut(restoringKey, ""), clientv3.GetPrefixRangeEnd(root)
	resp, err := c.target.Txn(ctx).
		If(clientv3.Compare(clientv3.CreateRevision(root).WithPrefix(), "=", 0)).
		Then(putMarker).
		Else(clientv3.OpTxn([]clientv3.Cmp{present(restoringKey)}, []clientv3.Op{
			clientv3.OpDelete(root, clientv3.WithRange(restoringKey)),
			clientv3.OpDelete(restoringKey+"\x00", clientv3.WithRange(end)),
			putMarker,
		}, nil)).
		Commit()
	if err != nil {
		return fmt.Errorf("begin the restore: %w", translate(err))
	}
	if !resp.Succeeded && !resp.Responses[0].GetResponseTxn().Succeeded {
		return errors.New("the etcd cluster already holds peerings or clusters")
	}
	c.marker = resp.Header.Revision
	return nil
}

// copy copies all keys of the store. Its last transaction deletes the marker.
func (c *copier) copy(ctx context.Context, source clientv3.KV) error {
	for from := root; from != ""; {
		page, err := source.Get(ctx, from, clientv3.WithRange(clientv3.GetPrefixRangeEnd(root)), clientv3.WithLimit(1000))
		if err != nil {
			return err
		}
		from = ""
		for _, kv := range page.Kvs {
			if err := c.add(ctx, kv); err != nil {
				return err
			}
		}
		if page.More {
			from = string(page.Kvs[len(page.Kvs)-1].Key) + "\x00"
		}
	}
	if err := c.flush(ctx); err != nil {
		return err
	}
	c.ops = append(c.ops, clientv3.OpDelete(restoringKey))
	return c.flush(ctx)
}

// add queues one key and flushes if the transaction is full.
func (c *copier) add(ctx context.Context, kv *mvccpb.KeyValue) error {
	key, value := string(kv.Key), string(kv.Value)
	if strings.HasPrefix(key, electionPrefix) || key == restoringKey {
		return nil
	}
	var options []clientv3.OpOption
	if kv.Lease != 0 {
		if err := c.grantLease(ctx); err != nil {
			return err
		}
		options = append(options, clientv3.WithLease(c.lease))
	}
	if len(c.ops) == maxCopyKeys || c.bytes > 0 && c.bytes+len(value) > maxCopyBytes {
		if err := c.flush(ctx); err != nil {
			return err
		}
	}
	c.ops, c.bytes = append(c.ops, clientv3.OpPut(key, value, options...)), c.bytes+len(value)
	return nil
}

// grantLease grants the shared lease if there is none yet. It has the full TTL,
// because a backup does not contain the remaining time of leases.
func (c *copier) grantLease(ctx context.Context) error {
	if c.lease != 0 {
		return nil
	}
	resp, err := c.target.Grant(ctx, int64(leaseTTL/time.Second))
	if err != nil {
		return fmt.Errorf("grant a lease: %w", translate(err))
	}
	c.lease = resp.ID
	return nil
}

// flush writes the pending operations. It fails if another restore has begun
// since and has replaced the marker.
func (c *copier) flush(ctx context.Context) error {
	if len(c.ops) == 0 {
		return nil
	}
	resp, err := c.target.Txn(ctx).If(unchanged(restoringKey, c.marker)).Then(c.ops...).Commit()
	if err != nil {
		return fmt.Errorf("copy: %w", translate(err))
	}
	if !resp.Succeeded {
		return errors.New("another restore into the etcd cluster has begun")
	}
	c.ops, c.bytes = nil, 0
	return nil
}
