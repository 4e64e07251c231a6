package peering

import "context"

// Actions that no status allows or forbids; they stand in events only.
const (
	Create Action = "create"
	Update Action = "update"
)

// By says what does something, if no caller does.
type Actor string

// What the service does by itself.
const (
	// ByExpiry settles peerings that have expired.
	ByExpiry Actor = "expiry"
	// ByInventory adds and changes the clusters that an operator lists.
	ByInventory Actor = "inventory"
)

// An Event is a change of what is stored. It is about a route where Route is set, else about a peering where Peering is
// set, else about a cluster.
type Event struct {
	Action Action
	// By is empty where a caller did it.
	By      Actor
	Peering ID
	Route   ID
	// Cluster is the one that it is about, or on which the peering or route hangs.
	Cluster ClusterRef
	// From and To are the statuses of a peering before and after, as it read; From is empty for one that is new.
	From, To Status
	// Unknown tells that the store did not answer: the change may or may not have been made.
	OutcomeUnknown bool
}

// Expiry is the event of a peering that is stored as EXPIRED from now on.
func ExpiryEvent(p Peering) Event {
	return Event{Action: Expire, By: ByExpiry, Peering: p.ID, Cluster: p.Cluster, From: PendingAcceptance, To: Expired}
}

// Audit answers a store that tells of every change once it is made. A creation that is replayed is none, nor is an action
// that leaves everything as it is.
func Audit(store Store, changed func(context.Context, Event)) Store {
	return auditedStore{Store: store, changed: changed}
}

type auditedStore struct {
	Store

	changed func(context.Context, Event)
}

// tell tells of a change unless it is certain that there was none.
func (w auditedStore) tell(ctx context.Context, e Event, err error) {
	e.OutcomeUnknown = CodeOf(err) == Unavailable
	if err == nil || e.OutcomeUnknown {
		w.changed(ctx, e)
	}
}

// Create implements Store.
func (w auditedStore) Create(ctx context.Context, p Peering, idem Idempotency, quotas Quotas) (made Peering, replayed bool, err error) {
	made, replayed, err = w.Store.Create(ctx, p, idem, quotas)
	if !replayed {
		w.tell(ctx, Event{Action: Create, Peering: p.ID, Cluster: p.Cluster, To: p.Status}, err)
	}
	return made, replayed, err
}

// Update implements Store.
func (w auditedStore) Update(ctx context.Context, id ID, quotas Quotas, change func(Peering) (Peering, error)) (Peering, error) {
	var before, after Peering
	p, err := w.Store.Update(ctx, id, quotas, func(p Peering) (Peering, error) {
		changed, err := change(p)
		if err == nil {
			before, after = p, changed
		}
		return changed, err
	})
	if before != after {
		w.tell(ctx, eventOf(before, after), err)
	}
	return p, err
}

// eventOf answers what made one of the other.
func eventOf(before, after Peering) Event {
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
func (w auditedStore) CreateRoute(
	ctx context.Context, ref PeeringRef, idem Idempotency, create func(Cluster, Peering) (Route, error),
) (made Route, replayed bool, err error) {
	var wanted Route
	made, replayed, err = w.Store.CreateRoute(ctx, ref, idem, func(c Cluster, p Peering) (Route, error) {
		r, err := create(c, p)
		if err == nil {
			wanted = r
		}
		return r, err
	})
	if !replayed && wanted != (Route{}) {
		w.tell(ctx, Event{Action: Create, Peering: ref.Peering, Route: wanted.ID, Cluster: ref.Cluster}, err)
	}
	return made, replayed, err
}

// DeleteRoute implements Store.
func (w auditedStore) DeleteRoute(ctx context.Context, id, route ID) error {
	err := w.Store.DeleteRoute(ctx, id, route)
	w.tell(ctx, Event{Action: Delete, Peering: id, Route: route}, err)
	return err
}

// CreateCluster implements Store.
func (w auditedStore) CreateCluster(ctx context.Context, c Cluster, idem Idempotency) (made Cluster, replayed bool, err error) {
	made, replayed, err = w.Store.CreateCluster(ctx, c, idem)
	if !replayed {
		w.tell(ctx, Event{Action: Create, Cluster: ClusterRef{Project: c.Project, ID: made.ID}}, err)
	}
	return made, replayed, err
}

// UpdateCluster implements Store.
func (w auditedStore) UpdateCluster(ctx context.Context, ref ClusterRef, change func(Cluster) Cluster) error {
	var before, after Cluster
	err := w.Store.UpdateCluster(ctx, ref, func(c Cluster) Cluster {
		before, after = c, change(c)
		return after
	})
	if before != after {
		w.tell(ctx, Event{Action: Update, Cluster: ref}, err)
	}
	return err
}

// DeleteCluster implements Store.
func (w auditedStore) DeleteCluster(ctx context.Context, ref ClusterRef, uses func(Peering) bool) error {
	err := w.Store.DeleteCluster(ctx, ref, uses)
	w.tell(ctx, Event{Action: Delete, Cluster: ref}, err)
	return err
}

// PutCluster implements Store.
func (w auditedStore) PutCluster(ctx context.Context, c Cluster, merge func(old, c Cluster) (Cluster, error)) error {
	action, same := Create, false
	err := w.Store.PutCluster(ctx, c, func(old, c Cluster) (Cluster, error) {
		merged, err := merge(old, c)
		action, same = Update, err == nil && merged == old
		return merged, err
	})
	if !same {
		w.tell(ctx, Event{Action: action, By: ByInventory, Cluster: c.ClusterRef}, err)
	}
	return err
}
