package client

import (
	"context"
	"fmt"
	"iter"
	"net/url"

	"github.com/peering/peering/gen"
)

// The types of the VPC service, as defined by the contract.
type (
	// VPCPeering is a peering of a tenant.
	VPCPeering = gen.VPCPeering
	// VPCPeeringCreate describes a new peering between two VPCs.
	VPCPeeringCreate = gen.VPCPeeringCreate
	// VPCPeeringUpdate describes changes to a peering. Nil fields are not
	// changed.
	VPCPeeringUpdate = gen.VPCPeeringUpdate
	// VPCReference identifies a VPC. If TenantID is empty, the VPC belongs to
	// the caller.
	VPCReference = gen.VPCReference
)

// A VPCPeeringQuery selects peerings, and one page of them. Zero fields do not
// filter; the zero VPCPeeringQuery selects the first page of all peerings.
type VPCPeeringQuery struct {
	ID     string
	Name   string
	Status Status
	// TenantID and VPCID match either side of a peering.
	TenantID string
	VPCID    string
	// Marker is the Next of the previous page.
	Marker string
	// Limit is the maximum number of peerings per page. The service's default
	// and maximum is 2000.
	Limit int32
}

// A VPCPeeringPage is one page of a list of peerings.
type VPCPeeringPage struct {
	Peerings []VPCPeering
	// Next is the marker of the next page, empty on the last page.
	Next string
}

// CreateVPCPeering creates a peering between a VPC of the project and another
// VPC, and returns it. The peering is ACTIVE at once if the project owns both
// VPCs; otherwise it is PENDING_ACCEPTANCE until the other tenant accepts it
// with AcceptVPCPeering. The error satisfies IsConflict if the VPCs are already
// peered, and IsQuotaExceeded if a quota is used up.
func (c *Client) CreateVPCPeering(
	ctx context.Context, p VPCPeeringCreate, opts ...CreateOption,
) (VPCPeering, error) {
	envelope, err := decode[gen.VPCPeeringEnvelope](
		c.api.CreateVPCPeering(ctx, nil, gen.VPCPeeringCreateEnvelope{Peering: p}, c.withIdempotencyKey(opts)))
	return envelope.Peering, err
}

// ListVPCPeerings returns one page of the peerings that the project has
// requested or been offered, oldest first.
func (c *Client) ListVPCPeerings(ctx context.Context, query VPCPeeringQuery) (VPCPeeringPage, error) {
	list, err := decode[gen.VPCPeeringList](c.api.ListVPCPeerings(ctx, &gen.ListVPCPeeringsParams{
		ID:       nonZero(query.ID),
		Name:     nonZero(query.Name),
		Status:   nonZero(query.Status),
		TenantID: nonZero(query.TenantID),
		VPCID:    nonZero(query.VPCID),
		Marker:   nonZero(query.Marker),
		Limit:    nonZero(query.Limit),
	}))
	if err != nil {
		return VPCPeeringPage{}, err
	}
	next, err := nextMarker(list.PeeringsLinks)
	return VPCPeeringPage{Peerings: list.Peerings, Next: next}, err
}

// nextMarker returns the marker in the link to the next page, "" if there is no
// such link.
func nextMarker(links []gen.PageLink) (string, error) {
	for _, link := range links {
		if link.Rel != gen.PageLinkRelNext {
			continue
		}
		u, err := url.Parse(link.Href)
		if err != nil {
			return "", fmt.Errorf("parse the link to the next page: %w", err)
		}
		return u.Query().Get("marker"), nil
	}
	return "", nil
}

// ShowVPCPeering returns a peering. The error satisfies IsNotFound if there is
// none with this id, or if the project is neither its requester nor its
// accepter.
func (c *Client) ShowVPCPeering(ctx context.Context, id string) (VPCPeering, error) {
	envelope, err := decode[gen.VPCPeeringEnvelope](c.api.ShowVPCPeering(ctx, id))
	return envelope.Peering, err
}

// UpdateVPCPeering changes the name or the description of a peering and returns
// it. Only its requester may do so.
func (c *Client) UpdateVPCPeering(ctx context.Context, id string, changes VPCPeeringUpdate) (VPCPeering, error) {
	envelope, err := decode[gen.VPCPeeringEnvelope](
		c.api.UpdateVPCPeering(ctx, id, gen.VPCPeeringUpdateEnvelope{Peering: changes}))
	return envelope.Peering, err
}

// AcceptVPCPeering makes a pending peering ACTIVE and returns it. Only its
// accepter may do so. Accepting an ACTIVE peering has no effect. The error
// satisfies IsConflict if the peering has any other status.
func (c *Client) AcceptVPCPeering(ctx context.Context, id string) (VPCPeering, error) {
	return decode[VPCPeering](c.api.AcceptVPCPeering(ctx, id))
}

// RejectVPCPeering makes a pending peering REJECTED and returns it. Only its
// accepter may do so. Rejecting a REJECTED peering has no effect. The error
// satisfies IsConflict if the peering has any other status.
func (c *Client) RejectVPCPeering(ctx context.Context, id string) (VPCPeering, error) {
	return decode[VPCPeering](c.api.RejectVPCPeering(ctx, id))
}

// DeleteVPCPeering deletes a peering, in any status. Its requester and its
// accepter may do so. The error satisfies IsNotFound if there is none with this
// id.
func (c *Client) DeleteVPCPeering(ctx context.Context, id string) error {
	_, err := success(c.api.DeleteVPCPeering(ctx, id))
	return ignoreNotFound(err, vpcPeeringNotFound)
}

// AllVPCPeerings returns an iterator over all peerings that the query selects,
// oldest first. It fetches pages as needed; Limit is the page size. After an
// error the iteration ends. The iterator can be used more than once.
func (c *Client) AllVPCPeerings(ctx context.Context, query VPCPeeringQuery) iter.Seq2[VPCPeering, error] {
	return paginate(query.Marker, func(marker string) ([]VPCPeering, string, error) {
		query := query
		query.Marker = marker
		page, err := c.ListVPCPeerings(ctx, query)
		return page.Peerings, page.Next, err
	})
}

// WaitForVPCPeering polls a peering until it has one of the statuses, ACTIVE by
// default, and returns it. A deleted peering is returned with only its ID and
// the status DELETED. WaitForVPCPeering returns a *WaitError, and the peering as
// seen last, as soon as none of the statuses can be reached any more or the
// context ends, which should therefore have a deadline.
func (c *Client) WaitForVPCPeering(ctx context.Context, id string, statuses ...Status) (VPCPeering, error) {
	w := waiter[VPCPeering]{resource: "peering", id: id, want: orActive(statuses)}
	w.poll = func(ctx context.Context) (VPCPeering, Status, error) {
		p, err := c.ShowVPCPeering(ctx, id)
		if isCode(err, vpcPeeringNotFound) {
			p, err = VPCPeering{ID: id, Status: Deleted}, nil
		}
		return p, p.Status, err
	}
	return w.wait(ctx, c)
}

// WaitForVPCPeeringDeleted polls a peering until it no longer exists. It returns
// a *WaitError when the context ends, which should therefore have a deadline.
func (c *Client) WaitForVPCPeeringDeleted(ctx context.Context, id string) error {
	_, err := c.WaitForVPCPeering(ctx, id, Deleted)
	return err
}
