package etcd

import (
	"context"
	"errors"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/peering/peering/internal/peering"
)

// batch is how many peerings a list reads at a time; etcd takes 128 operations in one transaction.
const batch = 100

// List implements peering.Store. The ids come from the indexes that the filter names, as far as they have them in common,
// so that a short page is cheap however many peerings a tenant has.
func (s *Store) List(ctx context.Context, scope peering.Scope, query peering.Query) (found []peering.Peering, more bool, err error) {
	const tries = 3
	for range tries {
		found, more, err = s.listOnce(ctx, scope, query)
		if !errors.Is(err, rpctypes.ErrCompacted) {
			return found, more, err
		}
	}
	return nil, false, &peering.Error{
		Code: peering.Unavailable, Message: "The list changes faster than it can be read; try again, or take shorter pages.", Err: err,
	}
}

// listOnce fails with ErrCompacted where etcd has forgotten the moment at which the list began.
func (s *Store) listOnce(ctx context.Context, scope peering.Scope, query peering.Query) (found []peering.Peering, more bool, err error) {
	at := new(moment)
	ids := s.matching(at, scope, query.Filter)
	from := query.After.Key()
	if from != "" {
		from += "\x00" // behind it
	}
	for {
		size := batch
		if query.Limit > 0 {
			size = min(batch, query.Limit-len(found)+1)
		}
		page, err := ids.page(ctx, from, size)
		if err != nil {
			return nil, false, err
		}
		peerings, err := s.getAll(ctx, at, page)
		if err != nil {
			return nil, false, err
		}
		for _, p := range peerings {
			if !query.Match(p) {
				continue
			}
			if query.Limit > 0 && len(found) == query.Limit {
				return found, true, nil
			}
			found = append(found, p)
		}
		if len(page) < size {
			return found, false, nil
		}
		from = page[len(page)-1] + "\x00"
	}
}

// matching is the ids of the peerings of a scope that a filter may select.
func (s *Store) matching(at *moment, scope peering.Scope, filter peering.Filter) common {
	var lists common
	if scope.Cluster == (peering.ClusterRef{}) {
		lists = s.filtered(at, scope.Tenant, filter)
	}
	if len(lists) == 0 {
		lists = common{s.union(at, scopePrefix(scope))}
	}
	return lists
}

// filtered is the ids in the indexes of a tenant that the filter names.
func (s *Store) filtered(at *moment, tenant peering.ID, filter peering.Filter) common {
	var lists common
	if filter.VPC != "" {
		lists = append(lists, s.union(at, vpcPrefix(tenant, filter.VPC)))
	}
	if filter.Name != "" {
		lists = append(lists, s.union(at, namePrefix(tenant, filter.Name)))
	}
	if filter.Tenant != "" && !filter.Tenant.Equal(tenant) {
		lists = append(lists, s.union(at, otherPrefix(tenant, filter.Tenant)))
	}
	switch filter.Status {
	case "":
	case peering.Expired:
		// Until somebody settles it, a peering that has expired is stored as pending.
		lists = append(lists, s.union(at, statusPrefix(tenant, peering.Expired), statusPrefix(tenant, peering.PendingAcceptance)))
	default:
		lists = append(lists, s.union(at, statusPrefix(tenant, filter.Status)))
	}
	return lists
}

// getAll reads the peerings as they are at the moment, in the order of the ids.
func (s *Store) getAll(ctx context.Context, at *moment, ids []string) ([]peering.Peering, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	reads := make([]clientv3.Op, len(ids))
	for i, id := range ids {
		reads[i] = clientv3.OpGet(peeringKey(peering.ID(id)), clientv3.WithRev(at.revision))
	}
	resp, err := s.commit(ctx, nil, reads, nil)
	if err != nil {
		return nil, err
	}
	peerings := make([]peering.Peering, 0, len(ids))
	for _, r := range resp.Responses {
		for _, kv := range r.GetResponseRange().Kvs {
			p, err := decodePeering(kv)
			if err != nil {
				return nil, err
			}
			peerings = append(peerings, p)
		}
	}
	return peerings, nil
}
