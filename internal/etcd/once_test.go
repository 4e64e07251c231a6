package etcd_test

import (
	"strconv"
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/peering"
)

func newOnce() peering.Idempotency {
	return peering.Idempotency{Project: newID(), Key: "key", Request: "request"}
}

func createOnce(t *testing.T, store *etcd.Store, p peering.Peering, once peering.Idempotency) (peering.Peering, bool) {
	t.Helper()
	made, replayed, err := store.Create(t.Context(), p, once, limits)
	wantCode(t, err, "")
	return made, replayed
}

func TestKeyIsAnsweredWhatItMadeFirst(t *testing.T) {
	store, once := open(t), newOnce()
	p := newPeering(newVPC(), newVPC())
	if _, replayed := createOnce(t, store, p, once); replayed {
		t.Error("the first one is a replay")
	}
	wantCode(t, act(t, store, peering.Delete, p.ID), "")
	again := newPeering(p.Requester, p.Accepter)
	if made, replayed := createOnce(t, store, again, once); !replayed || made != p {
		t.Errorf("made %+v, replayed %t; want %+v", made, replayed, p)
	}
	other := once
	other.Request = "another"
	_, _, err := store.Create(t.Context(), again, other, limits)
	wantCode(t, err, peering.KeyReused)
	other = once
	other.Project = newID()
	if made, replayed := createOnce(t, store, again, other); replayed || made != again {
		t.Errorf("the key of another project: made %+v, replayed %t", made, replayed)
	}
	invariants(t, store)
}

func TestRefusedCreationKeepsNoKey(t *testing.T) {
	store, once := open(t), newOnce()
	p := create(t, store, newPeering(newVPC(), newVPC()))
	again := newPeering(p.Requester, p.Accepter)
	_, _, err := store.Create(t.Context(), again, once, limits)
	wantCode(t, err, peering.AlreadyPeered)
	wantCode(t, act(t, store, peering.Delete, p.ID), "")
	if _, replayed := createOnce(t, store, again, once); replayed {
		t.Error("what was refused is replayed")
	}
}

// TestKeyRaced has many retries of one request at a time.
func TestKeyRaced(t *testing.T) {
	store, once, a, b := open(t), newOnce(), newVPC(), newVPC()
	const attempts = 50
	made, first := make([]peering.ID, attempts), 0
	for i, err := range race(attempts, func(i int) error {
		p, replayed, err := store.Create(t.Context(), newPeering(a, b), once, limits)
		if made[i] = p.ID; !replayed {
			made[i] += "!"
		}
		return err
	}) {
		wantCode(t, err, "")
		if made[i][len(made[i])-1] == '!' {
			first++
			made[i] = made[i][:len(made[i])-1]
		}
		if made[i] != made[0] {
			t.Errorf("answered %s and %s", made[0], made[i])
		}
	}
	if first != 1 {
		t.Errorf("%d answers are no replays, want 1", first)
	}
	invariants(t, store)
}

func TestKeyOfARouteAndOfACluster(t *testing.T) {
	store := open(t)
	put(t, store, routed)
	p := create(t, store, newPeering(newVPC(), newVPC()))
	hop, once := peering.PeeringRef{Cluster: routed.ClusterRef, Peering: p.ID}, newOnce()
	var first peering.Route
	for i := range 2 {
		made, replayed, err := store.CreateRoute(t.Context(), hop, once,
			func(_ peering.Cluster, p peering.Peering) (peering.Route, error) { return routeTo("10.0.0.0/8")(p) })
		wantCode(t, err, "")
		if i == 0 {
			first = made
			wantCode(t, store.DeleteRoute(t.Context(), p.ID, made.ID), "")
		}
		if replayed != (i == 1) || made != first {
			t.Errorf("route %d: %+v, replayed %t", i, made, replayed)
		}
	}
	once.Key = "cluster"
	var cluster peering.Cluster
	for i := range 2 {
		made, replayed, err := store.CreateCluster(t.Context(), newCluster(), once)
		wantCode(t, err, "")
		if i == 0 {
			cluster = made
		}
		if replayed != (i == 1) || made != cluster {
			t.Errorf("cluster %d: %+v, replayed %t", i, made, replayed)
		}
	}
	invariants(t, store)
}

func TestKeysShareALeaseOfADay(t *testing.T) {
	store := open(t)
	for i := range 3 {
		once := newOnce()
		once.Key = strconv.Itoa(i)
		createOnce(t, store, newPeering(newVPC(), newVPC()), once)
	}
	leases := leasesOf(t, store)
	if len(leases) != 1 || leases[0].TTL < 24*60*60 {
		t.Errorf("leases are %+v", leases)
	}
	// A lease that is gone is replaced.
	if _, err := store.Client().Revoke(t.Context(), leases[0].ID); err != nil {
		t.Fatal(err)
	}
	createOnce(t, store, newPeering(newVPC(), newVPC()), newOnce())
	invariants(t, store)
}

func leasesOf(t *testing.T, store *etcd.Store) []*clientv3.LeaseTimeToLiveResponse {
	t.Helper()
	all, err := store.Client().Leases(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := make([]*clientv3.LeaseTimeToLiveResponse, len(all.Leases))
	for i, l := range all.Leases {
		if found[i], err = store.Client().TimeToLive(t.Context(), l.ID); err != nil {
			t.Fatal(err)
		}
	}
	return found
}
