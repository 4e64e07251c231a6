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

// stored is a peering together with its record and the revision at which that was written.
type stored struct {
	peering.Peering

	record   []byte
	revision int64
}

// Create implements peering.Store.
func (s *Store) Create(
	ctx context.Context, p peering.Peering, once peering.Idempotency, limits peering.Quotas,
) (made peering.Peering, replayed bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	done, err := s.turns.take(ctx, p.Counters())
	if err != nil {
		return peering.Peering{}, false, err
	}
	defer done()
	c := creation{Peering: p, once: once, limits: limits}
	for {
		replayed, err := s.prepare(ctx, &c)
		if err != nil || replayed {
			return c.Peering, replayed, err
		}
		compare, then, err := s.creating(ctx, c)
		if err != nil {
			return peering.Peering{}, false, err
		}
		pair, id := pairKey(c.Peering), peeringKey(c.ID)
		resp, err := s.commit(ctx, compare, then, []clientv3.Op{
			clientv3.OpGet(pair), clientv3.OpGet(id, clientv3.WithCountOnly()), clientv3.OpGet(onceKey(c.once), clientv3.WithCountOnly()),
		})
		if s.lapsedLease(err) {
			continue
		}
		if err != nil {
			return peering.Peering{}, false, err
		}
		if resp.Succeeded {
			if c.lapsed != nil {
				s.onExpired(ctx, c.lapsed.At(c.CreatedAt))
			}
			return c.Peering, false, nil
		}
		if resp.Responses[2].GetResponseRange().Count > 0 {
			continue // somebody else was the first to use the key
		}
		if resp.Responses[1].GetResponseRange().Count > 0 {
			return peering.Peering{}, false, fmt.Errorf("the id %s is taken", c.ID)
		}
		if err := s.standing(ctx, resp.Responses[0].GetResponseRange().Kvs, &c); err != nil {
			return peering.Peering{}, false, err
		}
	}
}

// creation is a peering that is to be made.
type creation struct {
	peering.Peering

	once   peering.Idempotency
	limits peering.Quotas
	claims []claim
	// lapsed is a peering that has expired while it still holds the pair; pair is the revision of the pair's key then. A
	// negative one stands for a key that names no peering.
	lapsed *stored
	pair   int64
}

// prepare reads what a creation depends on: the cluster, which becomes the requester, and the quotas. Where its
// idempotency key was used before, it becomes what was made then.
func (s *Store) prepare(ctx context.Context, c *creation) (replayed bool, err error) {
	quotas := c.Counters()
	reads := append([]clientv3.Op{clientv3.OpGet(onceKey(c.once)), clientv3.OpGet(clusterKey(c.Cluster))}, claimReads(quotas)...)
	resp, err := s.commit(ctx, nil, reads, nil)
	if err != nil {
		return false, err
	}
	first, err := replay(c.once, resp.Responses[0].GetResponseRange().Kvs)
	if err != nil {
		return false, err
	}
	if first != nil {
		c.Peering, err = decodePeering(first)
		return true, err
	}
	if c.Cluster != (peering.ClusterRef{}) {
		cluster, err := oneCluster(c.Cluster, resp.Responses[1].GetResponseRange().Kvs)
		if err != nil {
			return false, err
		}
		if c.Peering, err = c.WithRequester(cluster); err != nil {
			return false, err
		}
	}
	c.claims, err = claims(quotas, resp.Responses[2:], c.limits)
	return false, err
}

// creating is the transaction that makes a creation. Where the pair still names a peering that has expired, the same
// transaction settles that one, so that nobody can accept it afterwards.
func (s *Store) creating(ctx context.Context, c creation) (compare []clientv3.Cmp, then []clientv3.Op, err error) {
	p := c.Peering
	value, err := encode(recordOfPeering(p))
	if err != nil {
		return nil, nil, err
	}
	keepCompare, keep, err := s.keeping(ctx, c.once, value)
	if err != nil {
		return nil, nil, err
	}
	claimCompare, claimed := claiming(c.claims)
	compare = slices.Concat([]clientv3.Cmp{absent(peeringKey(p.ID)), unchanged(pairKey(p), max(c.pair, 0))}, keepCompare, claimCompare)
	then = slices.Concat([]clientv3.Op{clientv3.OpPut(peeringKey(p.ID), value), clientv3.OpPut(pairKey(p), p.ID.Key())}, keep, claimed)
	keys := indexKeys(p)
	then = slices.Grow(then, len(keys))
	for _, key := range keys {
		then = append(then, clientv3.OpPut(key, ""))
	}
	if p.Cluster != (peering.ClusterRef{}) {
		compare = append(compare, present(clusterKey(p.Cluster)))
	}
	if c.lapsed == nil {
		return compare, then, nil
	}
	settled, err := rewriting(*c.lapsed, c.lapsed.At(p.CreatedAt))
	return append(compare, unchanged(peeringKey(c.lapsed.ID), c.lapsed.revision)), append(then, settled...), err
}

// standing tells the creation which peering the key of its pair names, if that one has expired by the time that the new
// one is made. It answers AlreadyPeered where it is live.
func (s *Store) standing(ctx context.Context, pair []*mvccpb.KeyValue, c *creation) error {
	before := c.pair
	c.lapsed, c.pair = nil, 0
	if len(pair) == 0 {
		return nil
	}
	other, err := s.get(ctx, peering.ID(pair[0].Value))
	if peering.CodeOf(err) == peering.NotFound {
		// It was deleted since then, and its key with it; if not, nobody will.
		if c.pair = -pair[0].ModRevision; c.pair == before {
			return fmt.Errorf("key %s names peering %s, which is not there", pair[0].Key, pair[0].Value)
		}
		return nil
	}
	if err != nil {
		return err
	}
	if now := other.At(c.CreatedAt); now.Status.Live() {
		return c.ConflictWith(now)
	}
	c.lapsed, c.pair = &other, pair[0].ModRevision
	return nil
}

// Get implements peering.Store.
func (s *Store) Get(ctx context.Context, id peering.ID) (peering.Peering, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	p, err := s.get(ctx, id)
	return p.Peering, err
}

func (s *Store) get(ctx context.Context, id peering.ID) (stored, error) {
	resp, err := s.client.Get(ctx, peeringKey(id))
	if err != nil {
		return stored{}, translate(fmt.Errorf("get peering %s: %w", id, err))
	}
	return one(id, resp.Kvs)
}

// one reads the only key-value pair of kvs, or answers NotFound.
func one(id peering.ID, kvs []*mvccpb.KeyValue) (stored, error) {
	if len(kvs) == 0 {
		return stored{}, peering.NewNotFound(id)
	}
	p, err := decodePeering(kvs[0])
	return stored{Peering: p, record: kvs[0].Value, revision: kvs[0].ModRevision}, err
}

// Update implements peering.Store.
func (s *Store) Update(
	ctx context.Context, id peering.ID, limits peering.Quotas, change func(peering.Peering) (peering.Peering, error),
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
		taken, newer, err := s.claim(ctx, current, gained(current.Peering, changed), limits)
		if err == nil && newer == nil {
			newer, err = s.replace(ctx, current, changed, taken)
		}
		if err != nil {
			return peering.Peering{}, err
		}
		if newer == nil {
			return changed, nil
		}
		if current, err = one(id, newer.Kvs); err != nil {
			return peering.Peering{}, err
		}
	}
}

// claim answers places in each of the quotas, or QuotaExceeded. Where the current peering is not the newest any more it
// answers the read that says so instead: its quotas are nobody's concern then.
func (s *Store) claim(ctx context.Context, current stored, quotas []peering.Counter, limits peering.Quotas) (taken []claim, newer *pb.RangeResponse, err error) {
	if len(quotas) == 0 {
		return nil, nil, nil
	}
	key := peeringKey(current.ID)
	resp, err := s.commit(ctx, []clientv3.Cmp{unchanged(key, current.revision)}, claimReads(quotas), []clientv3.Op{clientv3.OpGet(key)})
	if err != nil {
		return nil, nil, err
	}
	if !resp.Succeeded {
		return nil, resp.Responses[0].GetResponseRange(), nil
	}
	taken, err = claims(quotas, resp.Responses, limits)
	return taken, nil, err
}

// replace puts a changed peering in the place of the current one, or answers the read of a newer one.
func (s *Store) replace(ctx context.Context, current stored, changed peering.Peering, taken []claim) (newer *pb.RangeResponse, err error) {
	then, err := replacement(current, changed)
	if err != nil {
		return nil, err
	}
	key := peeringKey(current.ID)
	compare, claimed := claiming(taken)
	resp, err := s.commit(ctx, append(compare, unchanged(key, current.revision)), append(then, claimed...), []clientv3.Op{clientv3.OpGet(key)})
	if err != nil || resp.Succeeded {
		return nil, err
	}
	return resp.Responses[0].GetResponseRange(), nil
}

// replacement is what a transaction does to put a changed peering in the place of the current one.
func replacement(current stored, changed peering.Peering) ([]clientv3.Op, error) {
	var then []clientv3.Op
	if current.Status.Live() && !changed.Status.Live() {
		then = append(then, clientv3.OpDelete(pairKey(current.Peering)))
	}
	if changed.Status == peering.Deleted {
		for _, key := range append(indexKeys(current.Peering), peeringKey(current.ID)) {
			then = append(then, clientv3.OpDelete(key))
		}
		return append(then, clientv3.OpDelete(routePrefix(current.ID), clientv3.WithPrefix())), nil
	}
	rewrite, err := rewriting(current, changed)
	return append(then, rewrite...), err
}

// rewriting is what a transaction does to put a changed record in the place of the current one and to move its index keys.
func rewriting(current stored, changed peering.Peering) ([]clientv3.Op, error) {
	value, err := encodeOver(current.record, recordOfPeering(changed))
	then := []clientv3.Op{clientv3.OpPut(peeringKey(changed.ID), value)}
	before, after := indexKeys(current.Peering), indexKeys(changed)
	for _, key := range before {
		if !slices.Contains(after, key) {
			then = append(then, clientv3.OpDelete(key))
		}
	}
	for _, key := range after {
		if !slices.Contains(before, key) {
			then = append(then, clientv3.OpPut(key, ""))
		}
	}
	return then, err
}
