package etcd_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/peering"
)

func TestCreateStoresThePeering(t *testing.T) {
	store := newStore(t)
	cluster := putCluster(t, store, newCluster())
	plain := newPeering(newVPC(), newVPC())
	full := newPeering(cluster.VPC, newVPC())
	full.Cluster, full.Description = cluster.ClusterRef, "of the shop"
	for name, p := range map[string]peering.Peering{"for a tenant": plain, "for a cluster": full} {
		t.Run(name, func(t *testing.T) {
			create(t, store, p)
			if got := get(t, store, p.ID); got != p {
				t.Errorf("got %+v, want %+v", got, p)
			}
		})
	}
	wantConsistent(t, store)
}

func TestCreateForUnknownClusterWritesNothing(t *testing.T) {
	store := newStore(t)
	putCluster(t, store, newCluster())
	before := dumpKeys(t, store)
	p := newPeering(newVPC(), newVPC())
	p.Cluster = newCluster().ClusterRef
	wantCode(t, tryCreate(t.Context(), store, p), peering.ClusterNotFound)
	wantKeys(t, store, before)
}

func TestCreateForPeeredVPCsWritesNothing(t *testing.T) {
	store := newStore(t)
	for _, action := range []peering.Action{"", peering.Accept} {
		t.Run("after "+string(action), func(t *testing.T) {
			p := create(t, store, newPeering(newVPC(), newVPC()))
			if action != "" {
				wantCode(t, apply(t, store, action, p.ID), "")
			}
			before := dumpKeys(t, store)
			err := tryCreate(t.Context(), store, newPeering(p.Accepter, p.Requester))
			wantCode(t, err, peering.AlreadyPeered)
			if e, ok := errors.AsType[*peering.Error](err); !ok || !strings.Contains(e.Message, string(p.ID)) {
				t.Errorf("message does not name %s: %v", p.ID, err)
			}
			wantKeys(t, store, before)
		})
	}
}

func TestCreateWithAnExistingIDWritesNothing(t *testing.T) {
	store := newStore(t)
	p := create(t, store, newPeering(newVPC(), newVPC()))
	before := dumpKeys(t, store)
	other := newPeering(newVPC(), newVPC())
	other.ID = p.ID
	wantCode(t, tryCreate(t.Context(), store, other), peering.Internal)
	wantKeys(t, store, before)
}

// TestConcurrentCreates creates many peerings of one pair at once, in both
// directions.
func TestConcurrentCreates(t *testing.T) {
	const callers = 50
	store := newStore(t)
	a, b := newVPC(), newVPC()
	errs := concurrently(callers, func(i int) error {
		if i%2 == 0 {
			return tryCreate(t.Context(), store, newPeering(a, b))
		}
		return tryCreate(t.Context(), store, newPeering(b, a))
	})
	wantOneSuccess(t, errs, peering.AlreadyPeered)
	wantConsistent(t, store)
}

func TestCreateExpiresTheOldPeering(t *testing.T) {
	store := newStore(t)
	old := create(t, store, newPeering(newVPC(), newVPC()))
	next := create(t, store, afterExpiry(old))
	if got, want := get(t, store, old.ID), old.At(old.ExpiresAt); got != want {
		t.Errorf("the expired peering is stored as %+v, want %+v", got, want)
	}
	wantCode(t, apply(t, store, peering.Accept, old.ID), peering.WrongStatus)
	wantConsistent(t, store)
	wantCode(t, apply(t, store, peering.Delete, old.ID), "")
	wantConsistent(t, store)
	wantCode(t, tryCreate(t.Context(), store, afterExpiry(old)), peering.AlreadyPeered)
	wantCode(t, apply(t, store, peering.Delete, next.ID), "")
	wantConsistent(t, store)
}

func TestCreateCallsOnExpired(t *testing.T) {
	t.Parallel()
	var expired []peering.Peering
	store := openStore(t, etcd.Config{
		DataDir: t.TempDir(), Timeout: time.Minute, OnExpired: func(_ context.Context, p peering.Peering) { expired = append(expired, p) },
	})
	old := create(t, store, newPeering(newVPC(), newVPC()))
	if len(expired) > 0 {
		t.Errorf("OnExpired was called for %+v, want no call", expired)
	}
	create(t, store, afterExpiry(old))
	if want := old.At(old.ExpiresAt); len(expired) != 1 || expired[0] != want {
		t.Errorf("OnExpired was called for %+v, want %+v", expired, want)
	}
}

func TestDeleteOfAnExpiredPeeringFreesThePair(t *testing.T) {
	store := newStore(t)
	old := create(t, store, newPeering(newVPC(), newVPC()))
	_, err := store.Update(t.Context(), old.ID, unlimited, func(p peering.Peering) (peering.Peering, error) {
		return p.Apply(peering.Delete, p.ExpiresAt)
	})
	wantCode(t, err, "")
	wantKeys(t, store, map[string]string{})
}

// TestCreateOverExpiredConflict makes a change after Create has found that the
// pair has a peering: before Create reads that peering, or before the transaction
// that relies on it. The change is made with a clock that is behind, for which
// the peering has not expired.
func TestCreateOverExpiredConflict(t *testing.T) {
	tests := []struct {
		name     string
		conflict func(*testing.T, *etcd.Store, peering.Peering)
		want     peering.Code
	}{
		{"no change: succeeds", func(*testing.T, *etcd.Store, peering.Peering) {}, ""},
		{"accept: fails", conflictWith(peering.Accept), peering.AlreadyPeered},
		{"reject: succeeds", conflictWith(peering.Reject), ""},
		{"delete: succeeds", conflictWith(peering.Delete), ""},
		{"rename: succeeds", func(t *testing.T, store *etcd.Store, old peering.Peering) {
			t.Helper()
			_, err := store.Update(t.Context(), old.ID, unlimited, rename)
			wantCode(t, err, "")
		}, ""},
		{"another create: fails", func(t *testing.T, store *etcd.Store, old peering.Peering) {
			t.Helper()
			create(t, store, afterExpiry(old))
		}, peering.AlreadyPeered},
		{"reject and another create: fails", func(t *testing.T, store *etcd.Store, old peering.Peering) {
			t.Helper()
			conflictWith(peering.Reject)(t, store, old)
			create(t, store, afterExpiry(old))
		}, peering.AlreadyPeered},
		{"delete and a create that has expired: succeeds", func(t *testing.T, store *etcd.Store, old peering.Peering) {
			t.Helper()
			conflictWith(peering.Delete)(t, store, old)
			create(t, store, newPeering(old.Requester, old.Accepter))
		}, ""},
	}
	store := newStore(t)
	for at, before := range map[int]string{3: "read", 5: "transaction"} {
		for _, tt := range tests {
			t.Run("before the "+before+"/"+tt.name, func(t *testing.T) {
				old := create(t, store, newPeering(newVPC(), newVPC()))
				intercepted := store.Intercepted(func(n int) {
					if n == at {
						tt.conflict(t, store, old)
					}
				})
				next := afterExpiry(old)
				wantCode(t, tryCreate(t.Context(), intercepted, next), tt.want)
				if tt.want == "" {
					wantStatus(t, store, next.ID, peering.PendingAcceptance)
				}
				wantConsistent(t, store)
			})
		}
	}
}

func conflictWith(action peering.Action) func(*testing.T, *etcd.Store, peering.Peering) {
	return func(t *testing.T, store *etcd.Store, p peering.Peering) {
		t.Helper()
		wantCode(t, apply(t, store, action, p.ID), "")
	}
}

// TestConcurrentCreateOverExpiredAndAccept does both at once, many times. Either
// the expired peering is accepted, by a clock that is behind, or it is replaced.
func TestConcurrentCreateOverExpiredAndAccept(t *testing.T) {
	store := newStore(t)
	for range 30 {
		old := create(t, store, newPeering(newVPC(), newVPC()))
		next := afterExpiry(old)
		errs := concurrently(2, func(i int) error {
			if i == 0 {
				return tryCreate(t.Context(), store, next)
			}
			return apply(t, store, peering.Accept, old.ID)
		})
		if errs[0] == nil {
			wantCode(t, errs[1], peering.WrongStatus)
			wantStatus(t, store, old.ID, peering.Expired)
			wantStatus(t, store, next.ID, peering.PendingAcceptance)
			continue
		}
		wantCode(t, errs[0], peering.AlreadyPeered)
		wantCode(t, errs[1], "")
		wantStatus(t, store, old.ID, peering.Active)
	}
	wantConsistent(t, store)
}
