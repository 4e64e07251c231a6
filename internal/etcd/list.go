package etcd

import (
	"context"
	"errors"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/peering/peering/internal/peering"
)

// batchSize is the number of keys or records in one read. etcd accepts at most
// 128 operations in a transaction.
const batchSize = 100

// List implements peering.Store. It intersects the indexes that the filter
// names, so a short page is cheap no matter how many peerings a tenant has.
func (s *Store) List(
	ctx context.Context, scope peering.Scope, query peering.Query,
) (found []peering.Peering, more bool, err error) {
	const attempts = 3
	for range attempts {
		found, more, err = s.listAtOneRevision(ctx, scope, query)
		if !errors.Is(err, rpctypes.ErrCompacted) {
			return found, more, err
		}
	}
	return nil, false, &peering.Error{
		Code:    peering.Unavailable,
		Message: "The list changes faster than it can be read; try again, or use smaller pages.",
		Err:     err,
	}
}

// listAtOneRevision returns ErrCompacted if the revision at which the list
// began is compacted before the list is complete.
func (s *Store) listAtOneRevision(
	ctx context.Context, scope peering.Scope, query peering.Query,
) (found []peering.Peering, more bool, err error) {
	at := new(readRevision)
	ids := s.candidates(at, scope, query.Filter)
	from := query.After.Key()
	if from != "" {
		from += "\x00" // the next possible id
	}
	for {
		size := batchSize
		if query.Limit > 0 {
			size = min(batchSize, query.Limit-len(found)+1)
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

// candidates returns the ids of all peerings in the scope that the filter may
// select.
func (s *Store) candidates(at *readRevision, scope peering.Scope, filter peering.Filter) intersection {
	var ids intersection
	if scope.Cluster == (peering.ClusterRef{}) {
		ids = s.filterIndexes(at, scope.Tenant, filter)
	}
	if len(ids) == 0 {
		ids = intersection{s.union(at, scopePrefix(scope))}
	}
	return ids
}

// filterIndexes returns the intersection of the tenant's indexes that the filter
// names.
func (s *Store) filterIndexes(at *readRevision, tenant peering.ID, filter peering.Filter) intersection {
	var ids intersection
	if filter.VPC != "" {
		ids = append(ids, s.union(at, vpcPrefix(tenant, filter.VPC)))
	}
	if filter.Name != "" {
		ids = append(ids, s.union(at, namePrefix(tenant, filter.Name)))
	}
	if filter.Tenant != "" && !filter.Tenant.Equal(tenant) {
		ids = append(ids, s.union(at, otherPrefix(tenant, filter.Tenant)))
	}
	switch filter.Status {
	case "":
	case peering.Expired:
		// An expired peering is stored as pending until it is expired in the store.
		ids = append(ids, s.union(at,
			statusPrefix(tenant, peering.Expired), statusPrefix(tenant, peering.PendingAcceptance)))
	default:
		ids = append(ids, s.union(at, statusPrefix(tenant, filter.Status)))
	}
	return ids
}

// getAll reads the peerings with the given ids, in that order.
func (s *Store) getAll(ctx context.Context, at *readRevision, ids []string) ([]peering.Peering, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	reads := make([]clientv3.Op, len(ids))
	for i, id := range ids {
		reads[i] = clientv3.OpGet(peeringKey(peering.ID(id)), clientv3.WithRev(at.revision))
	}
	responses, err := s.read(ctx, reads...)
	if err != nil {
		return nil, err
	}
	peerings := make([]peering.Peering, 0, len(ids))
	for _, r := range responses {
		found, err := decodeAll(r.GetResponseRange().Kvs, decodePeering)
		if err != nil {
			return nil, err
		}
		peerings = append(peerings, found...)
	}
	return peerings, nil
}
