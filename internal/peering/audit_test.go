package peering_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/peering/peering/internal/peering"
)

// audit replaces the service of the environment by one with an audited store.
// The returned function returns the events since its last call.
func (env *environment) audit() (takeEvents func() []peering.Event) {
	var events []peering.Event
	audited := peering.Audit(store, func(_ context.Context, e peering.Event) { events = append(events, e) })
	env.Service = peering.NewService(audited, peering.DefaultRules(), func() time.Time { return env.now }, newID)
	return func() []peering.Event {
		taken := events
		events = nil
		return taken
	}
}

func wantEvents(t *testing.T, got []peering.Event, want ...peering.Event) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got events %+v, want %+v", got, want)
	}
}

func TestAuditRecordsPeeringChanges(t *testing.T) {
	const (
		pending  = peering.PendingAcceptance
		active   = peering.Active
		rejected = peering.Rejected
		expired  = peering.Expired
		deleted  = peering.Deleted
	)
	env := newEnvironment(t)
	takeEvents := env.audit()
	name := "renamed"
	rename := func(id peering.ID) error {
		_, err := env.Rename(t.Context(), env.requester.Tenant, id, peering.Change{Name: &name})
		return err
	}
	accept := func(id peering.ID) error {
		_, err := env.Accept(t.Context(), env.accepter.Tenant, id)
		return err
	}
	reject := func(id peering.ID) error {
		_, err := env.Reject(t.Context(), env.accepter.Tenant, id)
		return err
	}
	remove := func(id peering.ID) error {
		return env.Delete(t.Context(), peering.Scope{Tenant: env.accepter.Tenant}, id)
	}
	passLifetime := func(peering.ID) error {
		env.now = env.now.Add(peering.DefaultRules().Lifetime)
		return nil
	}
	type step struct {
		name   string
		act    func(peering.ID) error
		action peering.Action // empty if nothing changes
		from   peering.Status
		to     peering.Status
	}
	for _, lifecycle := range [][]step{
		{
			{"rename", rename, peering.Rename, pending, pending},
			{"rename to the same name", rename, "", "", ""},
			{"accept", accept, peering.Accept, pending, active},
			{"accept again", accept, "", "", ""},
			{"reject active", reject, "", "", ""},
			{"delete", remove, peering.Delete, active, deleted},
			{"delete again", remove, "", "", ""},
		},
		{
			{"reject", reject, peering.Reject, pending, rejected},
			{"reject again", reject, "", "", ""},
			{"delete", remove, peering.Delete, rejected, deleted},
		},
		{
			{"expire", passLifetime, "", "", ""},
			{"accept expired", accept, "", "", ""},
			{"delete", remove, peering.Delete, expired, deleted},
		},
	} {
		p := env.pending(t)
		wantEvents(t, takeEvents(), peering.Event{Action: peering.Create, Peering: p.ID, To: pending})
		for _, s := range lifecycle {
			t.Run(s.name, func(t *testing.T) {
				_ = s.act(p.ID) // may fail; then no event is recorded
				var want []peering.Event
				if s.action != "" {
					want = []peering.Event{{Action: s.action, Peering: p.ID, From: s.from, To: s.to}}
				}
				wantEvents(t, takeEvents(), want...)
			})
		}
	}
}

func TestAuditRecordsActiveStatusOfPeeringWithinTenant(t *testing.T) {
	env := newEnvironment(t)
	takeEvents := env.audit()
	p, err := env.Create(
		t.Context(), env.requester.Tenant, peering.Peering{Requester: env.requester, Accepter: peering.VPC{ID: newID()}},
	)
	wantCode(t, err, "")
	wantEvents(t, takeEvents(), peering.Event{Action: peering.Create, Peering: p.ID, To: peering.Active})
}

func TestAuditRecordsExpiry(t *testing.T) {
	env := newEnvironment(t)
	takeEvents := env.audit()
	p := env.clusterPending(t)
	takeEvents()
	env.now = p.ExpiresAt
	_, err := env.ExpireDue(t.Context())
	wantCode(t, err, "")
	// Peerings of other tests may expire as well.
	own := slices.DeleteFunc(takeEvents(), func(e peering.Event) bool { return e.Peering != p.ID })
	wantEvents(t, own, peering.Event{
		Action: peering.Expire, By: peering.ByExpiry, Peering: p.ID, Cluster: env.cluster.ClusterRef,
		From: peering.PendingAcceptance, To: peering.Expired,
	})
}

func TestAuditRecordsClusterChanges(t *testing.T) {
	env := newEnvironment(t)
	takeEvents := env.audit()
	idem := peering.Idempotency{Project: env.stranger, Key: "k", Request: "r"}
	request := peering.Cluster{
		ClusterRef: peering.ClusterRef{Project: env.stranger}, Name: "n", VPC: peering.VPC{Tenant: env.requester.Tenant},
	}
	c, _, err := env.CreateCluster(t.Context(), request, idem)
	wantCode(t, err, "")
	wantEvents(t, takeEvents(), peering.Event{Action: peering.Create, Cluster: c.ClusterRef})
	_, replayed, err := env.CreateCluster(t.Context(), request, idem)
	if wantCode(t, err, ""); !replayed {
		t.Error("the second creation was not replayed")
	}
	wantEvents(t, takeEvents())

	change := peering.ClusterChange{Name: "m"}
	wantCode(t, env.UpdateCluster(t.Context(), c.ClusterRef, change), "")
	wantEvents(t, takeEvents(), peering.Event{Action: peering.Update, Cluster: c.ClusterRef})
	wantCode(t, env.UpdateCluster(t.Context(), c.ClusterRef, change), "")
	wantEvents(t, takeEvents())

	wantCode(t, env.DeleteCluster(t.Context(), c.ClusterRef), "")
	wantEvents(t, takeEvents(), peering.Event{Action: peering.Delete, Cluster: c.ClusterRef})
	wantCode(t, env.DeleteCluster(t.Context(), c.ClusterRef), peering.ClusterNotFound)
	wantEvents(t, takeEvents())

	listed := newCluster(env.stranger)
	for _, want := range []peering.Action{peering.Create, "", peering.Update} {
		if want == peering.Update {
			listed.Name = "renamed"
		}
		wantCode(t, env.EnsureClusters(t.Context(), []peering.Cluster{listed}), "")
		if want == "" {
			wantEvents(t, takeEvents())
		} else {
			wantEvents(t, takeEvents(), peering.Event{Action: want, By: peering.ByInventory, Cluster: listed.ClusterRef})
		}
	}
}

func TestAuditRecordsRouteChanges(t *testing.T) {
	env := newEnvironment(t)
	p := env.clusterPending(t)
	_, err := env.Accept(t.Context(), env.accepter.Tenant, p.ID)
	wantCode(t, err, "")
	takeEvents := env.audit()
	ref := peering.PeeringRef{Cluster: env.cluster.ClusterRef, Peering: p.ID}
	idem := peering.Idempotency{Project: env.cluster.Project, Key: "k", Request: "r"}
	r, _, err := env.CreateRoute(t.Context(), ref, "192.168.0.0/16", idem)
	wantCode(t, err, "")
	wantEvents(t, takeEvents(), peering.Event{Action: peering.Create, Peering: p.ID, Route: r.ID, Cluster: ref.Cluster})
	_, _, err = env.CreateRoute(t.Context(), ref, "192.168.0.0/16", idem)
	wantCode(t, err, "")
	_, _, err = env.CreateRoute(t.Context(), ref, "192.168.0.0/16", peering.Idempotency{})
	wantCode(t, err, peering.RouteExists)
	wantEvents(t, takeEvents())
	wantCode(t, env.DeleteRoute(t.Context(), peering.Scope{Cluster: ref.Cluster}, p.ID, r.ID), "")
	wantEvents(t, takeEvents(), peering.Event{Action: peering.Delete, Peering: p.ID, Route: r.ID})
	wantCode(t, env.DeleteRoute(t.Context(), peering.Scope{Cluster: ref.Cluster}, p.ID, r.ID), peering.RouteNotFound)
	wantEvents(t, takeEvents())
}

// unresponsiveStore makes updates and then returns an error of code Unavailable.
type unresponsiveStore struct{ peering.Store }

func (s unresponsiveStore) Update(
	ctx context.Context, id peering.ID, quotas peering.Quotas, change func(peering.Peering) (peering.Peering, error),
) (peering.Peering, error) {
	if _, err := s.Store.Update(ctx, id, quotas, change); err != nil {
		return peering.Peering{}, err
	}
	return peering.Peering{}, peering.Errorf(peering.Unavailable, "no response")
}

func TestAuditRecordsUnknownOutcome(t *testing.T) {
	env := newEnvironment(t)
	p := env.pending(t)
	var events []peering.Event
	audited := peering.Audit(unresponsiveStore{store}, func(_ context.Context, e peering.Event) {
		events = append(events, e)
	})
	service := peering.NewService(audited, peering.DefaultRules(), func() time.Time { return env.now }, newID)
	_, err := service.Accept(t.Context(), env.accepter.Tenant, p.ID)
	wantCode(t, err, peering.Unavailable)
	wantEvents(t, events, peering.Event{
		Action: peering.Accept, Peering: p.ID, From: peering.PendingAcceptance, To: peering.Active, OutcomeUnknown: true,
	})
}
