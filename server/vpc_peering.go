package server

import (
	"context"
	"net/url"
	"time"

	"github.com/peering/peering/gen"
	api "github.com/peering/peering/gen/server"
	"github.com/peering/peering/internal/peering"
)

// defaultPeeringLimit is the page size if the request does not set a limit.
const defaultPeeringLimit = 2000

// CreateVPCPeering handles POST /v2.0/vpc/peerings.
func (h *handlers) CreateVPCPeering(
	ctx context.Context, request api.CreateVPCPeeringRequestObject,
) (api.CreateVPCPeeringResponseObject, error) {
	body := request.Body.Peering
	idem, err := idempotency(ctx, request.Params.IdempotencyKey, "createVpcPeering", request.Body)
	if err != nil {
		return nil, err
	}
	p, replayed, err := h.peerings.Create(ctx, callerOf(ctx).project, peering.Peering{
		Name:        body.Name,
		Description: body.Description,
		Requester:   vpc(body.RequestVPCInfo),
		Accepter:    vpc(body.AcceptVPCInfo),
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
	limit := defaultPeeringLimit
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
		list.PeeringsLinks = []gen.PageLink{{Rel: gen.PageLinkRelNext, Href: nextPageURL(callerOf(ctx).url, found[len(found)-1].ID)}}
	}
	return api.ListVPCPeerings200JSONResponse{Body: list}, nil
}

// nextPageURL returns the URL of the page after the peering last.
func nextPageURL(u url.URL, last peering.ID) string {
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
	body := request.Body.Peering
	change := peering.Change{Name: body.Name, Description: body.Description}
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

// vpcPeering returns the VPC root's representation of a peering.
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

// timestamp formats a time in UTC without a zone, as the VPC root does.
func timestamp(t time.Time) string {
	return t.UTC().Format("2006-01-02T15:04:05")
}

// value returns an optional parameter, or the zero value if it is absent.
func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
