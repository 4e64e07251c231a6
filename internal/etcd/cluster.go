package etcd

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/peering/peering/internal/peering"
)

// Cluster implements peering.Store.
func (s *Store) Cluster(ctx context.Context, ref peering.ClusterRef) (peering.Cluster, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	c, _, err := s.cluster(ctx, ref)
	return c, err
}

// cluster returns a cluster with its key and value.
func (s *Store) cluster(ctx context.Context, ref peering.ClusterRef) (peering.Cluster, *mvccpb.KeyValue, error) {
	kv, _, err := s.clusterKV(ctx, ref)
	if err != nil {
		return peering.Cluster{}, nil, err
	}
	c, err := decodeCluster(kv)
	return c, kv, err
}

// clusterKV returns the key and value of a cluster and the revision of etcd that
// was read.
func (s *Store) clusterKV(ctx context.Context, ref peering.ClusterRef) (kv *mvccpb.KeyValue, revision int64, err error) {
	resp, err := s.client.Get(ctx, clusterKey(ref))
	if err != nil {
		return nil, 0, translate(fmt.Errorf("get cluster %s: %w", ref.ID, err))
	}
	if len(resp.Kvs) == 0 {
		return nil, 0, clusterNotFound(ref)
	}
	return resp.Kvs[0], resp.Header.Revision, nil
}

// clusterFrom decodes the cluster from the response to a read of its key. It
// returns ClusterNotFound if there is none.
func clusterFrom(ref peering.ClusterRef, response *pb.ResponseOp) (peering.Cluster, error) {
	kvs := response.GetResponseRange().Kvs
	if len(kvs) == 0 {
		return peering.Cluster{}, clusterNotFound(ref)
	}
	return decodeCluster(kvs[0])
}

// Clusters implements peering.Store.
func (s *Store) Clusters(ctx context.Context, project peering.ID) ([]peering.Cluster, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	resp, err := s.client.Get(ctx, clusterPrefix(project), clientv3.WithPrefix())
	if err != nil {
		return nil, translate(fmt.Errorf("list clusters of project %s: %w", project, err))
	}
	return decodeAll(resp.Kvs, decodeCluster)
}

// CreateCluster implements peering.Store. Numbers are unique across all
// projects, except for those of clusters from an inventory.
func (s *Store) CreateCluster(
	ctx context.Context, c peering.Cluster, idem peering.Idempotency,
) (created peering.Cluster, replayed bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return create(ctx, s, idem, &clusterCreation{cluster: c, number: firstNumber})
}

// firstNumber is the number of the first cluster.
const firstNumber = 1_000_000

// clusterCreation is the creation of a cluster.
type clusterCreation struct {
	cluster peering.Cluster
	// number is the lowest number that may be free.
	number int64
}

func (c *clusterCreation) decode(kv *mvccpb.KeyValue) (peering.Cluster, error) {
	return decodeCluster(kv)
}

func (c *clusterCreation) reads() []clientv3.Op {
	return []clientv3.Op{clientv3.OpGet(clusterNumberKey)}
}

func (c *clusterCreation) prepare(responses []*pb.ResponseOp) (txn creationTxn[peering.Cluster], err error) {
	lastNumber, revision := responses[0].GetResponseRange(), int64(0)
	for _, kv := range lastNumber.Kvs {
		last, err := strconv.ParseInt(string(kv.Value), 10, 64)
		if err != nil {
			return txn, fmt.Errorf("key %s: %w", kv.Key, err)
		}
		c.number, revision = max(c.number, last+1), kv.ModRevision
	}
	txn.object = c.cluster
	txn.object.ID = strconv.FormatInt(c.number, 10)
	if txn.record, err = encode(recordOfCluster(txn.object)); err != nil {
		return txn, err
	}
	key := clusterKey(txn.object.ClusterRef)
	txn.compare = []clientv3.Cmp{unchanged(clusterNumberKey, revision), absent(key)}
	txn.then = []clientv3.Op{clientv3.OpPut(clusterNumberKey, txn.object.ID), clientv3.OpPut(key, txn.record)}
	txn.otherwise = []clientv3.Op{clientv3.OpGet(key, clientv3.WithCountOnly())}
	return txn, nil
}

func (c *clusterCreation) conflict(_ context.Context, responses []*pb.ResponseOp) error {
	if sameID := responses[0].GetResponseRange(); sameID.Count > 0 {
		c.number++ // an inventory has this one
	}
	return nil
}

// PutCluster implements peering.Store.
func (s *Store) PutCluster(
	ctx context.Context, c peering.Cluster, merge func(old, c peering.Cluster) (peering.Cluster, error),
) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	key := clusterKey(c.ClusterRef)
	missing := &mvccpb.KeyValue{Key: []byte(key), Value: []byte("{}")}
	for current, merged := missing, c; ; {
		newer, err := s.replaceCluster(ctx, current, merged)
		if err != nil || newer == nil {
			return err
		}
		current, merged = missing, c
		if len(newer.Kvs) == 0 {
			continue
		}
		current = newer.Kvs[0]
		old, err := decodeCluster(current)
		if err != nil {
			return err
		}
		merged, err = merge(old, c)
		if err != nil || merged == old {
			return err
		}
	}
}

// UpdateCluster implements peering.Store.
func (s *Store) UpdateCluster(
	ctx context.Context, ref peering.ClusterRef, change func(peering.Cluster) peering.Cluster,
) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	for {
		c, current, err := s.cluster(ctx, ref)
		if err != nil {
			return err
		}
		newer, err := s.replaceCluster(ctx, current, change(c))
		if err != nil || newer == nil {
			return err
		}
	}
}

// replaceCluster replaces the current record of a cluster. If that was changed
// in between, it changes nothing and returns the read of the newer one.
func (s *Store) replaceCluster(
	ctx context.Context, current *mvccpb.KeyValue, changed peering.Cluster,
) (newer *pb.RangeResponse, err error) {
	value, err := encodeOver(current.Value, recordOfCluster(changed))
	if err != nil {
		return nil, err
	}
	key := string(current.Key)
	resp, err := s.txn(ctx, []clientv3.Cmp{unchanged(key, current.ModRevision)},
		[]clientv3.Op{clientv3.OpPut(key, value)}, []clientv3.Op{clientv3.OpGet(key)})
	if err != nil || resp.Succeeded {
		return nil, err
	}
	return resp.Responses[0].GetResponseRange(), nil
}

// DeleteCluster implements peering.Store.
func (s *Store) DeleteCluster(ctx context.Context, ref peering.ClusterRef, uses func(peering.Peering) bool) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	key, scope := clusterKey(ref), peering.Scope{Cluster: ref}
	for {
		kv, revision, err := s.clusterKV(ctx, ref)
		if err != nil {
			return err
		}
		const shown = 10
		using, more, err := s.List(ctx, scope, peering.Query{Limit: shown, Match: uses})
		if err != nil {
			return err
		}
		if len(using) > 0 {
			return clusterInUse(ref, using, more)
		}
		// The index keys of peerings created since have a later revision.
		txn, err := s.txn(ctx, []clientv3.Cmp{
			unchanged(key, kv.ModRevision),
			clientv3.Compare(clientv3.ModRevision(scopePrefix(scope)).WithPrefix(), "<", revision+1),
		}, []clientv3.Op{clientv3.OpDelete(key)}, nil)
		if err != nil || txn.Succeeded {
			return err
		}
	}
}

func clusterInUse(ref peering.ClusterRef, using []peering.Peering, more bool) error {
	ids := make([]string, len(using))
	for i, p := range using {
		ids[i] = string(p.ID)
	}
	if more {
		ids = append(ids, "…")
	}
	return peering.Errorf(peering.ClusterInUse,
		"Cluster %s has peerings that are pending or active: %s.", ref.ID, strings.Join(ids, ", "))
}

func clusterNotFound(ref peering.ClusterRef) error {
	return peering.Errorf(peering.ClusterNotFound, "Cluster %s does not exist in project %s.", ref.ID, ref.Project)
}
