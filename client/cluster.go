package client

import (
	"context"
	"iter"
	"strconv"

	"github.com/peering/peering/gen"
)

// The types of clusters, as the contract describes them.
type (
	// Cluster is a reserved cluster.
	Cluster = gen.Cluster
	// ClusterCreate asks for a cluster; only its name is needed.
	ClusterCreate = gen.ClusterCreate
	// ClusterUpdate says what to change; a nil member stays as it is.
	ClusterUpdate = gen.ClusterUpdate
)

// A ClusterQuery selects clusters and a page of them. Zero members select all, from the newest on.
type ClusterQuery struct {
	Name string
	// Cursor is the id of the last cluster of the page before.
	Cursor string
	// Limit is how many clusters the page holds at most; the service's default is 10.
	Limit int32
	// Ascending lists the oldest clusters first.
	Ascending bool
}

// A ClusterPage is a part of a list.
type ClusterPage = gen.ClusterPage

// CreateCluster makes a cluster and answers its id.
func (c *Client) CreateCluster(ctx context.Context, cluster ClusterCreate, opts ...CreateOption) (string, error) {
	params := &gen.CreateClusterParams{IdempotencyKey: c.key(opts)}
	created, err := answer[gen.ClusterCreated](c.raw.CreateCluster(ctx, c.project, keyed(params, params.IdempotencyKey), cluster))
	return created.Payload.ClusterID, err
}

// ListClusters answers a page of the project's clusters.
func (c *Client) ListClusters(ctx context.Context, query ClusterQuery) (ClusterPage, error) {
	order := gen.ListClustersParamsOrderDesc
	if query.Ascending {
		order = gen.ListClustersParamsOrderAsc
	}
	list, err := answer[gen.ClusterList](c.raw.ListClusters(ctx, c.project, &gen.ListClustersParams{
		Name:   optional(query.Name),
		Cursor: optional(query.Cursor),
		Limit:  optional(query.Limit),
		Order:  &order,
	}))
	return list.Payload, err
}

// ShowCluster answers a cluster.
func (c *Client) ShowCluster(ctx context.Context, id string) (Cluster, error) {
	shown, err := answer[gen.ClusterShown](c.raw.ShowCluster(ctx, c.project, id))
	return shown.Payload, err
}

// UpdateCluster changes a cluster.
func (c *Client) UpdateCluster(ctx context.Context, id string, change ClusterUpdate) error {
	_, err := read(c.raw.UpdateCluster(ctx, c.project, id, change))
	return err
}

// DeleteCluster removes a cluster that has no peering which is pending or active.
func (c *Client) DeleteCluster(ctx context.Context, id string) error {
	_, err := read(c.raw.DeleteCluster(ctx, c.project, id))
	return deleted(err, csNoCluster)
}

// AllClusters answers all clusters that the query selects, in its order. It reads a page when it is needed; Limit is the size
// of a page, by default 100. The first error is the last thing that it answers.
func (c *Client) AllClusters(ctx context.Context, query ClusterQuery) iter.Seq2[Cluster, error] {
	defaulted(&query.Limit, 100)
	return func(yield func(Cluster, error) bool) {
		for query := query; ; {
			page, err := c.ListClusters(ctx, query)
			if err != nil {
				yield(Cluster{}, err)
				return
			}
			for _, cluster := range page.Clusters {
				if !yield(cluster, nil) {
					return
				}
				query.Cursor = strconv.FormatInt(cluster.ClusterID, 10)
			}
			if len(page.Clusters) < int(query.Limit) {
				return
			}
		}
	}
}

// ClusterRunning is the status, by the name of a cluster's, of one that can be used.
const ClusterRunning Status = "cluster_running"

// WaitForCluster waits until a cluster runs, and answers it. It ends with a *WaitError where the cluster is gone, and with the
// context, which should have a deadline.
func (c *Client) WaitForCluster(ctx context.Context, id string) (Cluster, error) {
	var seen Cluster
	v := &vigil{client: c, what: "cluster", id: id, want: []Status{ClusterRunning}, look: func(ctx context.Context) (Status, error) {
		cluster, err := c.ShowCluster(ctx, id)
		if err == nil {
			seen = cluster
		}
		return orDeleted(Status(cluster.StatusName), err, csNoCluster)
	}}
	err := v.keep(ctx)
	return seen, err
}

// WaitForClusterDeleted waits until the project has no such cluster. It ends with the context, which should have a deadline.
func (c *Client) WaitForClusterDeleted(ctx context.Context, id string) error {
	v := &vigil{client: c, what: "cluster", id: id, want: []Status{Deleted}, look: func(ctx context.Context) (Status, error) {
		cluster, err := c.ShowCluster(ctx, id)
		return orDeleted(Status(cluster.StatusName), err, csNoCluster)
	}}
	return v.keep(ctx)
}
