package etcd_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/peering"
)

// routed is a cluster from which the routes lead; the store does not mind whose the peerings are.
var routed = newCluster()

func tryRoute(
	ctx context.Context, store *etcd.Store, id peering.ID, create func(peering.Peering) (peering.Route, error),
) (peering.Route, error) {
	made, _, err := store.CreateRoute(ctx, peering.PeeringRef{Cluster: routed.ClusterRef, Peering: id}, peering.Idempotency{},
		func(_ peering.Cluster, p peering.Peering) (peering.Route, error) { return create(p) })
	return made, err
}

// routeTo makes a route to the destination over whatever peering it is given.
func routeTo(destination string) func(peering.Peering) (peering.Route, error) {
	id := newID()
	return func(p peering.Peering) (peering.Route, error) {
		return peering.Route{ID: id, Peering: p.ID, VPC: p.Requester, Destination: destination}, nil
	}
}

// whileActive is routeTo for a peering that is ACTIVE, and WrongStatus for another one.
func whileActive(destination string) func(peering.Peering) (peering.Route, error) {
	made := routeTo(destination)
	return func(p peering.Peering) (peering.Route, error) {
		if p.Status != peering.Active {
			return peering.Route{}, peering.Errorf(peering.WrongStatus, "not active")
		}
		return made(p)
	}
}

func createRoute(t *testing.T, store *etcd.Store, id peering.ID, destination string) peering.Route {
	t.Helper()
	r, err := tryRoute(t.Context(), store, id, routeTo(destination))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func wantRoutes(t *testing.T, store *etcd.Store, id peering.ID, want ...peering.Route) {
	t.Helper()
	got, err := store.Routes(t.Context(), id)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("routes are %+v, %v; want %+v", got, err, want)
	}
}

func TestRoutesOfAPeering(t *testing.T) {
	store := open(t)
	put(t, store, routed)
	p, other := create(t, store, newPeering(newVPC(), newVPC())), create(t, store, newPeering(newVPC(), newVPC()))
	wantRoutes(t, store, p.ID)
	wide, narrow := createRoute(t, store, p.ID, "192.168.0.0/16"), createRoute(t, store, p.ID, "10.0.0.0/8")
	elsewhere := createRoute(t, store, other.ID, "10.0.0.0/8")
	wantRoutes(t, store, p.ID, wide, narrow)

	_, err := tryRoute(t.Context(), store, p.ID, routeTo("10.0.0.0/8"))
	wantCode(t, err, peering.RouteExists)
	wantCode(t, store.DeleteRoute(t.Context(), p.ID, elsewhere.ID), peering.RouteNotFound)
	wantCode(t, store.DeleteRoute(t.Context(), p.ID, narrow.ID), "")
	wantCode(t, store.DeleteRoute(t.Context(), p.ID, narrow.ID), peering.RouteNotFound)
	wantRoutes(t, store, p.ID, wide)
	wantRoutes(t, store, other.ID, elsewhere)
	invariants(t, store)

	wantCode(t, act(t, store, peering.Delete, p.ID), "")
	wantRoutes(t, store, p.ID)
	wantRoutes(t, store, other.ID, elsewhere)
	invariants(t, store)
}

func TestRouteOverNoPeering(t *testing.T) {
	store := open(t)
	put(t, store, routed)
	before := dump(t, store)
	_, err := tryRoute(t.Context(), store, newID(), routeTo("10.0.0.0/8"))
	wantCode(t, err, peering.NotFound)
	wantDump(t, store, before)
}

func TestRouteThatItsMakerRefuses(t *testing.T) {
	store := open(t)
	put(t, store, routed)
	p := create(t, store, newPeering(newVPC(), newVPC()))
	before, refusal := dump(t, store), errors.New("refused")
	_, err := tryRoute(t.Context(), store, p.ID, func(peering.Peering) (peering.Route, error) { return peering.Route{}, refusal })
	if !errors.Is(err, refusal) {
		t.Errorf("answered %v", err)
	}
	wantDump(t, store, before)
}

// TestRouteInterrupted has another action take effect between the read of the peering and the transaction.
func TestRouteInterrupted(t *testing.T) {
	for _, tt := range []struct {
		name      string
		status    peering.Status
		interrupt func(*testing.T, *etcd.Store, peering.Peering)
		want      peering.Code
		routes    int
	}{
		{"by a delete of the peering", peering.Active, func(t *testing.T, store *etcd.Store, p peering.Peering) {
			t.Helper()
			wantCode(t, act(t, store, peering.Delete, p.ID), "")
		}, peering.NotFound, 0},
		{"by an accept", peering.PendingAcceptance, func(t *testing.T, store *etcd.Store, p peering.Peering) {
			t.Helper()
			wantCode(t, act(t, store, peering.Accept, p.ID), "")
		}, peering.WrongStatus, 0},
		{"by a rename", peering.Active, func(t *testing.T, store *etcd.Store, p peering.Peering) {
			t.Helper()
			_, err := store.Update(t.Context(), p.ID, limits, renamed)
			wantCode(t, err, "")
		}, "", 1},
		{"by the same route", peering.Active, func(t *testing.T, store *etcd.Store, p peering.Peering) {
			t.Helper()
			createRoute(t, store, p.ID, "10.0.0.0/8")
		}, peering.RouteExists, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			store := open(t)
			put(t, store, routed)
			p := newPeering(newVPC(), newVPC())
			p.Status = tt.status
			create(t, store, p)
			interrupted := store.Interrupted(func(n int) {
				if n == 2 {
					tt.interrupt(t, store, p)
				}
			})
			_, err := tryRoute(t.Context(), interrupted, p.ID, whileActive("10.0.0.0/8"))
			wantCode(t, err, tt.want)
			found, err := store.Routes(t.Context(), p.ID)
			if err != nil || len(found) != tt.routes {
				t.Errorf("routes are %+v, %v; want %d", found, err, tt.routes)
			}
			invariants(t, store)
		})
	}
}

func TestRouteReplacedWhileItIsDeleted(t *testing.T) {
	store := open(t)
	put(t, store, routed)
	p := create(t, store, newPeering(newVPC(), newVPC()))
	old := createRoute(t, store, p.ID, "10.0.0.0/8")
	var young peering.Route
	interrupted := store.Interrupted(func(n int) {
		if n == 2 {
			wantCode(t, store.DeleteRoute(t.Context(), p.ID, old.ID), "")
			young = createRoute(t, store, p.ID, "10.0.0.0/8")
		}
	})
	wantCode(t, interrupted.DeleteRoute(t.Context(), p.ID, old.ID), peering.RouteNotFound)
	wantRoutes(t, store, p.ID, young)
}

func TestOneOfManyEqualRoutesIsMade(t *testing.T) {
	const attempts = 20
	store := open(t)
	put(t, store, routed)
	p := create(t, store, newPeering(newVPC(), newVPC()))
	codes := make([]peering.Code, attempts)
	var wg sync.WaitGroup
	for i := range attempts {
		wg.Go(func() {
			if _, err := tryRoute(t.Context(), store, p.ID, routeTo("10.0.0.0/8")); err != nil {
				codes[i] = peering.CodeOf(err)
			}
		})
	}
	wg.Wait()
	slices.Sort(codes)
	if codes[0] != "" || codes[1] != peering.RouteExists || codes[attempts-1] != peering.RouteExists {
		t.Errorf("answered %q", codes)
	}
	invariants(t, store)
}
