package etcd_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/peering"
)

func TestCreateIsReadBack(t *testing.T) {
	store := open(t)
	cluster := put(t, store, newCluster())
	plain := newPeering(newVPC(), newVPC())
	full := newPeering(cluster.VPC, newVPC())
	full.Cluster, full.Description = cluster.ClusterRef, "of the shop"
	for name, p := range map[string]peering.Peering{"of tenants": plain, "of a cluster": full} {
		t.Run(name, func(t *testing.T) {
			create(t, store, p)
			if got := get(t, store, p.ID); got != p {
				t.Errorf("got %+v, want %+v", got, p)
			}
		})
	}
	invariants(t, store)
}

func TestCreateForUnknownClusterLeavesNothing(t *testing.T) {
	store := open(t)
	put(t, store, newCluster())
	before := dump(t, store)
	p := newPeering(newVPC(), newVPC())
	p.Cluster = newCluster().ClusterRef
	wantCode(t, tryCreate(t.Context(), store, p), peering.ClusterNotFound)
	wantDump(t, store, before)
}

func TestCreateOfAPairThatIsTakenLeavesNothing(t *testing.T) {
	store := open(t)
	for _, action := range []peering.Action{"", peering.Accept} {
		t.Run("after "+string(action), func(t *testing.T) {
			p := create(t, store, newPeering(newVPC(), newVPC()))
			if action != "" {
				wantCode(t, act(t, store, action, p.ID), "")
			}
			before := dump(t, store)
			err := tryCreate(t.Context(), store, newPeering(p.Accepter, p.Requester))
			wantCode(t, err, peering.AlreadyPeered)
			if e, ok := errors.AsType[*peering.Error](err); !ok || !strings.Contains(e.Message, string(p.ID)) {
				t.Errorf("the message does not name %s: %v", p.ID, err)
			}
			wantDump(t, store, before)
		})
	}
}

func TestCreateWithATakenIDLeavesNothing(t *testing.T) {
	store := open(t)
	p := create(t, store, newPeering(newVPC(), newVPC()))
	before := dump(t, store)
	other := newPeering(newVPC(), newVPC())
	other.ID = p.ID
	wantCode(t, tryCreate(t.Context(), store, other), peering.Internal)
	wantDump(t, store, before)
}

// TestCreateRaced has many ask for one pair at once, in both directions.
func TestCreateRaced(t *testing.T) {
	const callers = 50
	store := open(t)
	a, b := newVPC(), newVPC()
	errs := race(callers, func(i int) error {
		if i%2 == 0 {
			return tryCreate(t.Context(), store, newPeering(a, b))
		}
		return tryCreate(t.Context(), store, newPeering(b, a))
	})
	made := 0
	for _, err := range errs {
		if err == nil {
			made++
			continue
		}
		wantCode(t, err, peering.AlreadyPeered)
	}
	if made != 1 {
		t.Errorf("%d peerings of one pair were made, want 1", made)
	}
	invariants(t, store)
}

// race lets n calls go at the same moment and answers what they answer.
func race(n int, call func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var calls sync.WaitGroup
	for i := range n {
		calls.Go(func() {
			<-start
			errs[i] = call(i)
		})
	}
	close(start)
	calls.Wait()
	return errs
}

func TestCreateSettlesTheExpired(t *testing.T) {
	store := open(t)
	old := create(t, store, newPeering(newVPC(), newVPC()))
	young := create(t, store, later(old))
	if got, want := get(t, store, old.ID), old.At(old.ExpiresAt); got != want {
		t.Errorf("the expired one is stored as %+v, want %+v", got, want)
	}
	wantCode(t, act(t, store, peering.Accept, old.ID), peering.WrongStatus)
	invariants(t, store)
	wantCode(t, act(t, store, peering.Delete, old.ID), "")
	invariants(t, store)
	wantCode(t, tryCreate(t.Context(), store, later(old)), peering.AlreadyPeered)
	wantCode(t, act(t, store, peering.Delete, young.ID), "")
	invariants(t, store)
}

func TestCreateTellsWhatItHasSettled(t *testing.T) {
	var told []peering.Peering
	store, err := etcd.Open(t.Context(), etcd.Config{
		DataDir: t.TempDir(), Timeout: time.Minute, OnExpired: func(_ context.Context, p peering.Peering) { told = append(told, p) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { wantCode(t, store.Close(), "") })
	old := create(t, store, newPeering(newVPC(), newVPC()))
	if len(told) > 0 {
		t.Errorf("told %+v", told)
	}
	create(t, store, later(old))
	if want := old.At(old.ExpiresAt); len(told) != 1 || told[0] != want {
		t.Errorf("told %+v, want %+v", told, want)
	}
}

func TestDeleteOfAnExpiredThatIsNotSettledFreesThePair(t *testing.T) {
	store := open(t)
	old := create(t, store, newPeering(newVPC(), newVPC()))
	_, err := store.Update(t.Context(), old.ID, limits, func(p peering.Peering) (peering.Peering, error) {
		return p.Apply(peering.Delete, p.ExpiresAt)
	})
	wantCode(t, err, "")
	wantDump(t, store, map[string]string{})
}

// TestCreateOverExpiredInterrupted has somebody else act after Create has found the pair taken: before it reads by which
// peering, and before the transaction that relies on that. The others' clock is behind, so that for them the peering
// has not expired.
func TestCreateOverExpiredInterrupted(t *testing.T) {
	tests := []struct {
		name      string
		interrupt func(*testing.T, *etcd.Store, peering.Peering)
		want      peering.Code
	}{
		{"by nobody succeeds", func(*testing.T, *etcd.Store, peering.Peering) {}, ""},
		{"by an accept is refused", takes(peering.Accept), peering.AlreadyPeered},
		{"by a reject succeeds", takes(peering.Reject), ""},
		{"by a delete succeeds", takes(peering.Delete), ""},
		{"by a rename succeeds", func(t *testing.T, store *etcd.Store, old peering.Peering) {
			t.Helper()
			_, err := store.Update(t.Context(), old.ID, limits, renamed)
			wantCode(t, err, "")
		}, ""},
		{"by another create is refused", func(t *testing.T, store *etcd.Store, old peering.Peering) {
			t.Helper()
			create(t, store, later(old))
		}, peering.AlreadyPeered},
		{"by a reject and another create is refused", func(t *testing.T, store *etcd.Store, old peering.Peering) {
			t.Helper()
			takes(peering.Reject)(t, store, old)
			create(t, store, later(old))
		}, peering.AlreadyPeered},
		{"by a delete and a create that expires at once succeeds", func(t *testing.T, store *etcd.Store, old peering.Peering) {
			t.Helper()
			takes(peering.Delete)(t, store, old)
			create(t, store, newPeering(old.Requester, old.Accepter))
		}, ""},
	}
	store := open(t)
	for at, before := range map[int]string{3: "the read", 5: "the transaction"} {
		for _, tt := range tests {
			t.Run("before "+before+" "+tt.name, func(t *testing.T) {
				old := create(t, store, newPeering(newVPC(), newVPC()))
				interrupted := store.Interrupted(func(n int) {
					if n == at {
						tt.interrupt(t, store, old)
					}
				})
				young := later(old)
				wantCode(t, tryCreate(t.Context(), interrupted, young), tt.want)
				if tt.want == "" {
					wantStatus(t, store, young.ID, peering.PendingAcceptance)
				}
				invariants(t, store)
			})
		}
	}
}

func takes(action peering.Action) func(*testing.T, *etcd.Store, peering.Peering) {
	return func(t *testing.T, store *etcd.Store, p peering.Peering) {
		t.Helper()
		wantCode(t, act(t, store, action, p.ID), "")
	}
}

// TestCreateOverExpiredRacedByAccept lets both go at once, many times: either the expired peering is accepted by a clock
// that is behind, or it is settled.
func TestCreateOverExpiredRacedByAccept(t *testing.T) {
	store := open(t)
	for range 30 {
		old := create(t, store, newPeering(newVPC(), newVPC()))
		young := later(old)
		errs := race(2, func(i int) error {
			if i == 0 {
				return tryCreate(t.Context(), store, young)
			}
			return act(t, store, peering.Accept, old.ID)
		})
		if errs[0] == nil {
			wantCode(t, errs[1], peering.WrongStatus)
			wantStatus(t, store, old.ID, peering.Expired)
			wantStatus(t, store, young.ID, peering.PendingAcceptance)
			continue
		}
		wantCode(t, errs[0], peering.AlreadyPeered)
		wantCode(t, errs[1], "")
		wantStatus(t, store, old.ID, peering.Active)
	}
	invariants(t, store)
}
