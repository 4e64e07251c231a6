package etcd

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/peering/peering/internal/peering"
)

// idempotencyRecord stores the request that an idempotency key was used for and
// the record of the object that it created.
type idempotencyRecord struct {
	Version int             `json:"version"`
	Request string          `json:"request"`
	Object  json.RawMessage `json:"made"`
}

// replayedRecord returns the record that was created with the idempotency key,
// or nil if the key is new. It returns KeyReused if the key belongs to another
// request.
func replayedRecord(idem peering.Idempotency, kvs []*mvccpb.KeyValue) (*mvccpb.KeyValue, error) {
	if len(kvs) == 0 {
		return nil, nil
	}
	var r idempotencyRecord
	if err := decode(kvs[0], &r, &r.Version); err != nil {
		return nil, err
	}
	if r.Request != idem.Request {
		return nil, idem.KeyReusedError()
	}
	return &mvccpb.KeyValue{Key: kvs[0].Key, Value: r.Object}, nil
}

// idempotencyOps returns the part of a transaction that stores the created
// record under the idempotency key. It is empty if there is no key.
func (s *Store) idempotencyOps(
	ctx context.Context, idem peering.Idempotency, record string,
) ([]clientv3.Cmp, []clientv3.Op, error) {
	if idem == (peering.Idempotency{}) {
		return nil, nil, nil
	}
	value, err := encode(idempotencyRecord{
		Version: recordVersion, Request: idem.Request, Object: json.RawMessage(record),
	})
	if err != nil {
		return nil, nil, err
	}
	id, err := s.lease.acquire(ctx, s.client)
	if err != nil {
		return nil, nil, translate(err)
	}
	key := idempotencyKey(idem)
	return []clientv3.Cmp{absent(key)}, []clientv3.Op{clientv3.OpPut(key, value, clientv3.WithLease(id))}, nil
}

// discardLostLease reports whether a transaction failed because its lease no
// longer exists. The next transaction gets a new one.
func (s *Store) discardLostLease(err error) bool {
	if !errors.Is(err, rpctypes.ErrLeaseNotFound) {
		return false
	}
	s.lease.discard()
	return true
}

// A lease for each key would be expensive, so many keys share one. A lease is
// attached to new keys for an hour, so the last of them lives for a day as well,
// and to a limited number of keys, because etcd removes them all at once.
const (
	leaseTTL     = 25 * time.Hour
	leaseWindow  = time.Hour
	leaseMaxKeys = 10_000
)

// sharedLease is the lease that is attached to new keys.
type sharedLease struct {
	semaphore chan struct{} // guards the fields below
	id        clientv3.LeaseID
	windowEnd time.Time
	keysLeft  int
}

func newSharedLease() *sharedLease {
	return &sharedLease{semaphore: make(chan struct{}, 1)}
}

// acquire returns the lease for one more key. It grants a new one if necessary.
func (l *sharedLease) acquire(ctx context.Context, client *clientv3.Client) (clientv3.LeaseID, error) {
	select {
	case l.semaphore <- struct{}{}:
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	defer func() { <-l.semaphore }()
	if l.keysLeft == 0 || time.Now().After(l.windowEnd) {
		granted, err := client.Grant(ctx, int64(leaseTTL/time.Second))
		if err != nil {
			return 0, err
		}
		l.id, l.windowEnd, l.keysLeft = granted.ID, time.Now().Add(leaseWindow), leaseMaxKeys
	}
	l.keysLeft--
	return l.id, nil
}

// discard makes the next acquire grant a new lease.
func (l *sharedLease) discard() {
	l.semaphore <- struct{}{}
	l.keysLeft = 0
	<-l.semaphore
}
