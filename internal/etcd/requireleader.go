package etcd

import (
	"context"
	"errors"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// requireLeaderKV sends requests only to members of a cluster that have a
// leader. A member that is partitioned from the others would otherwise let each
// call wait until its deadline. With WithRequireLeader it rejects the call at
// once, before it has done anything, so another member can be tried.
type requireLeaderKV struct{ clientv3.KV }

// Get implements clientv3.KV. The client itself retries on the next member.
func (kv requireLeaderKV) Get(ctx context.Context, key string, opts ...clientv3.OpOption) (*clientv3.GetResponse, error) {
	if !clientv3.OpGet(key, opts...).IsSerializable() {
		ctx = clientv3.WithRequireLeader(ctx)
	}
	return kv.KV.Get(ctx, key, opts...)
}

// Txn implements clientv3.KV.
func (kv requireLeaderKV) Txn(ctx context.Context) clientv3.Txn {
	ctx = clientv3.WithRequireLeader(ctx)
	return requireLeaderTxn{kv.KV.Txn(ctx), ctx}
}

type requireLeaderTxn struct {
	clientv3.Txn

	ctx context.Context
}

func (t requireLeaderTxn) If(cs ...clientv3.Cmp) clientv3.Txn {
	return requireLeaderTxn{t.Txn.If(cs...), t.ctx}
}

func (t requireLeaderTxn) Then(ops ...clientv3.Op) clientv3.Txn {
	return requireLeaderTxn{t.Txn.Then(ops...), t.ctx}
}

func (t requireLeaderTxn) Else(ops ...clientv3.Op) clientv3.Txn {
	return requireLeaderTxn{t.Txn.Else(ops...), t.ctx}
}

// Commit implements clientv3.Txn.
func (t requireLeaderTxn) Commit() (*clientv3.TxnResponse, error) {
	const backoff = 20 * time.Millisecond
	for {
		resp, err := t.Txn.Commit()
		if !errors.Is(err, rpctypes.ErrNoLeader) {
			return resp, err
		}
		select {
		case <-time.After(backoff):
		case <-t.ctx.Done():
			return nil, err
		}
	}
}
