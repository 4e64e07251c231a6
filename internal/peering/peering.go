// Package peering is the domain: peerings between two VPCs, the clusters that ask for them, the states a peering goes
// through, and who may do what. It imports the standard library only; how peerings are stored is behind the interface
// Store, how they are spoken about over HTTP is package server's business.
package peering

import "time"

// A Peering connects two VPCs. The requester asked for it, the accepter agrees to it.
type Peering struct {
	ID          ID
	Name        string
	Description string
	Status      Status
	Requester   VPC
	Accepter    VPC
	// Cluster is the reserved cluster whose VPC is the requester; zero where a tenant asked for the peering itself.
	Cluster   ClusterRef
	CreatedAt time.Time
	// UpdatedAt is when the name, the description or the status last changed.
	UpdatedAt time.Time
	// ExpiresAt is from when on a peering that still waits for its accepter is expired.
	ExpiresAt time.Time
}

// A VPC is one side of a peering.
type VPC struct {
	ID     ID
	Tenant ID
}

// Validate answers SelfPeering where both sides are one VPC.
func (p Peering) Validate() error {
	if p.Requester.ID.Equal(p.Accepter.ID) {
		return Errorf(SelfPeering, "Both sides of the peering are VPC %s.", p.Requester.ID)
	}
	return nil
}

// WithRequester answers the peering with a cluster's VPC as its requester, or SelfPeering.
func (p Peering) WithRequester(c Cluster) (Peering, error) {
	p.Cluster, p.Requester = c.ClusterRef, c.VPC
	return p, p.Validate()
}

// ConflictWith answers AlreadyPeered for a peering whose VPCs another one connects. Which one that is, is for those to know who
// see it.
func (p Peering) ConflictWith(other Peering) *Error {
	creator := Scope{Tenant: p.Requester.Tenant}
	if p.Cluster != (ClusterRef{}) {
		creator = Scope{Tenant: p.Cluster.Project}
	}
	if !creator.Contains(other) && (p.Cluster == (ClusterRef{}) || !p.Cluster.Equal(other.Cluster)) {
		return Errorf(AlreadyPeered, "The VPCs are already peered.")
	}
	return Errorf(AlreadyPeered, "The VPCs are already peered by %s, which is %s.", other.ID, other.Status)
}

// At answers the peering as it reads at the given time: one that waited for its accepter until it expired is EXPIRED.
// Nothing else depends on the time.
func (p Peering) At(now time.Time) Peering {
	if next, ok := Next(p.Status, Expire); ok && next != p.Status && !now.Before(p.ExpiresAt) {
		p.Status = next
		p.UpdatedAt = p.ExpiresAt
	}
	return p
}

// After answers the peering after the action, or an error of code WrongStatus where its status at the given time does
// not allow it. An action that leaves the status as it is changes nothing.
func (p Peering) Apply(action Action, now time.Time) (Peering, error) {
	p = p.At(now)
	next, ok := Next(p.Status, action)
	if !ok {
		return p, Errorf(WrongStatus, "Peering %s is %s; it is too late to %s it.", p.ID, p.Status, action)
	}
	if next != p.Status {
		p.Status = next
		p.UpdatedAt = now
	}
	return p, nil
}

// A Filter selects peerings; a zero member selects all.
type Filter struct {
	ID     ID
	Name   string
	Status Status
	// Tenant and VPC may stand on either side.
	Tenant ID
	VPC    ID
}

// Match tells whether the filter selects the peering.
func (f Filter) Matches(p Peering) bool {
	return (f.ID == "" || f.ID.Equal(p.ID)) &&
		(f.Name == "" || f.Name == p.Name) &&
		(f.Status == "" || f.Status == p.Status) &&
		(f.Tenant == "" || f.Tenant.Equal(p.Requester.Tenant) || f.Tenant.Equal(p.Accepter.Tenant)) &&
		(f.VPC == "" || f.VPC.Equal(p.Requester.ID) || f.VPC.Equal(p.Accepter.ID))
}

// A Scope is what a caller sees of all peerings: those of a tenant, on either side, or those of a cluster.
type Scope struct {
	Tenant  ID
	Cluster ClusterRef
}

// Contains tells whether the peering is in the scope.
func (s Scope) Contains(p Peering) bool {
	if s.Cluster != (ClusterRef{}) {
		return s.Cluster.Equal(p.Cluster)
	}
	return s.Tenant.Equal(p.Requester.Tenant) || s.Tenant.Equal(p.Accepter.Tenant)
}
