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
func (c *Client) CreatePeering(ctx context.Context, clusterID string, p PeeringCreate) (Peering, error) {
	envelope, err := answer[gen.PeeringEnvelope](c.raw.CreatePeering(ctx, c.project, clusterID, nil, p))
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
	return err
}
