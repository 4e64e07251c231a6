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

// What one transaction copies at most; etcd takes 128 operations and 1.5 MiB.
const (
	copiedKeys  = 100
	copiedBytes = 512 << 10
)

// restoreCluster copies what a backup holds into an etcd cluster.
func restoreCluster(ctx context.Context, cfg Config, file string) (content Counts, err error) {
	target, err := openInTime(ctx, cfg)
	if err != nil {
		return Counts{}, err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	if err := target.allowed(ctx); refused(err) {
		return Counts{}, target.access.refusal(err)
	}
	work, err := os.MkdirTemp("", "peering-restore-")
	if err != nil {
		return Counts{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	c := copier{target: target.client}
	if err := c.begin(ctx); err != nil {
		return Counts{}, err
	}
	err = withSource(ctx, cfg, work, file, func(source *Store) error {
		return c.copy(ctx, source.client)
	})
	if err != nil {
		return Counts{}, fmt.Errorf("the restore did not come to its end; run it again: %w", err)
	}
	return target.content(ctx)
}

// copier copies keys into an etcd cluster as long as its mark stands there.
type copier struct {
	target *clientv3.Client
	// mark is the revision of the mark, lease that of the keys with one, 0 before the first of them.
	mark  int64
	lease clientv3.LeaseID
	// ops are puts that are not done yet, with so many bytes.
	ops   []clientv3.Op
	bytes int
}

// begin marks the cluster. It may only hold what a restore has left that did not come to its end; that is removed.
func (c *copier) begin(ctx context.Context) error {
	marking, everything := clientv3.OpPut(restoringKey, ""), clientv3.GetPrefixRangeEnd(root)
	resp, err := c.target.Txn(ctx).
		If(clientv3.Compare(clientv3.CreateRevision(root).WithPrefix(), "=", 0)).
		Then(marking).
		Else(clientv3.OpTxn([]clientv3.Cmp{present(restoringKey)}, []clientv3.Op{
			clientv3.OpDelete(root, clientv3.WithRange(restoringKey)),
			clientv3.OpDelete(restoringKey+"\x00", clientv3.WithRange(everything)),
			marking,
		}, nil)).
		Commit()
	if err != nil {
		return fmt.Errorf("mark the restore: %w", translate(err))
	}
	if !resp.Succeeded && !resp.Responses[0].GetResponseTxn().Succeeded {
		return errors.New("the etcd cluster holds peerings or clusters already")
	}
	c.mark = resp.Header.Revision
	return nil
}

// copy copies the keys of the store, and takes the mark away with the last step.
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

// add copies one key, not before a transaction is full.
func (c *copier) add(ctx context.Context, kv *mvccpb.KeyValue) error {
	key, value := string(kv.Key), string(kv.Value)
	if strings.HasPrefix(key, electionPrefix) || key == restoringKey {
		return nil
	}
	var options []clientv3.OpOption
	if kv.Lease != 0 {
		if err := c.grant(ctx); err != nil {
			return err
		}
		options = append(options, clientv3.WithLease(c.lease))
	}
	if len(c.ops) == copiedKeys || c.bytes > 0 && c.bytes+len(value) > copiedBytes {
		if err := c.flush(ctx); err != nil {
			return err
		}
	}
	c.ops, c.bytes = append(c.ops, clientv3.OpPut(key, value, options...)), c.bytes+len(value)
	return nil
}

// grant makes the lease that the keys with one share. How much time theirs had left, a backup does not tell.
func (c *copier) grant(ctx context.Context) error {
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

// flush copies what was added. Another restore that has begun since then has the mark: it goes on alone.
func (c *copier) flush(ctx context.Context) error {
	if len(c.ops) == 0 {
		return nil
	}
	resp, err := c.target.Txn(ctx).If(unchanged(restoringKey, c.mark)).Then(c.ops...).Commit()
	if err != nil {
		return fmt.Errorf("copy: %w", translate(err))
	}
	if !resp.Succeeded {
		return errors.New("another restore into the etcd cluster has begun")
	}
	c.ops, c.bytes = nil, 0
	return nil
}
