package peering

import (
	"context"
	"net/netip"
	"strings"
)

// A Route leads from the requester of a peering to addresses behind its accepter.
type Route struct {
	ID ID
	// Peering is the peering that the route leads over, its next ref.
	Peering ID
	// VPC is the one in which the route is: the requester's.
	VPC VPC
	// Destination is an IPv4 CIDR block whose host bits are zero, such as 192.168.0.0/16.
	Destination string
}

// A PeeringRef is a peering of a cluster, over which routes lead.
type PeeringRef struct {
	Cluster ClusterRef
	Peering ID
}

// CreateRoute adds a route over a peering of a cluster. The peering has to be ACTIVE. The destination must not overlap
// the cluster's own VPC and is taken once for each peering.
func (s *Service) CreateRoute(ctx context.Context, ref PeeringRef, destination string, idem Idempotency) (made Route, replayed bool, err error) {
	id, now := s.newID(), s.now()
	return s.store.CreateRoute(ctx, ref, idem, func(cluster Cluster, p Peering) (Route, error) {
		if !(Scope{Cluster: ref.Cluster}).Contains(p) {
			return Route{}, NewNotFound(ref.Peering)
		}
		if err := validDestination(destination, cluster); err != nil {
			return Route{}, err
		}
		if status := p.At(now).Status; status != Active {
			return Route{}, Errorf(WrongStatus, "Peering %s is %s; it takes routes only while it is %s.", p.ID, status, Active)
		}
		return Route{ID: id, Peering: p.ID, VPC: p.Requester, Destination: destination}, nil
	})
}

// Routes answers the routes over a peering of the scope, oldest first.
func (s *Service) Routes(ctx context.Context, scope Scope, id ID) ([]Route, error) {
	if _, err := s.Show(ctx, scope, id); err != nil {
		return nil, err
	}
	return s.store.Routes(ctx, id)
}

// DeleteRoute removes a route over a peering of the scope, or answers RouteNotFound.
func (s *Service) DeleteRoute(ctx context.Context, scope Scope, id, route ID) error {
	if _, err := s.Show(ctx, scope, id); err != nil {
		return err
	}
	return s.store.DeleteRoute(ctx, id, route)
}

// validDestination answers why a destination can't be routed to from the cluster, or nil.
func validDestination(destination string, cluster Cluster) error {
	prefix, e := parseCIDR("/destination", destination)
	if e != nil {
		return e
	}
	own, err := netip.ParsePrefix(cluster.VPCCIDR)
	if err == nil && own.Overlaps(prefix) {
		return misfit("/destination", "must not overlap %s, the cluster's own VPC", own)
	}
	return nil
}

// CompareRoutes orders routes by age.
func CompareRoutes(a, b Route) int {
	return strings.Compare(a.ID.Key(), b.ID.Key())
}
