package client

import (
	"context"
	"iter"
	"strconv"

	"github.com/peering/peering/gen"
)

// The types of clusters, as defined by the contract.
type (
	// Cluster is a reserved cluster.
	Cluster = gen.Cluster
	// ClusterCreate describes a new cluster. Only its name is required.
	ClusterCreate = gen.ClusterCreate
	// ClusterUpdate describes changes to a cluster. Nil fields are not changed.
	ClusterUpdate = gen.ClusterUpdate
)

// A ClusterQuery selects clusters, and one page of them. The zero ClusterQuery
// selects the first page of all clusters, newest first.
type ClusterQuery struct {
	// Name selects the clusters with this name; empty selects all.
	Name string
	// Cursor is the id of the last cluster of the previous page.
	Cursor string
	// Limit is the maximum number of clusters per page. The service's default
	// is 10.
	Limit int32
	// Ascending lists the oldest clusters first.
	Ascending bool
}

// A ClusterPage is one page of a list of clusters.
type ClusterPage = gen.ClusterPage

// CreateCluster creates a cluster and returns its id. Use WaitForCluster to wait
// until it is running.
func (c *Client) CreateCluster(ctx context.Context, cluster ClusterCreate, opts ...CreateOption) (string, error) {
	created, err := decode[gen.ClusterCreated](
		c.api.CreateCluster(ctx, c.project, nil, cluster, c.withIdempotencyKey(opts)))
	return created.Payload.ClusterID, err
}

// ListClusters returns one page of the project's clusters.
func (c *Client) ListClusters(ctx context.Context, query ClusterQuery) (ClusterPage, error) {
	order := gen.ListClustersParamsOrderDesc
	if query.Ascending {
		order = gen.ListClustersParamsOrderAsc
	}
	list, err := decode[gen.ClusterList](c.api.ListClusters(ctx, c.project, &gen.ListClustersParams{
		Name:   nonZero(query.Name),
		Cursor: nonZero(query.Cursor),
		Limit:  nonZero(query.Limit),
		Order:  &order,
	}))
	return list.Payload, err
}

// ShowCluster returns a cluster. The error satisfies IsNotFound if there is none
// with this id.
func (c *Client) ShowCluster(ctx context.Context, id string) (Cluster, error) {
	shown, err := decode[gen.ClusterShown](c.api.ShowCluster(ctx, c.project, id))
	return shown.Payload, err
}

// UpdateCluster changes a cluster. It is not retried after a failure that
// leaves its outcome unknown. The error satisfies IsNotFound if there is no
// cluster with this id.
func (c *Client) UpdateCluster(ctx context.Context, id string, changes ClusterUpdate) error {
	_, err := success(c.api.UpdateCluster(ctx, c.project, id, changes))
	return err
}

// DeleteCluster deletes a cluster. The error satisfies IsConflict if the
// cluster has a pending or active peering, and IsNotFound if there is no
// cluster with this id.
func (c *Client) DeleteCluster(ctx context.Context, id string) error {
	_, err := success(c.api.DeleteCluster(ctx, c.project, id))
	return ignoreNotFound(err, csClusterNotFound)
}

// AllClusters returns an iterator over all clusters that the query selects, in
// its order. It fetches pages as needed; Limit is the page size, 100 by
// default. After an error the iteration ends. The iterator can be used more
// than once.
func (c *Client) AllClusters(ctx context.Context, query ClusterQuery) iter.Seq2[Cluster, error] {
	setDefault(&query.Limit, 100)
	return paginate(query.Cursor, func(cursor string) ([]Cluster, string, error) {
		query := query
		query.Cursor = cursor
		page, err := c.ListClusters(ctx, query)
		n := len(page.Clusters)
		if n == 0 || n < int(query.Limit) {
			return page.Clusters, "", err
		}
		return page.Clusters, strconv.FormatInt(page.Clusters[n-1].ClusterID, 10), err
	})
}

// ClusterRunning is the StatusName of a cluster that is ready for use.
const ClusterRunning Status = "cluster_running"

// WaitForCluster polls a cluster until it is running, and returns it. It
// returns a *WaitError if the cluster does not exist or is deleted, and when
// the context ends, which should therefore have a deadline.
func (c *Client) WaitForCluster(ctx context.Context, id string) (Cluster, error) {
	return c.waitForCluster(ctx, id, ClusterRunning)
}

// WaitForClusterDeleted polls a cluster until it no longer exists. It returns a
// *WaitError when the context ends, which should therefore have a deadline.
func (c *Client) WaitForClusterDeleted(ctx context.Context, id string) error {
	_, err := c.waitForCluster(ctx, id, Deleted)
	return err
}

func (c *Client) waitForCluster(ctx context.Context, id string, want Status) (Cluster, error) {
	w := waiter[Cluster]{resource: "cluster", id: id, want: []Status{want}}
	w.poll = func(ctx context.Context) (Cluster, Status, error) {
		cluster, err := c.ShowCluster(ctx, id)
		if isCode(err, csClusterNotFound) {
			cluster, err = Cluster{StatusName: string(Deleted)}, nil
		}
		return cluster, Status(cluster.StatusName), err
	}
	return w.wait(ctx, c)
}
