package linearizability

import (
	"context"

	"github.com/peering/peering/internal/peering"
)

// A System is the service under test as its clients see it. *peering.Service
// implements it. An error with the code Unavailable leaves the outcome of an
// operation unknown; every other error is a definite response.
type System interface {
	Create(
		ctx context.Context, caller peering.ID, request peering.Peering, idem peering.Idempotency,
	) (made peering.Peering, replayed bool, err error)
	CreateForCluster(
		ctx context.Context, ref peering.ClusterRef, request peering.Peering, idem peering.Idempotency,
	) (made peering.Peering, replayed bool, err error)
	Show(ctx context.Context, scope peering.Scope, id peering.ID) (peering.Peering, error)
	List(
		ctx context.Context, scope peering.Scope, filter peering.Filter, after peering.ID, limit int,
	) (found []peering.Peering, more bool, err error)
	Accept(ctx context.Context, caller, id peering.ID) (peering.Peering, error)
	Reject(ctx context.Context, caller, id peering.ID) (peering.Peering, error)
	Delete(ctx context.Context, scope peering.Scope, id peering.ID) error
	CreateCluster(
		ctx context.Context, wanted peering.Cluster, idem peering.Idempotency,
	) (made peering.Cluster, replayed bool, err error)
}
