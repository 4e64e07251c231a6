package server

import (
	"context"

	"github.com/peering/peering/gen"
	api "github.com/peering/peering/gen/server"
	"github.com/peering/peering/internal/peering"
)

// CreateRoute handles
// POST /v1.0/{project_id}/reserved_cluster/{cluster_id}/peering/{peering_id}/route.
func (h *handlers) CreateRoute(
	ctx context.Context, request api.CreateRouteRequestObject,
) (api.CreateRouteResponseObject, error) {
	idem, err := idempotency(ctx, request.Params.IdempotencyKey,
		"createRoute", request.ProjectID, request.ClusterID, request.PeeringID, request.Body)
	if err != nil {
		return nil, err
	}
	ref := peering.PeeringRef{Cluster: clusterRef(request.ProjectID, request.ClusterID), Peering: peering.ID(request.PeeringID)}
	r, replayed, err := h.peerings.CreateRoute(ctx, ref, request.Body.Destination, idem)
	if err != nil {
		return nil, err
	}
	return api.CreateRoute201JSONResponse{
		Body:    gen.RouteEnvelope{Route: route(r)},
		Headers: api.CreateRoute201ResponseHeaders{IdempotencyReplayed: replayedHeader(replayed)},
	}, nil
}

// ListRoutes handles
// GET /v1.0/{project_id}/reserved_cluster/{cluster_id}/peering/{peering_id}/route.
func (h *handlers) ListRoutes(
	ctx context.Context, request api.ListRoutesRequestObject,
) (api.ListRoutesResponseObject, error) {
	scope := peering.Scope{Cluster: clusterRef(request.ProjectID, request.ClusterID)}
	found, err := h.peerings.Routes(ctx, scope, peering.ID(request.PeeringID))
	if err != nil {
		return nil, err
	}
	list := gen.RouteList{Routes: make([]gen.Route, len(found))}
	for i, r := range found {
		list.Routes[i] = route(r)
	}
	return api.ListRoutes200JSONResponse{Body: list}, nil
}

// DeleteRoute handles
// DELETE /v1.0/{project_id}/reserved_cluster/{cluster_id}/peering/{peering_id}/route/{route_id}.
func (h *handlers) DeleteRoute(
	ctx context.Context, request api.DeleteRouteRequestObject,
) (api.DeleteRouteResponseObject, error) {
	scope := peering.Scope{Cluster: clusterRef(request.ProjectID, request.ClusterID)}
	err := h.peerings.DeleteRoute(ctx, scope, peering.ID(request.PeeringID), peering.ID(request.RouteID))
	if err != nil {
		return nil, err
	}
	return api.DeleteRoute204Response{}, nil
}

// route returns the CS root's representation of a route.
func route(r peering.Route) gen.Route {
	return gen.Route{
		ID:          string(r.ID),
		Type:        gen.RouteTypePeering,
		Nexthop:     string(r.Peering),
		Destination: r.Destination,
		VPCID:       string(r.VPC.ID),
		TenantID:    string(r.VPC.Tenant),
	}
}
