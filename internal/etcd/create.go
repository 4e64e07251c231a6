package etcd

import (
	"context"
	"slices"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/peering/peering/internal/peering"
)

// A creation adds one object of type T to the store. Its methods are called in
// a loop, until the transaction succeeds or one of them returns an error.
type creation[T any] interface {
	// reads returns the reads that prepare decides on.
	reads() []clientv3.Op
	// prepare returns the object to create and the transaction that creates it.
	prepare(responses []*pb.ResponseOp) (creationTxn[T], error)
	// conflict handles the failure of a comparison, given the responses to the
	// reads of the transaction. It returns nil to try again.
	conflict(ctx context.Context, responses []*pb.ResponseOp) error
	// decode decodes the record of an object.
	decode(*mvccpb.KeyValue) (T, error)
}

// creationTxn is the transaction that creates an object.
type creationTxn[T any] struct {
	object T
	record string
	// compare and then are the transaction, without the idempotency record.
	compare []clientv3.Cmp
	then    []clientv3.Op
	// otherwise are the reads for conflict.
	otherwise []clientv3.Op
}

// create creates an object in one transaction, together with the idempotency
// record. If the idempotency key was used before, it returns the object that was
// created then. That takes precedence over all other errors.
func create[T any](
	ctx context.Context, s *Store, idem peering.Idempotency, c creation[T],
) (object T, replayed bool, err error) {
	var zero T
	readKey := clientv3.OpGet(idempotencyKey(idem))
	for {
		responses, err := s.read(ctx, append([]clientv3.Op{readKey}, c.reads()...)...)
		if err != nil {
			return zero, false, err
		}
		if object, replayed, err := replay(idem, responses[0], c); replayed || err != nil {
			return object, replayed, err
		}
		txn, err := c.prepare(responses[1:])
		if err != nil {
			return zero, false, err
		}
		compareKey, putKey, err := s.idempotencyOps(ctx, idem, txn.record)
		if err != nil {
			return zero, false, err
		}
		resp, err := s.txn(ctx, slices.Concat(txn.compare, compareKey), slices.Concat(txn.then, putKey),
			append([]clientv3.Op{readKey}, txn.otherwise...))
		if s.discardLostLease(err) {
			continue
		}
		if err != nil {
			return zero, false, err
		}
		if resp.Succeeded {
			return txn.object, false, nil
		}
		if object, replayed, err := replay(idem, resp.Responses[0], c); replayed || err != nil {
			return object, replayed, err
		}
		if err := c.conflict(ctx, resp.Responses[1:]); err != nil {
			return zero, false, err
		}
	}
}

// replay returns the object that was created with the idempotency key, if any,
// given the response to the read of the key.
func replay[T any](
	idem peering.Idempotency, response *pb.ResponseOp, c creation[T],
) (object T, replayed bool, err error) {
	record, err := replayedRecord(idem, response.GetResponseRange().Kvs)
	if err != nil || record == nil {
		return object, false, err
	}
	object, err = c.decode(record)
	return object, err == nil, err
}
