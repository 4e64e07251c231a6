package etcd

import (
	"context"
	"fmt"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/peering/peering/internal/peering"
)

// batch is how many peerings a list reads at a time; etcd takes 128 operations in one transaction.
const batch = 100

// List implements peering.Store. Each peering is read as it is at some moment during the call.
func (s *Store) List(ctx context.Context, scope peering.Scope, query peering.Query) (found []peering.Peering, more bool, err error) {
	prefix := scopePrefix(scope)
	from, end := prefix, clientv3.GetPrefixRangeEnd(prefix)
	if query.After != "" {
		from = prefix + query.After.Key() + "\x00"
	}
	for {
		peerings, next, err := s.page(ctx, prefix, from, end)
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
		if next == "" {
			return found, false, nil
		}
		from = next
	}
}

// page reads the peerings of one batch of index keys and answers the key from which to go on, or none at the end.
func (s *Store) page(ctx context.Context, prefix, from, end string) (peerings []peering.Peering, next string, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	index, err := s.client.Get(ctx, from, clientv3.WithRange(end), clientv3.WithLimit(batch), clientv3.WithKeysOnly())
	if err != nil {
		return nil, "", translate(fmt.Errorf("list %s: %w", prefix, err))
	}
	if len(index.Kvs) == 0 {
		return nil, "", nil
	}
	reads := make([]clientv3.Op, len(index.Kvs))
	for i, kv := range index.Kvs {
		reads[i] = clientv3.OpGet(peeringKey(peering.ID(kv.Key[len(prefix):])))
	}
	resp, err := s.commit(ctx, nil, reads, nil)
	if err != nil {
		return nil, "", err
	}
	for _, r := range resp.Responses {
		// A peering that was deleted in between is left out.
		for _, kv := range r.GetResponseRange().Kvs {
			p, err := decodePeering(kv)
			if err != nil {
				return nil, "", err
			}
			peerings = append(peerings, p)
		}
	}
	return peerings, following(index), nil
}

// following is the key after the last one of a range, or none where the range is at its end.
func following(r *clientv3.GetResponse) string {
	if !r.More {
		return ""
	}
	return string(r.Kvs[len(r.Kvs)-1].Key) + "\x00"
}
