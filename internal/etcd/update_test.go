package etcd_test

import (
	"errors"
	"testing"

	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/peering"
)

// rename changes the name to "renamed" in any status.
func rename(p peering.Peering) (peering.Peering, error) {
	p.Name = "renamed"
	return p, nil
}

// withConflict returns change, except that its first call makes a conflicting
// change. The peerings that it is called with are in calls.
func withConflict(
	conflict func(), change func(peering.Peering) (peering.Peering, error),
) (conflicting func(peering.Peering) (peering.Peering, error), calls *[]peering.Peering) {
	calls = new([]peering.Peering)
	return func(p peering.Peering) (peering.Peering, error) {
		*calls = append(*calls, p)
		if len(*calls) == 1 {
			conflict()
		}
		return change(p)
	}, calls
}

func TestUpdateRetriesOnConflict(t *testing.T) {
	store := newStore(t)
	p := create(t, store, newPeering(newVPC(), newVPC()))
	change, calls := withConflict(func() {
		wantCode(t, apply(t, store, peering.Accept, p.ID), "")
	}, rename)
	got, err := store.Update(t.Context(), p.ID, unlimited, change)
	wantCode(t, err, "")
	want := p
	want.Name, want.Status = "renamed", peering.Active
	if got != want || get(t, store, p.ID) != want {
		t.Errorf("returned %+v, want both changes: %+v", got, want)
	}
	if c := *calls; len(c) != 2 || c[0].Status != peering.PendingAcceptance || c[1].Status != peering.Active {
		t.Errorf("change was called with %+v, want the peering before and after the other update", c)
	}
	wantConsistent(t, store)
}

// TestUpdateConflict applies an action while another one is being applied.
func TestUpdateConflict(t *testing.T) {
	tests := []struct {
		name     string
		action   peering.Action
		conflict func(*testing.T, *etcd.Store, peering.Peering)
		want     peering.Code
	}{
		{"reject during accept: accept fails", peering.Accept, conflictWith(peering.Reject), peering.WrongStatus},
		{"accept during reject: reject fails", peering.Reject, conflictWith(peering.Accept), peering.WrongStatus},
		{"accept during accept: accept succeeds", peering.Accept, conflictWith(peering.Accept), ""},
		{"delete during accept: not found", peering.Accept, conflictWith(peering.Delete), peering.NotFound},
		{"delete during delete: not found", peering.Delete, conflictWith(peering.Delete), peering.NotFound},
		{"accept during delete: delete succeeds", peering.Delete, conflictWith(peering.Accept), ""},
		{"reject during delete: delete succeeds", peering.Delete, conflictWith(peering.Reject), ""},
		{"create after expiry during accept: accept fails", peering.Accept, createAfterExpiry, peering.WrongStatus},
		{"create after expiry during reject: reject fails", peering.Reject, createAfterExpiry, peering.WrongStatus},
		{"create after expiry during delete: delete succeeds", peering.Delete, createAfterExpiry, ""},
		{"delete and create during accept: not found", peering.Accept, deleteAndCreate, peering.NotFound},
		{"delete and create during delete: not found", peering.Delete, deleteAndCreate, peering.NotFound},
		{"reject and create during delete: delete succeeds", peering.Delete, rejectAndCreate, ""},
	}
	store := newStore(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := create(t, store, newPeering(newVPC(), newVPC()))
			change, _ := withConflict(func() { tt.conflict(t, store, p) }, applying(tt.action))
			_, err := store.Update(t.Context(), p.ID, unlimited, change)
			wantCode(t, err, tt.want)
			wantConsistent(t, store)
		})
	}
}

func createAfterExpiry(t *testing.T, store *etcd.Store, old peering.Peering) {
	t.Helper()
	create(t, store, afterExpiry(old))
}

func deleteAndCreate(t *testing.T, store *etcd.Store, old peering.Peering) {
	t.Helper()
	conflictWith(peering.Delete)(t, store, old)
	create(t, store, newPeering(old.Requester, old.Accepter))
}

func rejectAndCreate(t *testing.T, store *etcd.Store, old peering.Peering) {
	t.Helper()
	conflictWith(peering.Reject)(t, store, old)
	create(t, store, newPeering(old.Requester, old.Accepter))
}

func TestUpdateOfUnknownPeering(t *testing.T) {
	store := newStore(t)
	_, err := store.Update(t.Context(), newID(), unlimited, func(p peering.Peering) (peering.Peering, error) {
		t.Errorf("change was called with %+v", p)
		return p, nil
	})
	wantCode(t, err, peering.NotFound)
	_, err = store.Get(t.Context(), newID())
	wantCode(t, err, peering.NotFound)
}

func TestUpdateWithoutAChangeWritesNothing(t *testing.T) {
	refusal := errors.New("refused")
	tests := []struct {
		name   string
		change func(peering.Peering) (peering.Peering, error)
		want   error
	}{
		{"change returns the same peering", func(p peering.Peering) (peering.Peering, error) { return p, nil }, nil},
		{"change returns an error", func(p peering.Peering) (peering.Peering, error) {
			p.Name = "renamed"
			return p, refusal
		}, refusal},
	}
	store := newStore(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := create(t, store, newPeering(newVPC(), newVPC()))
			before := currentRevision(t, store)
			if _, err := store.Update(t.Context(), p.ID, unlimited, tt.change); err != tt.want { //nolint:errorlint // it must be returned unchanged
				t.Errorf("error is %v, want %v", err, tt.want)
			}
			if after := currentRevision(t, store); after != before {
				t.Errorf("revision is %d, was %d", after, before)
			}
		})
	}
}

func TestDeleteRemovesAllKeys(t *testing.T) {
	store := newStore(t)
	cluster := putCluster(t, store, newCluster())
	for _, action := range []peering.Action{"", peering.Accept, peering.Reject} {
		for _, sides := range []string{"two tenants", "one tenant"} {
			t.Run(sides+" after "+string(action), func(t *testing.T) {
				before := dumpKeys(t, store)
				p := newPeering(cluster.VPC, newVPC())
				p.Cluster = cluster.ClusterRef
				if sides == "one tenant" {
					p.Accepter.Tenant = p.Requester.Tenant
				}
				create(t, store, p)
				if action != "" {
					wantCode(t, apply(t, store, action, p.ID), "")
				}
				wantConsistent(t, store)
				wantCode(t, apply(t, store, peering.Delete, p.ID), "")
				wantKeys(t, store, before)
			})
		}
	}
}

// TestConcurrentAcceptAndReject does both at once, many times.
func TestConcurrentAcceptAndReject(t *testing.T) {
	store := newStore(t)
	for range 50 {
		p := create(t, store, newPeering(newVPC(), newVPC()))
		errs := concurrently(2, func(i int) error {
			return apply(t, store, []peering.Action{peering.Accept, peering.Reject}[i], p.ID)
		})
		want, lost := peering.Active, errs[1]
		if errs[0] != nil {
			want, lost = peering.Rejected, errs[0]
			wantCode(t, errs[1], "")
		}
		wantCode(t, lost, peering.WrongStatus)
		wantStatus(t, store, p.ID, want)
	}
	wantConsistent(t, store)
}

func TestConcurrentUpdatesAreAllApplied(t *testing.T) {
	const callers = 20
	store := newStore(t)
	p := newPeering(newVPC(), newVPC())
	p.Name = ""
	create(t, store, p)
	for _, err := range concurrently(callers, func(int) error {
		_, err := store.Update(t.Context(), p.ID, unlimited, func(p peering.Peering) (peering.Peering, error) {
			p.Name += "x"
			return p, nil
		})
		return err
	}) {
		wantCode(t, err, "")
	}
	if got := get(t, store, p.ID); len(got.Name) != callers {
		t.Errorf("%d of %d changes were applied", len(got.Name), callers)
	}
	wantConsistent(t, store)
}
