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
	ctx context.Context, id peering.ID, create func(peering.Peering) (peering.Route, error),
) (peering.Route, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	current, err := s.get(ctx, id)
	for {
		if err != nil {
			return peering.Route{}, err
		}
		route, err := create(current.Peering)
		if err != nil {
			return peering.Route{}, err
		}
		value, err := encodeRoute(route)
		if err != nil {
			return peering.Route{}, err
		}
		hop, key := peeringKey(id), routeKey(route)
		resp, err := s.commit(ctx,
			[]clientv3.Cmp{unchanged(hop, current.revision), absent(key)},
			[]clientv3.Op{clientv3.OpPut(key, value)},
			[]clientv3.Op{clientv3.OpGet(hop), clientv3.OpGet(key)})
		if err != nil {
			return peering.Route{}, err
		}
		if resp.Succeeded {
			return route, nil
		}
		if err := taken(resp.Responses[1].GetResponseRange().Kvs); err != nil {
			return peering.Route{}, err
		}
		current, err = one(id, resp.Responses[0].GetResponseRange().Kvs)
		if err != nil {
			return peering.Route{}, err
		}
	}
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
	resp, err := s.client.Get(ctx, routePrefix(id), clientv3.WithPrefix())
	if err != nil {
		return nil, translate(fmt.Errorf("list routes of peering %s: %w", id, err))
	}
	routes := make([]peering.Route, len(resp.Kvs))
	for i, kv := range resp.Kvs {
		if routes[i], err = decodeRoute(kv); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(routes, peering.SortRoutes)
	return routes, nil
}

// DeleteRoute implements peering.Store.
func (s *Store) DeleteRoute(ctx context.Context, id, route peering.ID) error {
	routes, err := s.Routes(ctx, id)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	for _, r := range routes {
		if !r.ID.Is(route) {
			continue
		}
		value, err := encodeRoute(r)
		if err != nil {
			return err
		}
		// A route never changes, so the key holds this one or, since then, another one.
		key := routeKey(r)
		resp, err := s.commit(ctx, []clientv3.Cmp{clientv3.Compare(clientv3.Value(key), "=", value)},
			[]clientv3.Op{clientv3.OpDelete(key)}, nil)
		if err != nil || resp.Succeeded {
			return err
		}
	}
	return peering.Errorf(peering.RouteNotFound, "Peering %s has no route %s.", id, route)
}
