package peering

import (
	"context"
	"iter"
	"time"
)

// A Store keeps peerings and clusters. Its reads see every change that was answered before they began, its changes are
// durable when they are answered, and each is made whole or not at all.
//
// Errors of code NotFound, ClusterNotFound, AlreadyPeered and QuotaExceeded say what they do at the methods. Code
// Unavailable stands for a store that did not answer in time; a change may have been made all the same.
//
// What is created with a key once is there together with that key, for 24 hours at least. Who creates with the key again
// is answered what was made, as it was then, and that it is replayed, whatever else stands against it; KeyReused where the request is another one.
type Store interface {
	// Create adds a peering, whose id has to be a new one, and answers it. Where it names a cluster, the requester is that
	// cluster's VPC. It answers AlreadyPeered where another peering of the same pair of VPCs, in either direction, is live
	// at its CreatedAt, QuotaExceeded where the limits do not allow it, and ClusterNotFound.
	Create(ctx context.Context, p Peering, idem Idempotency, quotas Quotas) (made Peering, replayed bool, err error)
	// Get answers the peering with the id, or NotFound.
	Get(ctx context.Context, id ID) (Peering, error)
	// Update replaces a peering by what change makes of it and answers the new one, or NotFound, or QuotaExceeded where the
	// limits do not allow what it counts towards then. An error of change is answered as it is and nothing changes. A
	// peering that comes back DELETED is removed together with its routes. Somebody else's change in between makes change
	// run again on the newer peering, so it has to be pure.
	Update(ctx context.Context, id ID, quotas Quotas, change func(Peering) (Peering, error)) (Peering, error)
	// Due answers the ids of the peerings that are stored as pending although they have expired by then, those that
	// expired first first. It ends with its first error.
	DueToExpire(ctx context.Context, now time.Time) iter.Seq2[ID, error]
	// List answers those peerings of the scope that match, as they were at one moment during the call, ordered by id, and
	// whether there are more.
	List(ctx context.Context, scope Scope, query Query) (found []Peering, more bool, err error)
	// CreateRoute adds the route that create makes for a cluster and its peering and answers it, or NotFound,
	// ClusterNotFound, or RouteExists where the peering has a route to the same destination. An error of create is answered
	// as it is and nothing changes. The peering is as create has seen it when the route is added; create may run more than
	// idem, so it has to be pure.
	CreateRoute(ctx context.Context, ref PeeringRef, idem Idempotency, create func(Cluster, Peering) (Route, error)) (made Route, replayed bool, err error)
	// Routes answers the routes over a peering, ordered by id. A peering that does not exist has none: they end with it.
	Routes(ctx context.Context, id ID) ([]Route, error)
	// DeleteRoute removes a route over a peering, or answers RouteNotFound.
	DeleteRoute(ctx context.Context, id, route ID) error
	// Cluster answers the cluster, or ClusterNotFound.
	Cluster(ctx context.Context, ref ClusterRef) (Cluster, error)
	// Clusters answers the clusters of a project, in no particular order.
	Clusters(ctx context.Context, project ID) ([]Cluster, error)
	// CreateCluster adds a cluster under the next free number, and answers it with that as its id.
	CreateCluster(ctx context.Context, c Cluster, idem Idempotency) (made Cluster, replayed bool, err error)
	// UpdateCluster replaces a cluster by what change makes of it, or answers ClusterNotFound; change has to be pure.
	UpdateCluster(ctx context.Context, ref ClusterRef, change func(Cluster) Cluster) error
	// DeleteCluster removes a cluster, or answers ClusterNotFound. Where uses tells of one of the cluster's peerings that
	// it uses the cluster, it answers ClusterInUse; no peering can be created for the cluster in between.
	DeleteCluster(ctx context.Context, ref ClusterRef, uses func(Peering) bool) error
	// PutCluster adds a cluster or, where one of that name is there, replaces it by what merge makes of the two;
	// merge has to be pure.
	PutCluster(ctx context.Context, c Cluster, merge func(old, c Cluster) (Cluster, error)) error
}

// A Query says which part of a list is wanted.
type Query struct {
	// After is the id that all ids in the answer are greater than; empty for a list from its beginning.
	After ID
	// Limit is how many peerings the answer holds at most; 0 for all.
	Limit int
	// Filter says what all peerings that Match selects have in common, so that others need not be read; zero says nothing.
	// Its status is the one that a peering reads as, so Expired stands for some that are stored as PendingAcceptance.
	Filter Filter
	// Match selects peerings. It has to be pure.
	Match func(Peering) bool
}
