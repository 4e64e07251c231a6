package peering

import "context"

// Actions that no status allows or forbids; they stand in events only.
const (
	Create Action = "create"
	Update Action = "update"
)

// By says what does something, if no caller does.
type By string

// What the service does by itself.
const (
	// ByExpiry settles peerings that have expired.
	ByExpiry By = "expiry"
	// ByInventory adds and changes the clusters that an operator lists.
	ByInventory By = "inventory"
)

// An Event is a change of what is stored. It is about a route where Route is set, else about a peering where Peering is
// set, else about a cluster.
type Event struct {
	Action Action
	// By is empty where a caller did it.
	By      By
	Peering ID
	Route   ID
	// Cluster is the one that it is about, or on which the peering or route hangs.
	Cluster ClusterRef
	// From and To are the statuses of a peering before and after, as it read; From is empty for one that is new.
	From, To Status
	// Unknown tells that the store did not answer: the change may or may not have been made.
	Unknown bool
}

// Expiry is the event of a peering that is stored as EXPIRED from now on.
func Expiry(p Peering) Event {
	return Event{Action: Expire, By: ByExpiry, Peering: p.ID, Cluster: p.Cluster, From: PendingAcceptance, To: Expired}
}

// Watch answers a store that tells of every change once it is made. A creation that is replayed is none, nor is an action
// that leaves everything as it is.
func Watch(store Store, changed func(context.Context, Event)) Store {
	return watched{Store: store, changed: changed}
}

type watched struct {
	Store

	changed func(context.Context, Event)
}

// tell tells of a change unless it is certain that there was none.
func (w watched) tell(ctx context.Context, e Event, err error) {
	e.Unknown = CodeOf(err) == Unavailable
	if err == nil || e.Unknown {
		w.changed(ctx, e)
	}
}

// Create implements Store.
func (w watched) Create(ctx context.Context, p Peering, once Once, limits Limits) (made Peering, replayed bool, err error) {
	made, replayed, err = w.Store.Create(ctx, p, once, limits)
	if !replayed {
		w.tell(ctx, Event{Action: Create, Peering: p.ID, Cluster: p.Cluster, To: p.Status}, err)
	}
	return made, replayed, err
}

// Update implements Store.
func (w watched) Update(ctx context.Context, id ID, limits Limits, change func(Peering) (Peering, error)) (Peering, error) {
	var before, after Peering
	p, err := w.Store.Update(ctx, id, limits, func(p Peering) (Peering, error) {
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
		return Expiry(after)
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
func (w watched) CreateRoute(
	ctx context.Context, hop Hop, once Once, create func(Cluster, Peering) (Route, error),
) (made Route, replayed bool, err error) {
	var wanted Route
	made, replayed, err = w.Store.CreateRoute(ctx, hop, once, func(c Cluster, p Peering) (Route, error) {
		r, err := create(c, p)
		if err == nil {
			wanted = r
		}
		return r, err
	})
	if !replayed && wanted != (Route{}) {
		w.tell(ctx, Event{Action: Create, Peering: hop.Peering, Route: wanted.ID, Cluster: hop.Cluster}, err)
	}
	return made, replayed, err
}

// DeleteRoute implements Store.
func (w watched) DeleteRoute(ctx context.Context, id, route ID) error {
	err := w.Store.DeleteRoute(ctx, id, route)
	w.tell(ctx, Event{Action: Delete, Peering: id, Route: route}, err)
	return err
}

// CreateCluster implements Store.
func (w watched) CreateCluster(ctx context.Context, c Cluster, once Once) (made Cluster, replayed bool, err error) {
	made, replayed, err = w.Store.CreateCluster(ctx, c, once)
	if !replayed {
		w.tell(ctx, Event{Action: Create, Cluster: ClusterRef{Project: c.Project, ID: made.ID}}, err)
	}
	return made, replayed, err
}

// UpdateCluster implements Store.
func (w watched) UpdateCluster(ctx context.Context, ref ClusterRef, change func(Cluster) Cluster) error {
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
func (w watched) DeleteCluster(ctx context.Context, ref ClusterRef, uses func(Peering) bool) error {
	err := w.Store.DeleteCluster(ctx, ref, uses)
	w.tell(ctx, Event{Action: Delete, Cluster: ref}, err)
	return err
}

// PutCluster implements Store.
func (w watched) PutCluster(ctx context.Context, c Cluster, merge func(old, c Cluster) (Cluster, error)) error {
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
