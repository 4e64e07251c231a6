package history

import (
	"context"
	"errors"

	"github.com/peering/peering/internal/peering"
)

// A System is a running service as clients see it; *peering.Service is one. Its errors that are *peering.Error are
// answers, but for code Unavailable; after all others nobody knows what was done.
type System interface {
	Create(ctx context.Context, caller peering.ID, request peering.Request, once peering.Once) (made peering.Peering, replayed bool, err error)
	CreateForCluster(ctx context.Context, ref peering.ClusterRef, request peering.ClusterRequest, once peering.Once) (made peering.Peering, replayed bool, err error)
	Show(ctx context.Context, scope peering.Scope, id peering.ID) (peering.Peering, error)
	List(ctx context.Context, scope peering.Scope, filter peering.Filter, after peering.ID, limit int) (found []peering.Peering, more bool, err error)
	Accept(ctx context.Context, caller, id peering.ID) (peering.Peering, error)
	Reject(ctx context.Context, caller, id peering.ID) (peering.Peering, error)
	Delete(ctx context.Context, scope peering.Scope, id peering.ID) error
	CreateCluster(ctx context.Context, wanted peering.Cluster, once peering.Once) (made peering.Cluster, replayed bool, err error)
}

// refusal answers the error that is an answer; ok is false where the error says nothing of the outcome.
func refusal(err error) (e *peering.Error, ok bool) {
	e, ok = errors.AsType[*peering.Error](err)
	return e, ok && e.Code != peering.Unavailable && e.Code != peering.Internal
}
