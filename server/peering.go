package server

import (
	"context"

	"github.com/peering/peering/gen"
	api "github.com/peering/peering/gen/server"
	"github.com/peering/peering/internal/peering"
)

// CreatePeering handles
// POST /v1.0/{project_id}/reserved_cluster/{cluster_id}/peering.
func (h *handlers) CreatePeering(
	ctx context.Context, request api.CreatePeeringRequestObject,
) (api.CreatePeeringResponseObject, error) {
	idem, err := idempotency(ctx, request.Params.IdempotencyKey, "createPeering", request.ProjectID, request.ClusterID, request.Body)
	if err != nil {
		return nil, err
	}
	p, replayed, err := h.peerings.CreateForCluster(ctx, clusterRef(request.ProjectID, request.ClusterID), peering.Peering{
		Name:     request.Body.Name,
		Accepter: peering.VPC{ID: peering.ID(request.Body.VPCID), Tenant: peering.ID(request.Body.AcceptTenantID)},
	}, idem)
	if err != nil {
		return nil, err
	}
	return api.CreatePeering201JSONResponse{
		Body:    gen.PeeringEnvelope{Peering: clusterPeering(p)},
		Headers: api.CreatePeering201ResponseHeaders{IdempotencyReplayed: replayedHeader(replayed)},
	}, nil
}

// ListPeerings handles
// GET /v1.0/{project_id}/reserved_cluster/{cluster_id}/peering.
func (h *handlers) ListPeerings(
	ctx context.Context, request api.ListPeeringsRequestObject,
) (api.ListPeeringsResponseObject, error) {
	cluster, found, err := h.peerings.ListForCluster(ctx, clusterRef(request.ProjectID, request.ClusterID))
	if err != nil {
		return nil, err
	}
	list := gen.PeeringList{Peerings: make([]gen.Peering, len(found))}
	for i, p := range found {
		list.Peerings[i] = clusterPeering(p)
		list.Peerings[i].RequestVPCInfo.VPCCIDR = cluster.VPCCIDR
		list.Peerings[i].RequestVPCInfo.SubnetCIDR = cluster.SubnetCIDR
	}
	return api.ListPeerings200JSONResponse{Body: list}, nil
}

// ShowPeering handles
// GET /v1.0/{project_id}/reserved_cluster/{cluster_id}/peering/{peering_id}.
func (h *handlers) ShowPeering(
	ctx context.Context, request api.ShowPeeringRequestObject,
) (api.ShowPeeringResponseObject, error) {
	scope := peering.Scope{Cluster: clusterRef(request.ProjectID, request.ClusterID)}
	p, err := h.peerings.Show(ctx, scope, peering.ID(request.PeeringID))
	if err != nil {
		return nil, err
	}
	return api.ShowPeering200JSONResponse{Body: gen.PeeringEnvelope{Peering: clusterPeering(p)}}, nil
}

// DeletePeering handles
// DELETE /v1.0/{project_id}/reserved_cluster/{cluster_id}/peering/{peering_id}.
func (h *handlers) DeletePeering(
	ctx context.Context, request api.DeletePeeringRequestObject,
) (api.DeletePeeringResponseObject, error) {
	scope := peering.Scope{Cluster: clusterRef(request.ProjectID, request.ClusterID)}
	if err := h.peerings.Delete(ctx, scope, peering.ID(request.PeeringID)); err != nil {
		return nil, err
	}
	return api.DeletePeering204Response{}, nil
}

func clusterRef(project gen.ProjectID, cluster gen.ClusterID) peering.ClusterRef {
	return peering.ClusterRef{Project: peering.ID(project), ID: cluster}
}

// clusterPeering returns the CS root's representation of a peering.
func clusterPeering(p peering.Peering) gen.Peering {
	return gen.Peering{
		Name:           p.Name,
		ID:             string(p.ID),
		RequestVPCInfo: gen.ClusterVPCInfo{VPCID: string(p.Requester.ID), TenantID: string(p.Requester.Tenant)},
		AcceptVPCInfo:  vpcInfo(p.Accepter),
		Status:         gen.PeeringStatus(p.Status),
	}
}

func vpcInfo(v peering.VPC) gen.VPCInfo {
	return gen.VPCInfo{VPCID: string(v.ID), TenantID: string(v.Tenant)}
}
