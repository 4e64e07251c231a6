package client

import (
	"context"

	"github.com/peering/peering/gen"
)

// Route is a route of a cluster over one of its peerings.
type Route = gen.Route

// CreateRoute adds a route to the destination, an IPv4 CIDR block such as 192.168.0.0/16, over an ACTIVE peering of a
// cluster.
func (c *Client) CreateRoute(ctx context.Context, clusterID, peeringID, destination string, opts ...CreateOption) (Route, error) {
	params := &gen.CreateRouteParams{IdempotencyKey: c.key(opts)}
	envelope, err := answer[gen.RouteEnvelope](c.raw.CreateRoute(
		ctx, c.project, clusterID, peeringID, keyed(params, params.IdempotencyKey), gen.RouteCreate{Destination: destination}))
	return envelope.Route, err
}

// ListRoutes answers all routes over a peering of a cluster, oldest first.
func (c *Client) ListRoutes(ctx context.Context, clusterID, peeringID string) ([]Route, error) {
	list, err := answer[gen.RouteList](c.raw.ListRoutes(ctx, c.project, clusterID, peeringID))
	return list.Routes, err
}

// DeleteRoute removes a route over a peering of a cluster.
func (c *Client) DeleteRoute(ctx context.Context, clusterID, peeringID, id string) error {
	_, err := read(c.raw.DeleteRoute(ctx, c.project, clusterID, peeringID, id))
	return deleted(err, csNoRoute)
}
