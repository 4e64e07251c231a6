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

// CreateRoute implements peering.Store.
func (s *Store) CreateRoute(
	ctx context.Context, ref peering.PeeringRef, idem peering.Idempotency,
	newRoute func(peering.Cluster, peering.Peering) (peering.Route, error),
) (created peering.Route, replayed bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return create(ctx, s, idem, routeCreation{ref: ref, newRoute: newRoute})
}

// routeCreation is the creation of a route.
type routeCreation struct {
	ref      peering.PeeringRef
	newRoute func(peering.Cluster, peering.Peering) (peering.Route, error)
}

func (c routeCreation) decode(kv *mvccpb.KeyValue) (peering.Route, error) {
	return decodeRoute(kv)
}

func (c routeCreation) reads() []clientv3.Op {
	return []clientv3.Op{clientv3.OpGet(clusterKey(c.ref.Cluster)), clientv3.OpGet(peeringKey(c.ref.Peering))}
}

func (c routeCreation) prepare(responses []*pb.ResponseOp) (txn creationTxn[peering.Route], err error) {
	clusterRead, peeringRead := responses[0], responses[1].GetResponseRange()
	cluster, err := clusterFrom(c.ref.Cluster, clusterRead)
	if err != nil {
		return txn, err
	}
	p, err := peeringFrom(c.ref.Peering, peeringRead.Kvs)
	if err != nil {
		return txn, err
	}
	if txn.object, err = c.newRoute(cluster, p.Peering); err != nil {
		return txn, err
	}
	if txn.record, err = encode(recordOfRoute(txn.object)); err != nil {
		return txn, err
	}
	key := routeKey(txn.object)
	txn.compare = []clientv3.Cmp{unchanged(peeringKey(c.ref.Peering), p.revision), absent(key)}
	txn.then = []clientv3.Op{clientv3.OpPut(key, txn.record)}
	txn.otherwise = []clientv3.Op{clientv3.OpGet(key)}
	return txn, nil
}

// conflict returns RouteExists if the peering has a route to the destination.
func (c routeCreation) conflict(_ context.Context, responses []*pb.ResponseOp) error {
	sameDestination := responses[0].GetResponseRange()
	kvs := sameDestination.Kvs
	if len(kvs) == 0 {
		return nil
	}
	other, err := decodeRoute(kvs[0])
	if err != nil {
		return err
	}
	return peering.Errorf(peering.RouteExists, "The peering has a route to %s already: %s.", other.Destination, other.ID)
}

// Routes implements peering.Store.
func (s *Store) Routes(ctx context.Context, id peering.ID) ([]peering.Route, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	routes, _, err := s.routes(ctx, id)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(routes, peering.CompareRoutes)
	return routes, nil
}

// routes returns the routes over a peering and, in the same order, their keys
// and values.
func (s *Store) routes(ctx context.Context, id peering.ID) ([]peering.Route, []*mvccpb.KeyValue, error) {
	resp, err := s.client.Get(ctx, routePrefix(id), clientv3.WithPrefix())
	if err != nil {
		return nil, nil, translate(fmt.Errorf("list routes of peering %s: %w", id, err))
	}
	routes, err := decodeAll(resp.Kvs, decodeRoute)
	return routes, resp.Kvs, err
}

// DeleteRoute implements peering.Store.
func (s *Store) DeleteRoute(ctx context.Context, id, route peering.ID) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	routes, kvs, err := s.routes(ctx, id)
	if err != nil {
		return err
	}
	for i, r := range routes {
		if !r.ID.Equal(route) {
			continue
		}
		// Routes are immutable. If the comparison fails, this route is gone.
		key := routeKey(r)
		resp, err := s.txn(ctx,
			[]clientv3.Cmp{unchanged(key, kvs[i].ModRevision)}, []clientv3.Op{clientv3.OpDelete(key)}, nil)
		if err != nil || resp.Succeeded {
			return err
		}
	}
	return peering.Errorf(peering.RouteNotFound, "Peering %s has no route %s.", id, route)
}
