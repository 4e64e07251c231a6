package etcd_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/peering"
)

// routeCluster is the cluster of all routes. The store does not check whether the
// peerings are its own.
var routeCluster = newCluster()

func tryCreateRoute(
	ctx context.Context, store *etcd.Store, id peering.ID, newRoute func(peering.Peering) (peering.Route, error),
) (peering.Route, error) {
	created, _, err := store.CreateRoute(ctx, peering.PeeringRef{Cluster: routeCluster.ClusterRef, Peering: id}, peering.Idempotency{},
		func(_ peering.Cluster, p peering.Peering) (peering.Route, error) { return newRoute(p) })
	return created, err
}

// routeTo returns a function that makes a route to the destination over any
// peering.
func routeTo(destination string) func(peering.Peering) (peering.Route, error) {
	id := newID()
	return func(p peering.Peering) (peering.Route, error) {
		return peering.Route{ID: id, Peering: p.ID, VPC: p.Requester, Destination: destination}, nil
	}
}

// routeIfActive is routeTo, except that the function returns WrongStatus unless
// the peering is ACTIVE.
func routeIfActive(destination string) func(peering.Peering) (peering.Route, error) {
	newRoute := routeTo(destination)
	return func(p peering.Peering) (peering.Route, error) {
		if p.Status != peering.Active {
			return peering.Route{}, peering.Errorf(peering.WrongStatus, "not active")
		}
		return newRoute(p)
	}
}

func createRoute(t *testing.T, store *etcd.Store, id peering.ID, destination string) peering.Route {
	t.Helper()
	r, err := tryCreateRoute(t.Context(), store, id, routeTo(destination))
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
	store := newStore(t)
	putCluster(t, store, routeCluster)
	p, other := create(t, store, newPeering(newVPC(), newVPC())), create(t, store, newPeering(newVPC(), newVPC()))
	wantRoutes(t, store, p.ID)
	wide, narrow := createRoute(t, store, p.ID, "192.168.0.0/16"), createRoute(t, store, p.ID, "10.0.0.0/8")
	elsewhere := createRoute(t, store, other.ID, "10.0.0.0/8")
	wantRoutes(t, store, p.ID, wide, narrow)

	_, err := tryCreateRoute(t.Context(), store, p.ID, routeTo("10.0.0.0/8"))
	wantCode(t, err, peering.RouteExists)
	wantCode(t, store.DeleteRoute(t.Context(), p.ID, elsewhere.ID), peering.RouteNotFound)
	wantCode(t, store.DeleteRoute(t.Context(), p.ID, narrow.ID), "")
	wantCode(t, store.DeleteRoute(t.Context(), p.ID, narrow.ID), peering.RouteNotFound)
	wantRoutes(t, store, p.ID, wide)
	wantRoutes(t, store, other.ID, elsewhere)
	wantConsistent(t, store)

	wantCode(t, apply(t, store, peering.Delete, p.ID), "")
	wantRoutes(t, store, p.ID)
	wantRoutes(t, store, other.ID, elsewhere)
	wantConsistent(t, store)
}

func TestCreateRouteOverUnknownPeering(t *testing.T) {
	store := newStore(t)
	putCluster(t, store, routeCluster)
	before := dumpKeys(t, store)
	_, err := tryCreateRoute(t.Context(), store, newID(), routeTo("10.0.0.0/8"))
	wantCode(t, err, peering.NotFound)
	wantKeys(t, store, before)
}

func TestCreateRouteReturnsTheErrorOfNewRoute(t *testing.T) {
	store := newStore(t)
	putCluster(t, store, routeCluster)
	p := create(t, store, newPeering(newVPC(), newVPC()))
	before, refusal := dumpKeys(t, store), errors.New("refused")
	_, err := tryCreateRoute(t.Context(), store, p.ID, func(peering.Peering) (peering.Route, error) { return peering.Route{}, refusal })
	if !errors.Is(err, refusal) {
		t.Errorf("error is %v, want %v", err, refusal)
	}
	wantKeys(t, store, before)
}

// TestCreateRouteConflict makes a change between the read of the peering and the
// transaction.
func TestCreateRouteConflict(t *testing.T) {
	for _, tt := range []struct {
		name     string
		status   peering.Status
		conflict func(*testing.T, *etcd.Store, peering.Peering)
		want     peering.Code
		routes   int
	}{
		{"delete of the peering: not found", peering.Active, func(t *testing.T, store *etcd.Store, p peering.Peering) {
			t.Helper()
			wantCode(t, apply(t, store, peering.Delete, p.ID), "")
		}, peering.NotFound, 0},
		{"accept: evaluated again", peering.PendingAcceptance, func(t *testing.T, store *etcd.Store, p peering.Peering) {
			t.Helper()
			wantCode(t, apply(t, store, peering.Accept, p.ID), "")
		}, peering.WrongStatus, 0},
		{"rename: succeeds", peering.Active, func(t *testing.T, store *etcd.Store, p peering.Peering) {
			t.Helper()
			_, err := store.Update(t.Context(), p.ID, unlimited, rename)
			wantCode(t, err, "")
		}, "", 1},
		{"same route: exists", peering.Active, func(t *testing.T, store *etcd.Store, p peering.Peering) {
			t.Helper()
			createRoute(t, store, p.ID, "10.0.0.0/8")
		}, peering.RouteExists, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			store := newStore(t)
			putCluster(t, store, routeCluster)
			p := newPeering(newVPC(), newVPC())
			p.Status = tt.status
			create(t, store, p)
			intercepted := store.Intercepted(func(n int) {
				if n == 2 {
					tt.conflict(t, store, p)
				}
			})
			_, err := tryCreateRoute(t.Context(), intercepted, p.ID, routeIfActive("10.0.0.0/8"))
			wantCode(t, err, tt.want)
			found, err := store.Routes(t.Context(), p.ID)
			if err != nil || len(found) != tt.routes {
				t.Errorf("routes are %+v, %v; want %d", found, err, tt.routes)
			}
			wantConsistent(t, store)
		})
	}
}

func TestDeleteRouteKeepsItsReplacement(t *testing.T) {
	store := newStore(t)
	putCluster(t, store, routeCluster)
	p := create(t, store, newPeering(newVPC(), newVPC()))
	old := createRoute(t, store, p.ID, "10.0.0.0/8")
	var replacement peering.Route
	intercepted := store.Intercepted(func(n int) {
		if n == 2 {
			wantCode(t, store.DeleteRoute(t.Context(), p.ID, old.ID), "")
			replacement = createRoute(t, store, p.ID, "10.0.0.0/8")
		}
	})
	wantCode(t, intercepted.DeleteRoute(t.Context(), p.ID, old.ID), peering.RouteNotFound)
	wantRoutes(t, store, p.ID, replacement)
}

func TestConcurrentCreatesOfOneRoute(t *testing.T) {
	const attempts = 20
	store := newStore(t)
	putCluster(t, store, routeCluster)
	p := create(t, store, newPeering(newVPC(), newVPC()))
	wantOneSuccess(t, concurrently(attempts, func(int) error {
		_, err := tryCreateRoute(t.Context(), store, p.ID, routeTo("10.0.0.0/8"))
		return err
	}), peering.RouteExists)
	wantConsistent(t, store)
}
