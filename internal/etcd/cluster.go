package etcd

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/peering/peering/internal/peering"
)

// Cluster implements peering.Store.
func (s *Store) Cluster(ctx context.Context, ref peering.ClusterRef) (peering.Cluster, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	resp, err := s.client.Get(ctx, clusterKey(ref))
	if err != nil {
		return peering.Cluster{}, translate(fmt.Errorf("get cluster %s: %w", ref.ID, err))
	}
	return oneCluster(ref, resp.Kvs)
}

// oneCluster reads the only key-value pair of kvs, or answers ClusterNotFound.
func oneCluster(ref peering.ClusterRef, kvs []*mvccpb.KeyValue) (peering.Cluster, error) {
	if len(kvs) == 0 {
		return peering.Cluster{}, noCluster(ref)
	}
	return decodeCluster(kvs[0])
}

// PutCluster implements peering.Store.
func (s *Store) PutCluster(
	ctx context.Context, c peering.Cluster, merge func(old, c peering.Cluster) (peering.Cluster, error),
) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	key := clusterKey(c.ClusterRef)
	merged, revision, record := c, int64(0), []byte("{}")
	for {
		value, err := encodeOver(record, recordOfCluster(merged))
		if err != nil {
			return err
		}
		resp, err := s.commit(ctx, []clientv3.Cmp{unchanged(key, revision)},
			[]clientv3.Op{clientv3.OpPut(key, value)}, []clientv3.Op{clientv3.OpGet(key)})
		if err != nil || resp.Succeeded {
			return err
		}
		kvs := resp.Responses[0].GetResponseRange().Kvs
		if len(kvs) == 0 {
			merged, revision, record = c, 0, []byte("{}")
			continue
		}
		old, err := decodeCluster(kvs[0])
		if err != nil {
			return err
		}
		merged, err = merge(old, c)
		if err != nil || merged == old {
			return err
		}
		revision, record = kvs[0].ModRevision, kvs[0].Value
	}
}

// Clusters implements peering.Store.
func (s *Store) Clusters(ctx context.Context, project peering.ID) ([]peering.Cluster, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	resp, err := s.client.Get(ctx, clusterPrefix(project), clientv3.WithPrefix())
	if err != nil {
		return nil, translate(fmt.Errorf("list clusters of project %s: %w", project, err))
	}
	clusters := make([]peering.Cluster, len(resp.Kvs))
	for i, kv := range resp.Kvs {
		if clusters[i], err = decodeCluster(kv); err != nil {
			return nil, err
		}
	}
	return clusters, nil
}

// firstNumber is the number of the first cluster.
const firstNumber = 1_000_000

// CreateCluster implements peering.Store. Numbers are unique over all projects, but for those of an inventory.
func (s *Store) CreateCluster(
	ctx context.Context, c peering.Cluster, once peering.Idempotency,
) (made peering.Cluster, replayed bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	number, revision := int64(firstNumber), int64(0)
	for {
		c.ID = strconv.FormatInt(number, 10)
		value, err := encode(recordOfCluster(c))
		if err != nil {
			return c, false, err
		}
		compare, then, err := s.keeping(ctx, once, value)
		if err != nil {
			return c, false, err
		}
		key := clusterKey(c.ClusterRef)
		resp, err := s.commit(ctx,
			append(compare, unchanged(clusterNumberKey, revision), absent(key)),
			append(then, clientv3.OpPut(clusterNumberKey, c.ID), clientv3.OpPut(key, value)),
			[]clientv3.Op{clientv3.OpGet(clusterNumberKey), clientv3.OpGet(onceKey(once))})
		if s.lapsedLease(err) {
			continue
		}
		if err != nil || resp.Succeeded {
			return c, false, err
		}
		if first, err := replay(once, resp.Responses[1].GetResponseRange().Kvs); err != nil {
			return c, false, err
		} else if first != nil {
			made, err := decodeCluster(first)
			return made, true, err
		}
		number++ // it is taken, by an inventory
		if kvs := resp.Responses[0].GetResponseRange().Kvs; len(kvs) > 0 && kvs[0].ModRevision != revision {
			last, err := strconv.ParseInt(string(kvs[0].Value), 10, 64)
			if err != nil {
				return c, false, fmt.Errorf("key %s: %w", clusterNumberKey, err)
			}
			number, revision = last+1, kvs[0].ModRevision
		}
	}
}

// UpdateCluster implements peering.Store.
func (s *Store) UpdateCluster(ctx context.Context, ref peering.ClusterRef, change func(peering.Cluster) peering.Cluster) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	key := clusterKey(ref)
	for {
		resp, err := s.client.Get(ctx, key)
		if err != nil {
			return translate(fmt.Errorf("get cluster %s: %w", ref.ID, err))
		}
		if len(resp.Kvs) == 0 {
			return noCluster(ref)
		}
		c, err := decodeCluster(resp.Kvs[0])
		if err != nil {
			return err
		}
		value, err := encodeOver(resp.Kvs[0].Value, recordOfCluster(change(c)))
		if err != nil {
			return err
		}
		txn, err := s.commit(ctx, []clientv3.Cmp{unchanged(key, resp.Kvs[0].ModRevision)},
			[]clientv3.Op{clientv3.OpPut(key, value)}, nil)
		if err != nil || txn.Succeeded {
			return err
		}
	}
}

// DeleteCluster implements peering.Store.
func (s *Store) DeleteCluster(ctx context.Context, ref peering.ClusterRef, uses func(peering.Peering) bool) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	key, scope := clusterKey(ref), peering.Scope{Cluster: ref}
	for {
		resp, err := s.client.Get(ctx, key, clientv3.WithKeysOnly())
		if err != nil {
			return translate(fmt.Errorf("get cluster %s: %w", ref.ID, err))
		}
		if len(resp.Kvs) == 0 {
			return noCluster(ref)
		}
		const shown = 10
		using, more, err := s.List(ctx, scope, peering.Query{Limit: shown, Match: uses})
		if err != nil {
			return err
		}
		if len(using) > 0 {
			return inUse(ref, using, more)
		}
		// Peerings that were created since then have an index key of a later revision.
		txn, err := s.commit(ctx, []clientv3.Cmp{
			unchanged(key, resp.Kvs[0].ModRevision),
			clientv3.Compare(clientv3.ModRevision(scopePrefix(scope)).WithPrefix(), "<", resp.Header.Revision+1),
		}, []clientv3.Op{clientv3.OpDelete(key)}, nil)
		if err != nil || txn.Succeeded {
			return err
		}
	}
}

func inUse(ref peering.ClusterRef, using []peering.Peering, more bool) error {
	ids := make([]string, len(using))
	for i, p := range using {
		ids[i] = string(p.ID)
	}
	if more {
		ids = append(ids, "…")
	}
	return peering.Errorf(peering.ClusterInUse, "Cluster %s has peerings that are pending or active: %s.", ref.ID, strings.Join(ids, ", "))
}

func noCluster(ref peering.ClusterRef) error {
	return peering.Errorf(peering.ClusterNotFound, "Cluster %s does not exist in project %s.", ref.ID, ref.Project)
}
