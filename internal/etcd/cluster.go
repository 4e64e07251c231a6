package etcd

import (
	"context"
	"fmt"

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
	if len(resp.Kvs) == 0 {
		return peering.Cluster{}, noCluster(ref)
	}
	return decodeCluster(resp.Kvs[0])
}

// PutCluster implements peering.Store.
func (s *Store) PutCluster(
	ctx context.Context, c peering.Cluster, merge func(old, c peering.Cluster) (peering.Cluster, error),
) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	key := clusterKey(c.ClusterRef)
	merged, revision := c, int64(0)
	for {
		value, err := encodeCluster(merged)
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
			merged, revision = c, 0
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
		revision = kvs[0].ModRevision
	}
}

func noCluster(ref peering.ClusterRef) error {
	return peering.Errorf(peering.ClusterNotFound, "Cluster %s does not exist in project %s.", ref.ID, ref.Project)
}
