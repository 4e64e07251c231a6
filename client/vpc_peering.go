package client

import (
	"context"
	"fmt"
	"iter"
	"net/url"

	"github.com/peering/peering/gen"
)

// The types of the VPC service, as the contract describes them.
type (
	// VPCPeering is a peering of a tenant.
	VPCPeering = gen.VPCPeering
	// VPCPeeringCreate asks for a peering between two VPCs.
	VPCPeeringCreate = gen.VPCPeeringCreate
	// VPCPeeringUpdate says what to change; a nil member stays as it is.
	VPCPeeringUpdate = gen.VPCPeeringUpdate
	// VPCReference names a VPC; without a tenant it is the caller's.
	VPCReference = gen.VPCReference
)

// A VPCPeeringQuery selects peerings and a page of them. Zero members select all, from the beginning.
type VPCPeeringQuery struct {
	ID     string
	Name   string
	Status Status
	// TenantID and VPCID may stand on either side.
	TenantID string
	VPCID    string
	// Marker is the Next of the page before.
	Marker string
	// Limit is how many peerings the page holds at most; the service's default is 2000, which is also the maximum.
	Limit int32
}

// A VPCPeeringPage is a part of a list.
type VPCPeeringPage struct {
	Peerings []VPCPeering
	// Next is the marker of the next page, empty on the last one.
	Next string
}

// CreateVPCPeering makes a peering between a VPC of the project and another one. It is ACTIVE at once where the project
// owns both, and waits for its accepter otherwise.
func (c *Client) CreateVPCPeering(ctx context.Context, p VPCPeeringCreate, opts ...CreateOption) (VPCPeering, error) {
	params := &gen.CreateVPCPeeringParams{IdempotencyKey: c.key(opts)}
	envelope, err := answer[gen.VPCPeeringEnvelope](
		c.raw.CreateVPCPeering(ctx, keyed(params, params.IdempotencyKey), gen.VPCPeeringCreateEnvelope{Peering: p}))
	return envelope.Peering, err
}

// ListVPCPeerings answers a page of the peerings on either side of which the project stands, oldest first.
func (c *Client) ListVPCPeerings(ctx context.Context, query VPCPeeringQuery) (VPCPeeringPage, error) {
	list, err := answer[gen.VPCPeeringList](c.raw.ListVPCPeerings(ctx, &gen.ListVPCPeeringsParams{
		ID:       optional(query.ID),
		Name:     optional(query.Name),
		Status:   optional(query.Status),
		TenantID: optional(query.TenantID),
		VPCID:    optional(query.VPCID),
		Marker:   optional(query.Marker),
		Limit:    optional(query.Limit),
	}))
	if err != nil {
		return VPCPeeringPage{}, err
	}
	next, err := marker(list.PeeringsLinks)
	return VPCPeeringPage{Peerings: list.Peerings, Next: next}, err
}

// marker takes the marker out of the link to the next page.
func marker(links []gen.PageLink) (string, error) {
	for _, link := range links {
		if link.Rel != gen.PageLinkRelNext {
			continue
		}
		u, err := url.Parse(link.Href)
		if err != nil {
			return "", fmt.Errorf("link to the next page: %w", err)
		}
		return u.Query().Get("marker"), nil
	}
	return "", nil
}

// ShowVPCPeering answers a peering.
func (c *Client) ShowVPCPeering(ctx context.Context, id string) (VPCPeering, error) {
	envelope, err := answer[gen.VPCPeeringEnvelope](c.raw.ShowVPCPeering(ctx, id))
	return envelope.Peering, err
}

// UpdateVPCPeering changes the name or the description of a peering. Only the requester may.
func (c *Client) UpdateVPCPeering(ctx context.Context, id string, change VPCPeeringUpdate) (VPCPeering, error) {
	envelope, err := answer[gen.VPCPeeringEnvelope](
		c.raw.UpdateVPCPeering(ctx, id, gen.VPCPeeringUpdateEnvelope{Peering: change}))
	return envelope.Peering, err
}

// AcceptVPCPeering makes a pending peering ACTIVE; one that is ACTIVE stays so. Only the accepter may.
func (c *Client) AcceptVPCPeering(ctx context.Context, id string) (VPCPeering, error) {
	return answer[VPCPeering](c.raw.AcceptVPCPeering(ctx, id))
}

// RejectVPCPeering makes a pending peering REJECTED; one that is REJECTED stays so. Only the accepter may.
func (c *Client) RejectVPCPeering(ctx context.Context, id string) (VPCPeering, error) {
	return answer[VPCPeering](c.raw.RejectVPCPeering(ctx, id))
}

// DeleteVPCPeering removes a peering, whatever its status is.
func (c *Client) DeleteVPCPeering(ctx context.Context, id string) error {
	_, err := read(c.raw.DeleteVPCPeering(ctx, id))
	return deleted(err, vpcNoPeering)
}

// AllVPCPeerings answers all peerings that the query selects, oldest first. It reads a page when it is needed; Limit is the
// size of a page. The first error is the last thing that it answers.
func (c *Client) AllVPCPeerings(ctx context.Context, query VPCPeeringQuery) iter.Seq2[VPCPeering, error] {
	return func(yield func(VPCPeering, error) bool) {
		for query := query; ; { // who goes through it again begins where the query does
			page, err := c.ListVPCPeerings(ctx, query)
			if err == nil && page.Next != "" && page.Next == query.Marker {
				err = fmt.Errorf("the page behind %s names itself as the next one", page.Next)
			}
			if err != nil {
				yield(VPCPeering{}, err)
				return
			}
			for _, p := range page.Peerings {
				if !yield(p, nil) {
					return
				}
			}
			if page.Next == "" {
				return
			}
			query.Marker = page.Next
		}
	}
}

// WaitForVPCPeering waits until a peering has one of the statuses, ACTIVE where none is named, and answers it. It ends with
// a *WaitError where none of them can follow what the peering has, and with the context, which should have a deadline.
// With DELETED among the statuses it answers a peering that is gone by its ID and this status alone.
func (c *Client) WaitForVPCPeering(ctx context.Context, id string, statuses ...Status) (VPCPeering, error) {
	var seen VPCPeering
	v := &vigil{client: c, what: "peering", id: id, want: until(statuses), look: func(ctx context.Context) (Status, error) {
		p, err := c.ShowVPCPeering(ctx, id)
		status, err := orDeleted(p.Status, err, vpcNoPeering)
		if status == Deleted {
			p = VPCPeering{ID: id, Status: Deleted}
		}
		if err == nil {
			seen = p
		}
		return status, err
	}}
	err := v.keep(ctx)
	return seen, err
}

// WaitForVPCPeeringDeleted waits until there is no such peering.
func (c *Client) WaitForVPCPeeringDeleted(ctx context.Context, id string) error {
	_, err := c.WaitForVPCPeering(ctx, id, Deleted)
	return err
}

// optional answers nil for a zero value.
func optional[T comparable](value T) *T {
	var zero T
	if value == zero {
		return nil
	}
	return &value
}
