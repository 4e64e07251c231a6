package client

import (
	"context"

	"github.com/peering/peering/gen"
)

// Status is the status of a peering.
type Status = gen.PeeringStatus

// The statuses of a peering.
const (
	PendingAcceptance = gen.PeeringStatusPENDINGACCEPTANCE
	Active            = gen.PeeringStatusACTIVE
	Rejected          = gen.PeeringStatusREJECTED
	Expired           = gen.PeeringStatusEXPIRED
	Deleted           = gen.PeeringStatusDELETED
)

// The types of the Cloud Stream Service, as defined by the contract.
type (
	// Peering is a peering of a cluster.
	Peering = gen.Peering
	// PeeringCreate describes a new peering of a cluster. If AcceptTenantID is
	// empty, the peer VPC belongs to the project itself.
	PeeringCreate = gen.PeeringCreate
	// ClusterVPCInfo is the cluster's side of a peering. Its CIDR blocks are
	// set in lists only.
	ClusterVPCInfo = gen.ClusterVPCInfo
	// VPCInfo is one side of a peering.
	VPCInfo = gen.VPCInfo
)

// CreatePeering requests a peering between the VPC of a cluster and another
// VPC, and returns it. The peering is PENDING_ACCEPTANCE until the tenant of the
// other VPC accepts it with AcceptVPCPeering. The error satisfies IsNotFound if
// the cluster does not exist, IsConflict if the VPCs are already peered, and
// IsQuotaExceeded if a quota is used up.
func (c *Client) CreatePeering(
	ctx context.Context, clusterID string, p PeeringCreate, opts ...CreateOption,
) (Peering, error) {
	envelope, err := decode[gen.PeeringEnvelope](
		c.api.CreatePeering(ctx, c.project, clusterID, nil, p, c.withIdempotencyKey(opts)))
	return envelope.Peering, err
}

// ListPeerings returns all peerings of a cluster, oldest first.
func (c *Client) ListPeerings(ctx context.Context, clusterID string) ([]Peering, error) {
	list, err := decode[gen.PeeringList](c.api.ListPeerings(ctx, c.project, clusterID))
	return list.Peerings, err
}

// ShowPeering returns a peering of a cluster. The error satisfies IsNotFound if
// there is none with this id.
func (c *Client) ShowPeering(ctx context.Context, clusterID, id string) (Peering, error) {
	envelope, err := decode[gen.PeeringEnvelope](c.api.ShowPeering(ctx, c.project, clusterID, id))
	return envelope.Peering, err
}

// DeletePeering deletes a peering of a cluster, in any status, together with
// its routes. The error satisfies IsNotFound if there is none with this id.
func (c *Client) DeletePeering(ctx context.Context, clusterID, id string) error {
	_, err := success(c.api.DeletePeering(ctx, c.project, clusterID, id))
	return ignoreNotFound(err, csPeeringNotFound)
}

// WaitForPeering polls a peering of a cluster until it has one of the statuses,
// ACTIVE by default, and returns it. A deleted peering is returned with only
// its ID and the status DELETED. WaitForPeering returns a *WaitError, and the
// peering as seen last, as soon as none of the statuses can be reached any more
// or the context ends, which should therefore have a deadline.
func (c *Client) WaitForPeering(ctx context.Context, clusterID, id string, statuses ...Status) (Peering, error) {
	w := waiter[Peering]{resource: "peering", id: id, want: orActive(statuses)}
	w.poll = func(ctx context.Context) (Peering, Status, error) {
		p, err := c.ShowPeering(ctx, clusterID, id)
		if isCode(err, csPeeringNotFound) {
			p, err = Peering{ID: id, Status: Deleted}, nil
		}
		return p, p.Status, err
	}
	return w.wait(ctx, c)
}

// WaitForPeeringDeleted polls a peering of a cluster until it no longer exists.
// It returns a *WaitError when the context ends, which should therefore have a
// deadline.
func (c *Client) WaitForPeeringDeleted(ctx context.Context, clusterID, id string) error {
	_, err := c.WaitForPeering(ctx, clusterID, id, Deleted)
	return err
}
