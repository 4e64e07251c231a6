package etcd

import (
	"context"
	"fmt"
	"slices"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/peering/peering/internal/peering"
)

// storedPeering is a peering with its record and the revision of the record.
type storedPeering struct {
	peering.Peering

	record   []byte
	revision int64
}

// Create implements peering.Store.
func (s *Store) Create(
	ctx context.Context, p peering.Peering, idem peering.Idempotency, quotas peering.Quotas,
) (created peering.Peering, replayed bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	unlock, err := s.mutexes.lock(ctx, p.Counters())
	if err != nil {
		return peering.Peering{}, false, err
	}
	defer unlock()
	c := &peeringCreation{store: s, peering: p, quotas: quotas}
	created, replayed, err = create(ctx, s, idem, c)
	if err == nil && !replayed && c.expired != nil {
		s.onExpired(ctx, c.expired.At(created.CreatedAt))
	}
	return created, replayed, err
}

// peeringCreation is the creation of a peering.
type peeringCreation struct {
	store   *Store
	peering peering.Peering
	quotas  peering.Quotas
	// pair is the revision of the pair key that the transaction expects, 0 for
	// no key. expired is the peering that the key names, which has expired.
	pair    int64
	expired *storedPeering
	// dangling is the revision of a pair key whose peering did not exist.
	dangling int64
}

func (c *peeringCreation) decode(kv *mvccpb.KeyValue) (peering.Peering, error) {
	return decodePeering(kv)
}

func (c *peeringCreation) reads() []clientv3.Op {
	return append([]clientv3.Op{clientv3.OpGet(clusterKey(c.peering.Cluster))}, quotaReads(c.peering.Counters())...)
}

func (c *peeringCreation) prepare(responses []*pb.ResponseOp) (txn creationTxn[peering.Peering], err error) {
	p := c.peering
	clusterRead, quotaResponses := responses[0], responses[1:]
	if p.Cluster != (peering.ClusterRef{}) {
		cluster, err := clusterFrom(p.Cluster, clusterRead)
		if err != nil {
			return txn, err
		}
		if p, err = p.WithRequester(cluster); err != nil {
			return txn, err
		}
		txn.compare = append(txn.compare, present(clusterKey(p.Cluster)))
	}
	guards, err := checkQuotas(c.peering.Counters(), quotaResponses, c.quotas)
	if err != nil {
		return txn, err
	}
	txn.object = p
	if txn.record, err = encode(recordOfPeering(p)); err != nil {
		return txn, err
	}
	key, pair := peeringKey(p.ID), pairKey(p)
	txn.otherwise = []clientv3.Op{clientv3.OpGet(key, clientv3.WithCountOnly()), clientv3.OpGet(pair)}
	compareGuards, putGuards := guardOps(guards)
	txn.compare = append(append(txn.compare, absent(key), unchanged(pair, c.pair)), compareGuards...)
	txn.then = append([]clientv3.Op{clientv3.OpPut(key, txn.record), clientv3.OpPut(pair, p.ID.Key())}, putGuards...)
	for _, key := range indexKeys(p) {
		txn.then = append(txn.then, clientv3.OpPut(key, ""))
	}
	if c.expired == nil {
		return txn, nil
	}
	// The same transaction stores the old peering as EXPIRED, so that it cannot
	// be accepted afterwards.
	expire, err := rewriteOps(*c.expired, c.expired.At(p.CreatedAt))
	txn.compare = append(txn.compare, unchanged(peeringKey(c.expired.ID), c.expired.revision))
	txn.then = append(txn.then, expire...)
	return txn, err
}

// conflict returns AlreadyPeered if the pair of VPCs has a live peering. If that
// peering has expired, the next transaction replaces it.
func (c *peeringCreation) conflict(ctx context.Context, responses []*pb.ResponseOp) error {
	sameID, samePair := responses[0].GetResponseRange(), responses[1].GetResponseRange()
	if sameID.Count > 0 {
		return fmt.Errorf("a peering with the id %s exists", c.peering.ID)
	}
	c.expired, c.pair = nil, 0
	kvs := samePair.Kvs
	if len(kvs) == 0 {
		return nil
	}
	other, err := c.store.get(ctx, peering.ID(kvs[0].Value))
	if peering.CodeOf(err) == peering.NotFound {
		// The peering was deleted after the transaction, together with the key.
		// If the key is still there next time, it will stay.
		if c.dangling == kvs[0].ModRevision {
			return fmt.Errorf("key %s names peering %s, which does not exist", kvs[0].Key, kvs[0].Value)
		}
		c.dangling = kvs[0].ModRevision
		return nil
	}
	if err != nil {
		return err
	}
	if now := other.At(c.peering.CreatedAt); now.Status.Live() {
		return c.peering.ConflictWith(now)
	}
	c.expired, c.pair = &other, kvs[0].ModRevision
	return nil
}

// Get implements peering.Store.
func (s *Store) Get(ctx context.Context, id peering.ID) (peering.Peering, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	p, err := s.get(ctx, id)
	return p.Peering, err
}

func (s *Store) get(ctx context.Context, id peering.ID) (storedPeering, error) {
	resp, err := s.client.Get(ctx, peeringKey(id))
	if err != nil {
		return storedPeering{}, translate(fmt.Errorf("get peering %s: %w", id, err))
	}
	return peeringFrom(id, resp.Kvs)
}

// peeringFrom decodes the peering from the result of a read of its key. It
// returns NotFound if there is none.
func peeringFrom(id peering.ID, kvs []*mvccpb.KeyValue) (storedPeering, error) {
	if len(kvs) == 0 {
		return storedPeering{}, peering.NewNotFound(id)
	}
	p, err := decodePeering(kvs[0])
	return storedPeering{Peering: p, record: kvs[0].Value, revision: kvs[0].ModRevision}, err
}

// Update implements peering.Store.
func (s *Store) Update(
	ctx context.Context, id peering.ID, quotas peering.Quotas, change func(peering.Peering) (peering.Peering, error),
) (peering.Peering, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	current, err := s.get(ctx, id)
	if err != nil {
		return peering.Peering{}, err
	}
	for {
		changed, err := change(current.Peering)
		if err != nil || changed == current.Peering {
			return changed, err
		}
		newer, err := s.replace(ctx, current, changed, quotas)
		if err != nil {
			return peering.Peering{}, err
		}
		if newer == nil {
			return changed, nil
		}
		if current, err = peeringFrom(id, newer.Kvs); err != nil {
			return peering.Peering{}, err
		}
	}
}

// replace replaces the current peering with the changed one. If the current one
// was changed in between, it changes nothing and returns the read of the newer
// one.
func (s *Store) replace(
	ctx context.Context, current storedPeering, changed peering.Peering, quotas peering.Quotas,
) (newer *pb.RangeResponse, err error) {
	key := peeringKey(current.ID)
	isCurrent, readNewer := []clientv3.Cmp{unchanged(key, current.revision)}, []clientv3.Op{clientv3.OpGet(key)}
	var guards []quotaGuard
	if counters := addedCounters(current.Peering, changed); len(counters) > 0 {
		// Quotas must not be checked for a change that no longer applies.
		resp, err := s.txn(ctx, isCurrent, quotaReads(counters), readNewer)
		if err != nil {
			return nil, err
		}
		if !resp.Succeeded {
			return resp.Responses[0].GetResponseRange(), nil
		}
		if guards, err = checkQuotas(counters, resp.Responses, quotas); err != nil {
			return nil, err
		}
	}
	then, err := replaceOps(current, changed)
	if err != nil {
		return nil, err
	}
	compareGuards, putGuards := guardOps(guards)
	resp, err := s.txn(ctx, append(isCurrent, compareGuards...), append(then, putGuards...), readNewer)
	if err != nil || resp.Succeeded {
		return nil, err
	}
	return resp.Responses[0].GetResponseRange(), nil
}

// replaceOps returns the operations that replace the current peering with the
// changed one, including its pair key and, if it was deleted, its routes.
func replaceOps(current storedPeering, changed peering.Peering) ([]clientv3.Op, error) {
	var ops []clientv3.Op
	if current.Status.Live() && !changed.Status.Live() {
		ops = append(ops, clientv3.OpDelete(pairKey(current.Peering)))
	}
	if changed.Status == peering.Deleted {
		for _, key := range append(indexKeys(current.Peering), peeringKey(current.ID)) {
			ops = append(ops, clientv3.OpDelete(key))
		}
		return append(ops, clientv3.OpDelete(routePrefix(current.ID), clientv3.WithPrefix())), nil
	}
	rewrite, err := rewriteOps(current, changed)
	return append(ops, rewrite...), err
}

// rewriteOps returns the operations that replace the record of the current
// peering and update its index keys.
func rewriteOps(current storedPeering, changed peering.Peering) ([]clientv3.Op, error) {
	value, err := encodeOver(current.record, recordOfPeering(changed))
	ops := []clientv3.Op{clientv3.OpPut(peeringKey(changed.ID), value)}
	before, after := indexKeys(current.Peering), indexKeys(changed)
	for _, key := range before {
		if !slices.Contains(after, key) {
			ops = append(ops, clientv3.OpDelete(key))
		}
	}
	for _, key := range after {
		if !slices.Contains(before, key) {
			ops = append(ops, clientv3.OpPut(key, ""))
		}
	}
	return ops, err
}
