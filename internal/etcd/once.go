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

// onceRecord is what an idempotency key was used for: the request, and the record of what it made.
type onceRecord struct {
	Version int             `json:"version"`
	Request string          `json:"request"`
	Made    json.RawMessage `json:"made"`
}

// replay answers the record that was made with the key, nil where the key is new, and KeyReused where it belongs to
// another request.
func replay(once peering.Idempotency, kvs []*mvccpb.KeyValue) (*mvccpb.KeyValue, error) {
	if len(kvs) == 0 {
		return nil, nil
	}
	var r onceRecord
	if err := decode(kvs[0], &r, &r.Version); err != nil {
		return nil, err
	}
	if r.Request != once.Request {
		return nil, once.KeyReusedError()
	}
	return &mvccpb.KeyValue{Key: kvs[0].Key, Value: r.Made}, nil
}

// keeping is what a transaction compares and does to keep what it makes under the key.
func (s *Store) keeping(ctx context.Context, once peering.Idempotency, made string) (compare []clientv3.Cmp, then []clientv3.Op, err error) {
	if once == (peering.Idempotency{}) {
		return nil, nil, nil
	}
	value, err := encode(onceRecord{Version: recordVersion, Request: once.Request, Made: json.RawMessage(made)})
	if err != nil {
		return nil, nil, err
	}
	id, err := s.lease.take(ctx, s.client)
	if err != nil {
		return nil, nil, translate(err)
	}
	key := onceKey(once)
	return []clientv3.Cmp{absent(key)}, []clientv3.Op{clientv3.OpPut(key, value, clientv3.WithLease(id))}, nil
}

// lapsedLease tells whether a transaction failed because etcd does not know the lease any more; the next one takes another.
func (s *Store) lapsedLease(err error) bool {
	if !errors.Is(err, rpctypes.ErrLeaseNotFound) {
		return false
	}
	s.lease.drop()
	return true
}

// One lease serves many keys, as a lease each would be dear. It is given to keys for an hour, so that the last of them
// lives for a day, too, and to a limited number of them, since etcd removes them all at once.
const (
	leaseTTL    = 25 * time.Hour
	leaseWindow = time.Hour
	leaseKeys   = 10_000
)

// lease is the one that keys get at present.
type lease struct {
	turn chan struct{} // holds a token while nobody looks at the rest
	id   clientv3.LeaseID
	end  time.Time
	keys int
}

func newLease() *lease {
	l := &lease{turn: make(chan struct{}, 1)}
	l.turn <- struct{}{}
	return l
}

// take answers the lease for one more key.
func (l *lease) take(ctx context.Context, client *clientv3.Client) (clientv3.LeaseID, error) {
	select {
	case <-l.turn:
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	defer func() { l.turn <- struct{}{} }()
	if l.keys == 0 || time.Now().After(l.end) {
		granted, err := client.Grant(ctx, int64(leaseTTL/time.Second))
		if err != nil {
			return 0, err
		}
		l.id, l.end, l.keys = granted.ID, time.Now().Add(leaseWindow), leaseKeys
	}
	l.keys--
	return l.id, nil
}

// drop makes the next key get a new lease.
func (l *lease) drop() {
	<-l.turn
	l.keys = 0
	l.turn <- struct{}{}
}
