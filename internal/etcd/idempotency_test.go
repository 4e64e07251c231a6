package etcd_test

import (
	"strconv"
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/peering"
)

func newIdempotency() peering.Idempotency {
	return peering.Idempotency{Project: newID(), Key: "key", Request: "request"}
}

// createIdempotent creates a peering with an idempotency key.
func createIdempotent(t *testing.T, store *etcd.Store, p peering.Peering, idem peering.Idempotency) (peering.Peering, bool) {
	t.Helper()
	created, replayed, err := store.Create(t.Context(), p, idem, unlimited)
	wantCode(t, err, "")
	return created, replayed
}

func TestCreateReplaysTheKey(t *testing.T) {
	store, idem := newStore(t), newIdempotency()
	p := newPeering(newVPC(), newVPC())
	if _, replayed := createIdempotent(t, store, p, idem); replayed {
		t.Error("the first creation is a replay")
	}
	wantCode(t, apply(t, store, peering.Delete, p.ID), "")
	again := newPeering(p.Requester, p.Accepter)
	if got, replayed := createIdempotent(t, store, again, idem); !replayed || got != p {
		t.Errorf("returned %+v, replayed %t; want %+v, replayed", got, replayed, p)
	}
	other := idem
	other.Request = "another"
	_, _, err := store.Create(t.Context(), again, other, unlimited)
	wantCode(t, err, peering.KeyReused)
	other = idem
	other.Project = newID()
	if got, replayed := createIdempotent(t, store, again, other); replayed || got != again {
		t.Errorf("key of another project: returned %+v, replayed %t; want %+v, not replayed", got, replayed, again)
	}
	wantConsistent(t, store)
}

func TestFailedCreateDoesNotUseTheKey(t *testing.T) {
	store, idem := newStore(t), newIdempotency()
	p := create(t, store, newPeering(newVPC(), newVPC()))
	again := newPeering(p.Requester, p.Accepter)
	_, _, err := store.Create(t.Context(), again, idem, unlimited)
	wantCode(t, err, peering.AlreadyPeered)
	wantCode(t, apply(t, store, peering.Delete, p.ID), "")
	if _, replayed := createIdempotent(t, store, again, idem); replayed {
		t.Error("a failed creation is replayed")
	}
}

// TestConcurrentCreatesWithOneKey sends one request many times at once.
func TestConcurrentCreatesWithOneKey(t *testing.T) {
	store, idem, a, b := newStore(t), newIdempotency(), newVPC(), newVPC()
	const attempts = 50
	ids, replays := make([]peering.ID, attempts), make([]bool, attempts)
	for _, err := range concurrently(attempts, func(i int) error {
		p, replayed, err := store.Create(t.Context(), newPeering(a, b), idem, unlimited)
		ids[i], replays[i] = p.ID, replayed
		return err
	}) {
		wantCode(t, err, "")
	}
	created := 0
	for i, id := range ids {
		if !replays[i] {
			created++
		}
		if id != ids[0] {
			t.Errorf("returned %s and %s, want one peering", ids[0], id)
		}
	}
	if created != 1 {
		t.Errorf("%d calls created a peering, want 1", created)
	}
	wantConsistent(t, store)
}

func TestCreateRouteAndCreateClusterReplayTheKey(t *testing.T) {
	store := newStore(t)
	putCluster(t, store, routeCluster)
	p := create(t, store, newPeering(newVPC(), newVPC()))
	ref, idem := peering.PeeringRef{Cluster: routeCluster.ClusterRef, Peering: p.ID}, newIdempotency()
	var first peering.Route
	for i := range 2 {
		got, replayed, err := store.CreateRoute(t.Context(), ref, idem,
			func(_ peering.Cluster, p peering.Peering) (peering.Route, error) { return routeTo("10.0.0.0/8")(p) })
		wantCode(t, err, "")
		if i == 0 {
			first = got
			wantCode(t, store.DeleteRoute(t.Context(), p.ID, got.ID), "")
		}
		if replayed != (i == 1) || got != first {
			t.Errorf("call %d returned %+v, replayed %t; want %+v", i, got, replayed, first)
		}
	}
	idem.Key = "cluster"
	var cluster peering.Cluster
	for i := range 2 {
		got, replayed, err := store.CreateCluster(t.Context(), newCluster(), idem)
		wantCode(t, err, "")
		if i == 0 {
			cluster = got
		}
		if replayed != (i == 1) || got != cluster {
			t.Errorf("call %d returned %+v, replayed %t; want %+v", i, got, replayed, cluster)
		}
	}
	wantConsistent(t, store)
}

func TestKeysShareALeaseOfADay(t *testing.T) {
	t.Parallel()
	store := newEmbedded(t) // which has no other leases
	for i := range 3 {
		idem := newIdempotency()
		idem.Key = strconv.Itoa(i)
		createIdempotent(t, store, newPeering(newVPC(), newVPC()), idem)
	}
	leases := allLeases(t, store)
	if len(leases) != 1 || leases[0].TTL < 24*60*60 {
		t.Errorf("leases are %+v, want one of at least 24 hours", leases)
	}
	// A lease that no longer exists is replaced.
	if _, err := store.Client().Revoke(t.Context(), leases[0].ID); err != nil {
		t.Fatal(err)
	}
	createIdempotent(t, store, newPeering(newVPC(), newVPC()), newIdempotency())
	wantConsistent(t, store)
}

func allLeases(t *testing.T, store *etcd.Store) []*clientv3.LeaseTimeToLiveResponse {
	t.Helper()
	all, err := store.Client().Leases(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	leases := make([]*clientv3.LeaseTimeToLiveResponse, len(all.Leases))
	for i, l := range all.Leases {
		if leases[i], err = store.Client().TimeToLive(t.Context(), l.ID); err != nil {
			t.Fatal(err)
		}
	}
	return leases
}
