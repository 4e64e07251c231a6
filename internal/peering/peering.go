// Package peering is the domain: peerings between VPCs, the clusters and routes
// that belong to them, the state machine, and the rules about who is permitted
// what. It imports the standard library only. Storage is behind the interface
// Store, and package server exposes the Service over HTTP.
package peering

import "time"

// A Peering connects two VPCs, if the accepter agrees to the requester's
// proposal.
type Peering struct {
	ID          ID
	Name        string
	Description string
	Status      Status
	Requester   VPC
	Accepter    VPC
	// Cluster is the cluster whose VPC is the requester. It is zero if a tenant
	// requested the peering itself.
	Cluster   ClusterRef
	CreatedAt time.Time
	// UpdatedAt is the time of the last change of the name, the description or the
	// status.
	UpdatedAt time.Time
	// ExpiresAt is the time at which the peering expires if it is still pending.
	ExpiresAt time.Time
}

// A VPC is one side of a peering.
type VPC struct {
	ID     ID
	Tenant ID
}

// Validate returns an error of code SelfPeering if both sides are the same VPC.
func (p Peering) Validate() error {
	if p.Requester.ID.Equal(p.Accepter.ID) {
		return Errorf(SelfPeering, "Both sides of the peering are VPC %s.", p.Requester.ID)
	}
	return nil
}

// WithRequester returns the peering with the VPC of the cluster as its
// requester, and the error of Validate.
func (p Peering) WithRequester(c Cluster) (Peering, error) {
	p.Cluster, p.Requester = c.ClusterRef, c.VPC
	return p, p.Validate()
}

// ConflictWith returns an error of code AlreadyPeered for a new peering between
// two VPCs that the other one connects. The message names the other peering only
// if it is visible to the creator of p.
func (p Peering) ConflictWith(other Peering) *Error {
	creator := Scope{Tenant: p.Requester.Tenant}
	if p.Cluster != (ClusterRef{}) {
		creator = Scope{Tenant: p.Cluster.Project}
	}
	if !creator.Contains(other) && (p.Cluster == (ClusterRef{}) || !p.Cluster.Equal(other.Cluster)) {
		return Errorf(AlreadyPeered, "The VPCs are already peered.")
	}
	return Errorf(AlreadyPeered, "The VPCs are already peered: peering %s is %s.", other.ID, other.Status)
}

// At returns the peering as it is at the given time: EXPIRED if it is pending
// and its expiry time has come. Nothing else depends on the time.
func (p Peering) At(now time.Time) Peering {
	if next, ok := Next(p.Status, Expire); ok && next != p.Status && !now.Before(p.ExpiresAt) {
		p.Status = next
		p.UpdatedAt = p.ExpiresAt
	}
	return p
}

// Apply returns the peering after the action. It returns an error of code
// WrongStatus if the status at the given time does not allow the action. An
// action that does not change the status changes nothing.
func (p Peering) Apply(action Action, now time.Time) (Peering, error) {
	p = p.At(now)
	next, ok := Next(p.Status, action)
	if !ok {
		return p, Errorf(WrongStatus, "Cannot %s peering %s: its status is %s.", action, p.ID, p.Status)
	}
	if next != p.Status {
		p.Status = next
		p.UpdatedAt = now
	}
	return p, nil
}

// A Filter selects the peerings that match all of its fields. Zero fields match
// every peering.
type Filter struct {
	ID     ID
	Name   string
	Status Status
	// Tenant and VPC match either side.
	Tenant ID
	VPC    ID
}

// Matches reports whether the filter selects the peering.
func (f Filter) Matches(p Peering) bool {
	return (f.ID == "" || f.ID.Equal(p.ID)) &&
		(f.Name == "" || f.Name == p.Name) &&
		(f.Status == "" || f.Status == p.Status) &&
		(f.Tenant == "" || f.Tenant.Equal(p.Requester.Tenant) || f.Tenant.Equal(p.Accepter.Tenant)) &&
		(f.VPC == "" || f.VPC.Equal(p.Requester.ID) || f.VPC.Equal(p.Accepter.ID))
}

// A Scope is the set of peerings that are visible to a caller: those of a
// cluster if Cluster is set, else those with the tenant on either side.
type Scope struct {
	Tenant  ID
	Cluster ClusterRef
}

// Contains reports whether the peering is in the scope.
func (s Scope) Contains(p Peering) bool {
	if s.Cluster != (ClusterRef{}) {
		return s.Cluster.Equal(p.Cluster)
	}
	return s.Tenant.Equal(p.Requester.Tenant) || s.Tenant.Equal(p.Accepter.Tenant)
}
