package peering

import "context"

// Actions that occur only in events. The state machine does not know them.
const (
	Create Action = "create"
	Update Action = "update"
)

// An Actor is a part of the service that makes changes on its own.
type Actor string

// Actors.
const (
	// ByExpiry expires pending peerings.
	ByExpiry Actor = "expiry"
	// ByInventory adds and updates the clusters of the operator's inventory.
	ByInventory Actor = "inventory"
)

// An Event is a change in the store. Its subject is the route if Route is set,
// else the peering if Peering is set, else the cluster.
type Event struct {
	Action Action
	// By is empty if a caller made the change.
	By      Actor
	Peering ID
	Route   ID
	// Cluster is the subject, or the cluster to which the subject belongs.
	Cluster ClusterRef
	// From and To are the statuses of a peering before and after the change. From
	// is empty for a new peering.
	From, To Status
	// OutcomeUnknown reports that the store did not respond: the change may or may
	// not have been made.
	OutcomeUnknown bool
}

// ExpiryEvent returns the event of storing a peering as EXPIRED.
func ExpiryEvent(p Peering) Event {
	return Event{Action: Expire, By: ByExpiry, Peering: p.ID, Cluster: p.Cluster, From: PendingAcceptance, To: Expired}
}

// Audit returns a store that calls record after every change that was made, or
// whose outcome is unknown. It does not call record for replayed creations and
// for operations that change nothing.
func Audit(store Store, record func(context.Context, Event)) Store {
	return auditedStore{Store: store, record: record}
}

type auditedStore struct {
	Store

	record func(context.Context, Event)
}

// recordUnlessFailed records an event unless err means that nothing changed.
func (s auditedStore) recordUnlessFailed(ctx context.Context, e Event, err error) {
	e.OutcomeUnknown = CodeOf(err) == Unavailable
	if err == nil || e.OutcomeUnknown {
		s.record(ctx, e)
	}
}

// Create implements Store.
func (s auditedStore) Create(
	ctx context.Context, p Peering, idem Idempotency, quotas Quotas,
) (created Peering, replayed bool, err error) {
	created, replayed, err = s.Store.Create(ctx, p, idem, quotas)
	if !replayed {
		s.recordUnlessFailed(ctx, Event{Action: Create, Peering: p.ID, Cluster: p.Cluster, To: p.Status}, err)
	}
	return created, replayed, err
}

// Update implements Store.
func (s auditedStore) Update(
	ctx context.Context, id ID, quotas Quotas, change func(Peering) (Peering, error),
) (Peering, error) {
	var before, after Peering
	p, err := s.Store.Update(ctx, id, quotas, func(p Peering) (Peering, error) {
		changed, err := change(p)
		if err == nil {
			before, after = p, changed
		}
		return changed, err
	})
	if before != after {
		s.recordUnlessFailed(ctx, updateEvent(before, after), err)
	}
	return p, err
}

// updateEvent returns the event that changed before to after.
func updateEvent(before, after Peering) Event {
	e := Event{Peering: after.ID, Cluster: after.Cluster, From: before.Status, To: after.Status}
	switch after.Status {
	case Expired:
		return ExpiryEvent(after)
	case Deleted:
		e.Action = Delete
		e.From = before.At(after.UpdatedAt).Status
	case before.Status:
		e.Action = Rename
	case Active:
		e.Action = Accept
	default:
		e.Action = Reject
	}
	return e
}

// CreateRoute implements Store.
func (s auditedStore) CreateRoute(
	ctx context.Context, ref PeeringRef, idem Idempotency, create func(Cluster, Peering) (Route, error),
) (created Route, replayed bool, err error) {
	var attempted Route
	created, replayed, err = s.Store.CreateRoute(ctx, ref, idem, func(c Cluster, p Peering) (Route, error) {
		r, err := create(c, p)
		if err == nil {
			attempted = r
		}
		return r, err
	})
	if !replayed && attempted != (Route{}) {
		e := Event{Action: Create, Peering: ref.Peering, Route: attempted.ID, Cluster: ref.Cluster}
		s.recordUnlessFailed(ctx, e, err)
	}
	return created, replayed, err
}

// DeleteRoute implements Store.
func (s auditedStore) DeleteRoute(ctx context.Context, id, route ID) error {
	err := s.Store.DeleteRoute(ctx, id, route)
	s.recordUnlessFailed(ctx, Event{Action: Delete, Peering: id, Route: route}, err)
	return err
}

// CreateCluster implements Store.
func (s auditedStore) CreateCluster(
	ctx context.Context, c Cluster, idem Idempotency,
) (created Cluster, replayed bool, err error) {
	created, replayed, err = s.Store.CreateCluster(ctx, c, idem)
	if !replayed {
		s.recordUnlessFailed(ctx, Event{Action: Create, Cluster: ClusterRef{Project: c.Project, ID: created.ID}}, err)
	}
	return created, replayed, err
}

// UpdateCluster implements Store.
func (s auditedStore) UpdateCluster(ctx context.Context, ref ClusterRef, change func(Cluster) Cluster) error {
	var before, after Cluster
	err := s.Store.UpdateCluster(ctx, ref, func(c Cluster) Cluster {
		before, after = c, change(c)
		return after
	})
	if before != after {
		s.recordUnlessFailed(ctx, Event{Action: Update, Cluster: ref}, err)
	}
	return err
}

// DeleteCluster implements Store.
func (s auditedStore) DeleteCluster(ctx context.Context, ref ClusterRef, uses func(Peering) bool) error {
	err := s.Store.DeleteCluster(ctx, ref, uses)
	s.recordUnlessFailed(ctx, Event{Action: Delete, Cluster: ref}, err)
	return err
}

// PutCluster implements Store.
func (s auditedStore) PutCluster(ctx context.Context, c Cluster, merge func(old, c Cluster) (Cluster, error)) error {
	action, same := Create, false
	err := s.Store.PutCluster(ctx, c, func(old, c Cluster) (Cluster, error) {
		merged, err := merge(old, c)
		action, same = Update, err == nil && merged == old
		return merged, err
	})
	if !same {
		s.recordUnlessFailed(ctx, Event{Action: action, By: ByInventory, Cluster: c.ClusterRef}, err)
	}
	return err
}
