package etcd

import (
	"context"
	"fmt"
	"slices"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/peering/peering/internal/peering"
)

// CreateRoute implements peering.Store.
func (s *Store) CreateRoute(
	ctx context.Context, hop peering.PeeringRef, once peering.Idempotency, create func(peering.Cluster, peering.Peering) (peering.Route, error),
) (made peering.Route, replayed bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	for {
		ground, err := s.ground(ctx, hop, once)
		if err != nil {
			return peering.Route{}, false, err
		}
		if ground.first != nil {
			made, err := decodeRoute(ground.first)
			return made, true, err
		}
		route, err := create(ground.cluster, ground.hop.Peering)
		if err != nil {
			return peering.Route{}, false, err
		}
		value, err := encodeRoute(route)
		if err != nil {
			return peering.Route{}, false, err
		}
		compare, then, err := s.keeping(ctx, once, value)
		if err != nil {
			return peering.Route{}, false, err
		}
		key := routeKey(route)
		resp, err := s.commit(ctx,
			append(compare, unchanged(peeringKey(hop.Peering), ground.hop.revision), absent(key)),
			append(then, clientv3.OpPut(key, value)),
			[]clientv3.Op{clientv3.OpGet(key), clientv3.OpGet(onceKey(once), clientv3.WithCountOnly())})
		if s.lapsedLease(err) {
			continue
		}
		if err != nil || resp.Succeeded {
			return route, false, err
		}
		if resp.Responses[1].GetResponseRange().Count > 0 {
			continue
		}
		if err := taken(resp.Responses[0].GetResponseRange().Kvs); err != nil {
			return peering.Route{}, false, err
		}
	}
}

// ground is what the creation of a route depends on.
type ground struct {
	cluster peering.Cluster
	hop     stored
	// first is the record of what the idempotency key has made before.
	first *mvccpb.KeyValue
}

func (s *Store) ground(ctx context.Context, hop peering.PeeringRef, once peering.Idempotency) (g ground, err error) {
	resp, err := s.commit(ctx, nil, []clientv3.Op{
		clientv3.OpGet(onceKey(once)), clientv3.OpGet(clusterKey(hop.Cluster)), clientv3.OpGet(peeringKey(hop.Peering)),
	}, nil)
	if err != nil {
		return g, err
	}
	if g.first, err = replay(once, resp.Responses[0].GetResponseRange().Kvs); err != nil || g.first != nil {
		return g, err
	}
	if g.cluster, err = oneCluster(hop.Cluster, resp.Responses[1].GetResponseRange().Kvs); err != nil {
		return g, err
	}
	g.hop, err = one(hop.Peering, resp.Responses[2].GetResponseRange().Kvs)
	return g, err
}

// taken answers RouteExists where kvs holds a route.
func taken(kvs []*mvccpb.KeyValue) error {
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

// routes answers the routes over a peering and, in the same order, their keys and values.
func (s *Store) routes(ctx context.Context, id peering.ID) ([]peering.Route, []*mvccpb.KeyValue, error) {
	resp, err := s.client.Get(ctx, routePrefix(id), clientv3.WithPrefix())
	if err != nil {
		return nil, nil, translate(fmt.Errorf("list routes of peering %s: %w", id, err))
	}
	routes := make([]peering.Route, len(resp.Kvs))
	for i, kv := range resp.Kvs {
		if routes[i], err = decodeRoute(kv); err != nil {
			return nil, nil, err
		}
	}
	return routes, resp.Kvs, nil
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
		// A route never changes, so the key holds this one or, since then, another one.
		key := routeKey(r)
		resp, err := s.commit(ctx, []clientv3.Cmp{unchanged(key, kvs[i].ModRevision)}, []clientv3.Op{clientv3.OpDelete(key)}, nil)
		if err != nil || resp.Succeeded {
			return err
		}
	}
	return peering.Errorf(peering.RouteNotFound, "Peering %s has no route %s.", id, route)
}
