package peering_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/peering/peering/internal/peering"
)

// watch makes the world's service tell of what it changes; told answers what it told since it was last asked.
func (w *world) watch() (told func() []peering.Event) {
	var events []peering.Event
	watched := peering.Audit(store, func(_ context.Context, e peering.Event) { events = append(events, e) })
	w.Service = peering.NewService(watched, peering.DefaultRules(), func() time.Time { return w.now }, newID)
	return func() []peering.Event {
		told := events
		events = nil
		return told
	}
}

func wantEvents(t *testing.T, got []peering.Event, want ...peering.Event) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("told %+v, want %+v", got, want)
	}
}

func TestEveryChangeOfAPeeringIsTold(t *testing.T) {
	const pending, active, rejected, expired, deleted = peering.PendingAcceptance, peering.Active, peering.Rejected, peering.Expired, peering.Deleted
	w := newWorld(t)
	told := w.watch()
	name := "renamed"
	rename := func(id peering.ID) error {
		_, err := w.Rename(t.Context(), w.requester.Tenant, id, peering.Change{Name: &name})
		return err
	}
	accept := func(id peering.ID) error {
		_, err := w.Accept(t.Context(), w.accepter.Tenant, id)
		return err
	}
	reject := func(id peering.ID) error {
		_, err := w.Reject(t.Context(), w.accepter.Tenant, id)
		return err
	}
	remove := func(id peering.ID) error { return w.Delete(t.Context(), peering.Scope{Tenant: w.accepter.Tenant}, id) }
	age := func(peering.ID) error {
		w.now = w.now.Add(peering.DefaultRules().Lifetime)
		return nil
	}
	type step struct {
		name   string
		act    func(peering.ID) error
		action peering.Action // empty where nothing changes
		from   peering.Status
		to     peering.Status
	}
	for _, life := range [][]step{
		{
			{"rename", rename, peering.Rename, pending, pending},
			{"rename to the same", rename, "", "", ""},
			{"accept", accept, peering.Accept, pending, active},
			{"accept again", accept, "", "", ""},
			{"reject, too late", reject, "", "", ""},
			{"delete", remove, peering.Delete, active, deleted},
			{"delete again", remove, "", "", ""},
		},
		{
			{"reject", reject, peering.Reject, pending, rejected},
			{"reject again", reject, "", "", ""},
			{"delete", remove, peering.Delete, rejected, deleted},
		},
		{
			{"age", age, "", "", ""},
			{"accept, too late", accept, "", "", ""},
			{"delete", remove, peering.Delete, expired, deleted},
		},
	} {
		p := w.pending(t)
		wantEvents(t, told(), peering.Event{Action: peering.Create, Peering: p.ID, To: pending})
		for _, s := range life {
			t.Run(s.name, func(t *testing.T) {
				_ = s.act(p.ID) // what is refused is told by nothing
				var want []peering.Event
				if s.action != "" {
					want = []peering.Event{{Action: s.action, Peering: p.ID, From: s.from, To: s.to}}
				}
				wantEvents(t, told(), want...)
			})
		}
	}
}

func TestOwnPeeringIsToldActive(t *testing.T) {
	w := newWorld(t)
	told := w.watch()
	p, err := w.Create(t.Context(), w.requester.Tenant, peering.Peering{Requester: w.requester, Accepter: peering.VPC{ID: newID()}})
	wantCode(t, err, "")
	wantEvents(t, told(), peering.Event{Action: peering.Create, Peering: p.ID, To: peering.Active})
}

func TestExpiryIsTold(t *testing.T) {
	w := newWorld(t)
	told := w.watch()
	p := w.hanging(t)
	told()
	w.now = p.ExpiresAt
	_, err := w.ExpireDue(t.Context())
	wantCode(t, err, "")
	// Other tests have left peerings that have expired by then, too.
	own := slices.DeleteFunc(told(), func(e peering.Event) bool { return e.Peering != p.ID })
	wantEvents(t, own, peering.Event{
		Action: peering.Expire, By: peering.ByExpiry, Peering: p.ID, Cluster: w.cluster.ClusterRef,
		From: peering.PendingAcceptance, To: peering.Expired,
	})
}

func TestEveryChangeOfAClusterIsTold(t *testing.T) {
	w := newWorld(t)
	told := w.watch()
	once := peering.Idempotency{Project: w.stranger, Key: "k", Request: "r"}
	wanted := peering.Cluster{ClusterRef: peering.ClusterRef{Project: w.stranger}, Name: "n", VPC: peering.VPC{Tenant: w.requester.Tenant}}
	c, _, err := w.CreateCluster(t.Context(), wanted, once)
	wantCode(t, err, "")
	wantEvents(t, told(), peering.Event{Action: peering.Create, Cluster: c.ClusterRef})
	_, replayed, err := w.CreateCluster(t.Context(), wanted, once)
	if wantCode(t, err, ""); !replayed {
		t.Error("it is not replayed")
	}
	wantEvents(t, told())

	change := peering.ClusterChange{Name: "m"}
	wantCode(t, w.UpdateCluster(t.Context(), c.ClusterRef, change), "")
	wantEvents(t, told(), peering.Event{Action: peering.Update, Cluster: c.ClusterRef})
	wantCode(t, w.UpdateCluster(t.Context(), c.ClusterRef, change), "")
	wantEvents(t, told())

	wantCode(t, w.DeleteCluster(t.Context(), c.ClusterRef), "")
	wantEvents(t, told(), peering.Event{Action: peering.Delete, Cluster: c.ClusterRef})
	wantCode(t, w.DeleteCluster(t.Context(), c.ClusterRef), peering.ClusterNotFound)
	wantEvents(t, told())

	listed := newCluster(w.stranger)
	for _, want := range []peering.Action{peering.Create, "", peering.Update} {
		if want == peering.Update {
			listed.Name = "renamed"
		}
		wantCode(t, w.EnsureClusters(t.Context(), []peering.Cluster{listed}), "")
		if want == "" {
			wantEvents(t, told())
		} else {
			wantEvents(t, told(), peering.Event{Action: want, By: peering.ByInventory, Cluster: listed.ClusterRef})
		}
	}
}

func TestEveryChangeOfARouteIsTold(t *testing.T) {
	w := newWorld(t)
	p := w.hanging(t)
	_, err := w.Accept(t.Context(), w.accepter.Tenant, p.ID)
	wantCode(t, err, "")
	told := w.watch()
	hop := peering.PeeringRef{Cluster: w.cluster.ClusterRef, Peering: p.ID}
	once := peering.Idempotency{Project: w.cluster.Project, Key: "k", Request: "r"}
	r, _, err := w.CreateRoute(t.Context(), hop, "192.168.0.0/16", once)
	wantCode(t, err, "")
	wantEvents(t, told(), peering.Event{Action: peering.Create, Peering: p.ID, Route: r.ID, Cluster: hop.Cluster})
	_, _, err = w.CreateRoute(t.Context(), hop, "192.168.0.0/16", once)
	wantCode(t, err, "")
	_, _, err = w.CreateRoute(t.Context(), hop, "192.168.0.0/16", peering.Idempotency{})
	wantCode(t, err, peering.RouteExists)
	wantEvents(t, told())
	wantCode(t, w.DeleteRoute(t.Context(), peering.Scope{Cluster: hop.Cluster}, p.ID, r.ID), "")
	wantEvents(t, told(), peering.Event{Action: peering.Delete, Peering: p.ID, Route: r.ID})
	wantCode(t, w.DeleteRoute(t.Context(), peering.Scope{Cluster: hop.Cluster}, p.ID, r.ID), peering.RouteNotFound)
	wantEvents(t, told())
}

// silent is a store whose changes are made, but not answered.
type silent struct{ peering.Store }

func (s silent) Update(
	ctx context.Context, id peering.ID, limits peering.Quotas, change func(peering.Peering) (peering.Peering, error),
) (peering.Peering, error) {
	if _, err := s.Store.Update(ctx, id, limits, change); err != nil {
		return peering.Peering{}, err
	}
	return peering.Peering{}, peering.Errorf(peering.Unavailable, "no answer")
}

func TestChangeOfUnknownOutcomeIsTold(t *testing.T) {
	w := newWorld(t)
	p := w.pending(t)
	var events []peering.Event
	watched := peering.Audit(silent{store}, func(_ context.Context, e peering.Event) { events = append(events, e) })
	service := peering.NewService(watched, peering.DefaultRules(), func() time.Time { return w.now }, newID)
	_, err := service.Accept(t.Context(), w.accepter.Tenant, p.ID)
	wantCode(t, err, peering.Unavailable)
	wantEvents(t, events, peering.Event{
		Action: peering.Accept, Peering: p.ID, From: peering.PendingAcceptance, To: peering.Active, OutcomeUnknown: true,
	})
}
