package server

import (
	"context"
	"net/url"
	"time"

	"github.com/peering/peering/gen"
	api "github.com/peering/peering/gen/server"
	"github.com/peering/peering/internal/peering"
)

// defaultLimit is how many peerings a page holds where the request does not say.
const defaultLimit = 2000

// CreateVPCPeering handles POST /v2.0/vpc/peerings.
func (h *handlers) CreateVPCPeering(
	ctx context.Context, request api.CreateVPCPeeringRequestObject,
) (api.CreateVPCPeeringResponseObject, error) {
	wanted := request.Body.Peering
	idem, err := idempotency(ctx, request.Params.IdempotencyKey, "createVpcPeering", request.Body)
	if err != nil {
		return nil, err
	}
	p, replayed, err := h.peerings.Create(ctx, callerOf(ctx).project, peering.Peering{
		Name:        wanted.Name,
		Description: wanted.Description,
		Requester:   vpc(wanted.RequestVPCInfo),
		Accepter:    vpc(wanted.AcceptVPCInfo),
	}, idem)
	if err != nil {
		return nil, err
	}
	return api.CreateVPCPeering201JSONResponse{
		Body:    envelope(p),
		Headers: api.CreateVPCPeering201ResponseHeaders{IdempotencyReplayed: replayedHeader(replayed)},
	}, nil
}

// ListVPCPeerings handles GET /v2.0/vpc/peerings.
func (h *handlers) ListVPCPeerings(
	ctx context.Context, request api.ListVPCPeeringsRequestObject,
) (api.ListVPCPeeringsResponseObject, error) {
	params := request.Params
	limit := defaultLimit
	if params.Limit != nil {
		limit = int(*params.Limit)
	}
	list := gen.VPCPeeringList{Peerings: []gen.VPCPeering{}}
	if limit == 0 {
		return api.ListVPCPeerings200JSONResponse{Body: list}, nil
	}
	found, more, err := h.peerings.List(ctx, peering.Scope{Tenant: callerOf(ctx).project}, peering.Filter{
		ID:     peering.ID(value(params.ID)),
		Name:   value(params.Name),
		Status: peering.Status(value(params.Status)),
		Tenant: peering.ID(value(params.TenantID)),
		VPC:    peering.ID(value(params.VPCID)),
	}, peering.ID(value(params.Marker)), limit)
	if err != nil {
		return nil, err
	}
	for _, p := range found {
		list.Peerings = append(list.Peerings, vpcPeering(p))
	}
	if more {
		list.PeeringsLinks = []gen.PageLink{{Rel: gen.PageLinkRelNext, Href: nextPage(callerOf(ctx).url, found[len(found)-1].ID)}}
	}
	return api.ListVPCPeerings200JSONResponse{Body: list}, nil
}

// nextPage is the URL of a list that begins after the last peering of this one.
func nextPage(u url.URL, last peering.ID) string {
	query := u.Query()
	query.Set("marker", string(last))
	u.RawQuery = query.Encode()
	return u.String()
}

// ShowVPCPeering handles GET /v2.0/vpc/peerings/{peering_id}.
func (h *handlers) ShowVPCPeering(
	ctx context.Context, request api.ShowVPCPeeringRequestObject,
) (api.ShowVPCPeeringResponseObject, error) {
	p, err := h.peerings.Show(ctx, peering.Scope{Tenant: callerOf(ctx).project}, peering.ID(request.PeeringID))
	if err != nil {
		return nil, err
	}
	return api.ShowVPCPeering200JSONResponse{Body: envelope(p)}, nil
}

// UpdateVPCPeering handles PUT /v2.0/vpc/peerings/{peering_id}.
func (h *handlers) UpdateVPCPeering(
	ctx context.Context, request api.UpdateVPCPeeringRequestObject,
) (api.UpdateVPCPeeringResponseObject, error) {
	wanted := request.Body.Peering
	change := peering.Change{Name: wanted.Name, Description: wanted.Description}
	p, err := h.peerings.Rename(ctx, callerOf(ctx).project, peering.ID(request.PeeringID), change)
	if err != nil {
		return nil, err
	}
	return api.UpdateVPCPeering200JSONResponse{Body: envelope(p)}, nil
}

// AcceptVPCPeering handles PUT /v2.0/vpc/peerings/{peering_id}/accept.
func (h *handlers) AcceptVPCPeering(
	ctx context.Context, request api.AcceptVPCPeeringRequestObject,
) (api.AcceptVPCPeeringResponseObject, error) {
	p, err := h.peerings.Accept(ctx, callerOf(ctx).project, peering.ID(request.PeeringID))
	if err != nil {
		return nil, err
	}
	return api.AcceptVPCPeering200JSONResponse{Body: vpcPeering(p)}, nil
}

// RejectVPCPeering handles PUT /v2.0/vpc/peerings/{peering_id}/reject.
func (h *handlers) RejectVPCPeering(
	ctx context.Context, request api.RejectVPCPeeringRequestObject,
) (api.RejectVPCPeeringResponseObject, error) {
	p, err := h.peerings.Reject(ctx, callerOf(ctx).project, peering.ID(request.PeeringID))
	if err != nil {
		return nil, err
	}
	return api.RejectVPCPeering200JSONResponse{Body: vpcPeering(p)}, nil
}

// DeleteVPCPeering handles DELETE /v2.0/vpc/peerings/{peering_id}.
func (h *handlers) DeleteVPCPeering(
	ctx context.Context, request api.DeleteVPCPeeringRequestObject,
) (api.DeleteVPCPeeringResponseObject, error) {
	if err := h.peerings.Delete(ctx, peering.Scope{Tenant: callerOf(ctx).project}, peering.ID(request.PeeringID)); err != nil {
		return nil, err
	}
	return api.DeleteVPCPeering204Response{}, nil
}

func vpc(r gen.VPCReference) peering.VPC {
	return peering.VPC{ID: peering.ID(r.VPCID), Tenant: peering.ID(r.TenantID)}
}

func envelope(p peering.Peering) gen.VPCPeeringEnvelope {
	return gen.VPCPeeringEnvelope{Peering: vpcPeering(p)}
}

// vpcPeering is a peering as the VPC root shows it.
func vpcPeering(p peering.Peering) gen.VPCPeering {
	shown := gen.VPCPeering{
		ID:             string(p.ID),
		Name:           p.Name,
		Description:    p.Description,
		Status:         gen.PeeringStatus(p.Status),
		RequestVPCInfo: vpcInfo(p.Requester),
		AcceptVPCInfo:  vpcInfo(p.Accepter),
		CreatedAt:      timestamp(p.CreatedAt),
		UpdatedAt:      timestamp(p.UpdatedAt),
	}
	if p.Status == peering.PendingAcceptance || p.Status == peering.Expired {
		shown.ExpiresAt = timestamp(p.ExpiresAt)
	}
	return shown
}

// timestamp writes a time in UTC without a zone, as this root does.
func timestamp(t time.Time) string {
	return t.UTC().Format("2006-01-02T15:04:05")
}

// value answers what an optional parameter holds, the zero value where it is absent.
func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
