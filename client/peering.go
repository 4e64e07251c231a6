package client

import (
	"context"

	"github.com/peering/peering/gen"
)

// Status is where a peering stands.
type Status = gen.PeeringStatus

// The statuses.
const (
	PendingAcceptance = gen.PeeringStatusPENDINGACCEPTANCE
	Active            = gen.PeeringStatusACTIVE
	Rejected          = gen.PeeringStatusREJECTED
	Expired           = gen.PeeringStatusEXPIRED
	Deleted           = gen.PeeringStatusDELETED
)

// The types of the Cloud Stream Service, as the contract describes them.
type (
	// Peering is a peering of a cluster.
	Peering = gen.Peering
	// PeeringCreate asks for a peering of a cluster. Without AcceptTenantID the other VPC is the project's own.
	PeeringCreate = gen.PeeringCreate
	// ClusterVPCInfo is the cluster's side of a peering; its CIDR blocks are set in lists only.
	ClusterVPCInfo = gen.ClusterVPCInfo
	// VPCInfo is one side of a peering.
	VPCInfo = gen.VPCInfo
)

// CreatePeering makes a peering between the VPC of a cluster and another one. It waits for its accepter.
func (c *Client) CreatePeering(ctx context.Context, clusterID string, p PeeringCreate, opts ...CreateOption) (Peering, error) {
	params := &gen.CreatePeeringParams{IdempotencyKey: c.key(opts)}
	envelope, err := answer[gen.PeeringEnvelope](c.raw.CreatePeering(ctx, c.project, clusterID, keyed(params, params.IdempotencyKey), p))
	return envelope.Peering, err
}

// ListPeerings answers all peerings of a cluster, oldest first.
func (c *Client) ListPeerings(ctx context.Context, clusterID string) ([]Peering, error) {
	list, err := answer[gen.PeeringList](c.raw.ListPeerings(ctx, c.project, clusterID))
	return list.Peerings, err
}

// ShowPeering answers a peering of a cluster.
func (c *Client) ShowPeering(ctx context.Context, clusterID, id string) (Peering, error) {
	envelope, err := answer[gen.PeeringEnvelope](c.raw.ShowPeering(ctx, c.project, clusterID, id))
	return envelope.Peering, err
}

// DeletePeering removes a peering of a cluster, whatever its status is.
func (c *Client) DeletePeering(ctx context.Context, clusterID, id string) error {
	_, err := read(c.raw.DeletePeering(ctx, c.project, clusterID, id))
	return deleted(err, csNoPeering)
}

// WaitForPeering waits until a peering of a cluster has one of the statuses, ACTIVE where none is named, and answers it. It
// ends with a *WaitError where none of them can follow what the peering has, and with the context, which should have a
// deadline. With DELETED among the statuses it answers a peering that is gone by its ID and this status alone.
func (c *Client) WaitForPeering(ctx context.Context, clusterID, id string, statuses ...Status) (Peering, error) {
	var seen Peering
	v := &vigil{client: c, what: "peering", id: id, want: until(statuses), look: func(ctx context.Context) (Status, error) {
		p, err := c.ShowPeering(ctx, clusterID, id)
		status, err := orDeleted(p.Status, err, csNoPeering)
		if status == Deleted {
			p = Peering{ID: id, Status: Deleted}
		}
		if err == nil {
			seen = p
		}
		return status, err
	}}
	err := v.keep(ctx)
	return seen, err
}

// WaitForPeeringDeleted waits until a cluster has no such peering.
func (c *Client) WaitForPeeringDeleted(ctx context.Context, clusterID, id string) error {
	_, err := c.WaitForPeering(ctx, clusterID, id, Deleted)
	return err
}
