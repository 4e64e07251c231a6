package peering

import (
	"context"
	"iter"
	"time"
)

// A Store stores peerings, routes and clusters.
//
// Its operations are linearizable: a read observes every change that returned
// before the read began. Changes are atomic, and durable when they return.
//
// Errors have the codes that the methods state, and code Unavailable if the
// store does not respond in time. The outcome of a change is unknown then.
//
// A creation with an idempotency key stores the key with what it creates, for at
// least 24 hours. A creation with a stored key returns what was created, as it
// was then, and replayed is true, even if the creation would fail now. If the
// requests differ, it returns an error of code KeyReused.
type Store interface {
	// Create adds a peering, whose ID must be new, and returns it. If p.Cluster is
	// set, the requester becomes that cluster's VPC. It returns AlreadyPeered if
	// the two VPCs, in either direction, have another peering that is live at
	// p.CreatedAt, and QuotaExceeded or ClusterNotFound.
	Create(ctx context.Context, p Peering, idem Idempotency, quotas Quotas) (created Peering, replayed bool, err error)
	// Get returns the peering with the ID, or NotFound.
	Get(ctx context.Context, id ID) (Peering, error)
	// Update replaces a peering by the result of change and returns it. If the
	// result is DELETED, it removes the peering and its routes. It returns NotFound,
	// QuotaExceeded if the result counts towards an exhausted quota, and an error of
	// change unwrapped. On error, nothing changes. After a concurrent update, change
	// runs again on the new peering, so it must be pure.
	Update(ctx context.Context, id ID, quotas Quotas, change func(Peering) (Peering, error)) (Peering, error)
	// DueToExpire yields the IDs of the peerings that are stored as pending although
	// they have expired at the given time, ordered by expiry. It stops at the first
	// error.
	DueToExpire(ctx context.Context, now time.Time) iter.Seq2[ID, error]
	// List returns the peerings in the scope that the query selects, ordered by ID,
	// and whether there are more. The result is a consistent snapshot.
	List(ctx context.Context, scope Scope, query Query) (found []Peering, more bool, err error)
	// CreateRoute adds the route that create returns for a cluster and its peering,
	// and returns it. It returns NotFound, ClusterNotFound, RouteExists if the
	// peering has a route to the same destination, and an error of create unwrapped.
	// After a concurrent update of the peering, create runs again, so it must be
	// pure.
	CreateRoute(
		ctx context.Context, ref PeeringRef, idem Idempotency, create func(Cluster, Peering) (Route, error),
	) (created Route, replayed bool, err error)
	// Routes returns the routes over a peering, ordered by ID. A peering that does
	// not exist has none.
	Routes(ctx context.Context, id ID) ([]Route, error)
	// DeleteRoute removes a route over a peering, or returns RouteNotFound.
	DeleteRoute(ctx context.Context, id, route ID) error
	// Cluster returns the cluster, or ClusterNotFound.
	Cluster(ctx context.Context, ref ClusterRef) (Cluster, error)
	// Clusters returns the clusters of a project in no particular order.
	Clusters(ctx context.Context, project ID) ([]Cluster, error)
	// CreateCluster adds a cluster, with the next free number as its ID, and returns
	// it.
	CreateCluster(ctx context.Context, c Cluster, idem Idempotency) (created Cluster, replayed bool, err error)
	// UpdateCluster replaces a cluster by the result of change, or returns
	// ClusterNotFound. After a concurrent update, change runs again, so it must be
	// pure.
	UpdateCluster(ctx context.Context, ref ClusterRef, change func(Cluster) Cluster) error
	// DeleteCluster removes a cluster. It returns ClusterNotFound, or ClusterInUse if
	// uses reports true for one of the cluster's peerings.
	DeleteCluster(ctx context.Context, ref ClusterRef, uses func(Peering) bool) error
	// PutCluster adds a cluster, or replaces an existing one by the result of merge.
	// It returns an error of merge unwrapped. merge must be pure.
	PutCluster(ctx context.Context, c Cluster, merge func(old, c Cluster) (Cluster, error)) error
}

// A Query selects the peerings of a list.
type Query struct {
	// After selects peerings with greater IDs. Empty selects all.
	After ID
	// Limit is the maximum number of peerings. 0 means no limit.
	Limit int
	// Filter is a hint that lets the store skip peerings. Match implies it. Its
	// status is that of Peering.At, so Expired also covers peerings that are stored
	// as PendingAcceptance.
	Filter Filter
	// Match selects peerings. It must be pure.
	Match func(Peering) bool
}
