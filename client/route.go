package client

import (
	"context"

	"github.com/peering/peering/gen"
)

// Route is a route of a cluster over one of its peerings.
type Route = gen.Route

// CreateRoute adds a route over an ACTIVE peering of a cluster and returns it.
// The destination is an IPv4 CIDR block outside the cluster's VPC, such as
// 192.168.0.0/16. The error satisfies IsConflict if the route exists or the
// peering is not ACTIVE, and IsNotFound if the peering does not exist.
func (c *Client) CreateRoute(
	ctx context.Context, clusterID, peeringID, destination string, opts ...CreateOption,
) (Route, error) {
	envelope, err := decode[gen.RouteEnvelope](c.api.CreateRoute(ctx, c.project, clusterID, peeringID, nil,
		gen.RouteCreate{Destination: destination}, c.withIdempotencyKey(opts)))
	return envelope.Route, err
}

// ListRoutes returns all routes over a peering of a cluster, oldest first.
func (c *Client) ListRoutes(ctx context.Context, clusterID, peeringID string) ([]Route, error) {
	list, err := decode[gen.RouteList](c.api.ListRoutes(ctx, c.project, clusterID, peeringID))
	return list.Routes, err
}

// DeleteRoute deletes a route over a peering of a cluster. The error satisfies
// IsNotFound if there is none with this id.
func (c *Client) DeleteRoute(ctx context.Context, clusterID, peeringID, id string) error {
	_, err := success(c.api.DeleteRoute(ctx, c.project, clusterID, peeringID, id))
	return ignoreNotFound(err, csRouteNotFound)
}
