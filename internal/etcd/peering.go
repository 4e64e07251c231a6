package etcd

import (
	"context"
	"fmt"
	"slices"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/peering/peering/internal/peering"
)

// stored is a peering together with the revision at which it was written.
type stored struct {
	peering.Peering

	revision int64
}

// Create implements peering.Store.
func (s *Store) Create(ctx context.Context, p peering.Peering) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	var lapsed *stored
	for {
		compare, then, err := creation(p, lapsed)
		if err != nil {
			return err
		}
		resp, err := s.commit(ctx, compare, then, []clientv3.Op{
			clientv3.OpGet(pairKey(p)),
			clientv3.OpGet(clusterKey(p.Cluster), clientv3.WithCountOnly()),
			clientv3.OpGet(peeringKey(p.ID), clientv3.WithCountOnly()),
		})
		if err != nil || resp.Succeeded {
			return err
		}
		if p.Cluster != (peering.ClusterRef{}) && resp.Responses[1].GetResponseRange().Count == 0 {
			return noCluster(p.Cluster)
		}
		if resp.Responses[2].GetResponseRange().Count > 0 {
			return fmt.Errorf("the id %s is taken", p.ID)
		}
		lapsed, err = s.standing(ctx, resp.Responses[0].GetResponseRange().Kvs, p)
		if err != nil {
			return err
		}
	}
}

// creation is the transaction that adds p. Where the pair still names a peering that has expired, lapsed, the same
// transaction settles that one, so that nobody can accept it afterwards.
func creation(p peering.Peering, lapsed *stored) (compare []clientv3.Cmp, then []clientv3.Op, err error) {
	value, err := encodePeering(p)
	if err != nil {
		return nil, nil, err
	}
	compare = []clientv3.Cmp{absent(peeringKey(p.ID))}
	then = []clientv3.Op{clientv3.OpPut(peeringKey(p.ID), value), clientv3.OpPut(pairKey(p), p.ID.Key())}
	for _, key := range indexKeys(p) {
		then = append(then, clientv3.OpPut(key, ""))
	}
	if p.Cluster != (peering.ClusterRef{}) {
		compare = append(compare, present(clusterKey(p.Cluster)))
	}
	if lapsed == nil {
		return append(compare, absent(pairKey(p))), then, nil
	}
	settled, err := rewriting(lapsed.Peering, lapsed.At(p.CreatedAt))
	compare = append(compare,
		unchanged(peeringKey(lapsed.ID), lapsed.revision),
		clientv3.Compare(clientv3.Value(pairKey(p)), "=", lapsed.ID.Key()))
	return compare, append(then, settled...), err
}

// standing answers the peering that the pair key of p names where that one has expired by the time that p is made, nil
// where there is none (any more), and AlreadyPeered where it is live.
func (s *Store) standing(ctx context.Context, pair []*mvccpb.KeyValue, p peering.Peering) (*stored, error) {
	if len(pair) == 0 {
		return nil, nil
	}
	other, err := s.get(ctx, peering.ID(pair[0].Value))
	if peering.CodeOf(err) == peering.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if now := other.At(p.CreatedAt); now.Status.Live() {
		return nil, peering.Errorf(peering.AlreadyPeered, "The VPCs are already peered by %s, which is %s.", now.ID, now.Status)
	}
	return &other, nil
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
		return stored{}, peering.NoPeering(id)
	}
	p, err := decodePeering(kvs[0])
	return stored{Peering: p, revision: kvs[0].ModRevision}, err
}

// Update implements peering.Store.
func (s *Store) Update(ctx context.Context, id peering.ID, change func(peering.Peering) (peering.Peering, error)) (peering.Peering, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	current, err := s.get(ctx, id)
	for {
		if err != nil {
			return peering.Peering{}, err
		}
		changed, err := change(current.Peering)
		if err != nil || changed == current.Peering {
			return changed, err
		}
		then, err := replacement(current.Peering, changed)
		if err != nil {
			return peering.Peering{}, err
		}
		key := peeringKey(id)
		resp, err := s.commit(ctx, []clientv3.Cmp{unchanged(key, current.revision)}, then, []clientv3.Op{clientv3.OpGet(key)})
		if err != nil {
			return peering.Peering{}, err
		}
		if resp.Succeeded {
			return changed, nil
		}
		current, err = one(id, resp.Responses[0].GetResponseRange().Kvs)
		if err != nil {
			return peering.Peering{}, err
		}
	}
}

// replacement is what a transaction does to put a changed peering in the place of the current one.
func replacement(current, changed peering.Peering) ([]clientv3.Op, error) {
	var then []clientv3.Op
	if current.Status.Live() && !changed.Status.Live() {
		then = append(then, clientv3.OpDelete(pairKey(current)))
	}
	if changed.Status == peering.Deleted {
		for _, key := range append(indexKeys(current), peeringKey(current.ID)) {
			then = append(then, clientv3.OpDelete(key))
		}
		return append(then, clientv3.OpDelete(routePrefix(current.ID), clientv3.WithPrefix())), nil
	}
	rewrite, err := rewriting(current, changed)
	return append(then, rewrite...), err
}

// rewriting is what a transaction does to put a changed record in the place of the current one and to move its index keys.
func rewriting(current, changed peering.Peering) ([]clientv3.Op, error) {
	value, err := encodePeering(changed)
	then := []clientv3.Op{clientv3.OpPut(peeringKey(changed.ID), value)}
	before, after := indexKeys(current), indexKeys(changed)
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
