package etcd

import (
	"context"
	"errors"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// led asks only members of a cluster that know a leader. One that was cut off from the others would let each call wait
// until its time is over; so it refuses at once, before it has done anything, and the next one is asked.
type led struct{ clientv3.KV }

// Get implements clientv3.KV. The client asks the next member by itself.
func (kv led) Get(ctx context.Context, key string, opts ...clientv3.OpOption) (*clientv3.GetResponse, error) {
	if !clientv3.OpGet(key, opts...).IsSerializable() {
		ctx = clientv3.WithRequireLeader(ctx)
	}
	return kv.KV.Get(ctx, key, opts...)
}

// Txn implements clientv3.KV.
func (kv led) Txn(ctx context.Context) clientv3.Txn {
	ctx = clientv3.WithRequireLeader(ctx)
	return ledTxn{kv.KV.Txn(ctx), ctx}
}

type ledTxn struct {
	clientv3.Txn

	ctx context.Context
}

func (t ledTxn) If(cs ...clientv3.Cmp) clientv3.Txn {
	return ledTxn{t.Txn.If(cs...), t.ctx}
}

func (t ledTxn) Then(ops ...clientv3.Op) clientv3.Txn {
	return ledTxn{t.Txn.Then(ops...), t.ctx}
}

func (t ledTxn) Else(ops ...clientv3.Op) clientv3.Txn {
	return ledTxn{t.Txn.Else(ops...), t.ctx}
}

// Commit implements clientv3.Txn.
func (t ledTxn) Commit() (*clientv3.TxnResponse, error) {
	const pause = 20 * time.Millisecond
	for {
		resp, err := t.Txn.Commit()
		if !errors.Is(err, rpctypes.ErrNoLeader) {
			return resp, err
		}
		select {
		case <-time.After(pause):
		case <-t.ctx.Done():
			return nil, err
		}
	}
}
