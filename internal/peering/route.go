package peering

import (
	"context"
	"net/netip"
	"strings"
)

// A Route directs traffic from the requester's VPC over a peering to addresses
// on the accepter's side.
type Route struct {
	ID ID
	// Peering is the next hop.
	Peering ID
	// VPC is the requester's VPC, to which the route belongs.
	VPC VPC
	// Destination is an IPv4 CIDR block without host bits, such as
	// 192.168.0.0/16.
	Destination string
}

// A PeeringRef identifies a peering of a cluster.
type PeeringRef struct { //nolint:revive // next to ClusterRef, Ref alone would be ambiguous
	Cluster ClusterRef
	Peering ID
}

// CreateRoute creates a route over an active peering of a cluster. The
// destination must not overlap the cluster's VPC. Errors have the codes
// NotFound, ClusterNotFound, InvalidNetwork, WrongStatus, RouteExists and
// KeyReused. If idem replays an earlier creation, it returns the route of that
// one, and replayed is true.
func (s *Service) CreateRoute(
	ctx context.Context, ref PeeringRef, destination string, idem Idempotency,
) (created Route, replayed bool, err error) {
	id, now := s.newID(), s.now()
	return s.store.CreateRoute(ctx, ref, idem, func(cluster Cluster, p Peering) (Route, error) {
		if !(Scope{Cluster: ref.Cluster}).Contains(p) {
			return Route{}, NewNotFound(ref.Peering)
		}
		if err := checkDestination(destination, cluster); err != nil {
			return Route{}, err
		}
		if status := p.At(now).Status; status != Active {
			return Route{}, Errorf(WrongStatus, "Peering %s is %s; routes require it to be %s.", p.ID, status, Active)
		}
		return Route{ID: id, Peering: p.ID, VPC: p.Requester, Destination: destination}, nil
	})
}

// Routes returns the routes over a peering in the scope, oldest first.
func (s *Service) Routes(ctx context.Context, scope Scope, id ID) ([]Route, error) {
	if _, err := s.Show(ctx, scope, id); err != nil {
		return nil, err
	}
	return s.store.Routes(ctx, id)
}

// DeleteRoute deletes a route over a peering in the scope. It returns an error
// of code RouteNotFound if the route does not exist.
func (s *Service) DeleteRoute(ctx context.Context, scope Scope, id, route ID) error {
	if _, err := s.Show(ctx, scope, id); err != nil {
		return err
	}
	return s.store.DeleteRoute(ctx, id, route)
}

func checkDestination(destination string, cluster Cluster) error {
	prefix, e := parseCIDR("/destination", destination)
	if e != nil {
		return e
	}
	vpc, err := netip.ParsePrefix(cluster.VPCCIDR)
	if err == nil && vpc.Overlaps(prefix) {
		return invalidNetwork("/destination", "must not overlap the CIDR block of the cluster's VPC, %s", vpc)
	}
	return nil
}

// CompareRoutes orders routes by age, oldest first.
func CompareRoutes(a, b Route) int {
	return strings.Compare(a.ID.Key(), b.ID.Key())
}
