package etcd_test

import (
	"errors"
	"testing"

	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/peering"
)

// renamed changes the name to "renamed" whatever the status.
func renamed(p peering.Peering) (peering.Peering, error) {
	p.Name = "renamed"
	return p, nil
}

// interruptedChange is change, but that in its first run it lets somebody else act before it answers. What it was given
// is in seen.
func interruptedChange(
	interrupt func(), change func(peering.Peering) (peering.Peering, error),
) (interrupted func(peering.Peering) (peering.Peering, error), seen *[]peering.Peering) {
	seen = new([]peering.Peering)
	return func(p peering.Peering) (peering.Peering, error) {
		*seen = append(*seen, p)
		if len(*seen) == 1 {
			interrupt()
		}
		return change(p)
	}, seen
}

func TestUpdateInterruptedByAnotherUpdate(t *testing.T) {
	store := open(t)
	p := create(t, store, newPeering(newVPC(), newVPC()))
	change, seen := interruptedChange(func() {
		wantCode(t, act(t, store, peering.Accept, p.ID), "")
	}, renamed)
	got, err := store.Update(t.Context(), p.ID, limits, change)
	wantCode(t, err, "")
	want := p
	want.Name, want.Status = "renamed", peering.Active
	if got != want || get(t, store, p.ID) != want {
		t.Errorf("answered %+v, want both effects: %+v", got, want)
	}
	if s := *seen; len(s) != 2 || s[0].Status != peering.PendingAcceptance || s[1].Status != peering.Active {
		t.Errorf("change was given %+v, want the peering before and after the other update", s)
	}
	invariants(t, store)
}

// TestUpdateInterrupted has another action take effect while one is decided.
func TestUpdateInterrupted(t *testing.T) {
	tests := []struct {
		name      string
		action    peering.Action
		interrupt func(*testing.T, *etcd.Store, peering.Peering)
		want      peering.Code
	}{
		{"accept by a reject is refused", peering.Accept, takes(peering.Reject), peering.WrongStatus},
		{"reject by an accept is refused", peering.Reject, takes(peering.Accept), peering.WrongStatus},
		{"accept by an accept succeeds", peering.Accept, takes(peering.Accept), ""},
		{"accept by a delete finds nothing", peering.Accept, takes(peering.Delete), peering.NotFound},
		{"delete by a delete finds nothing", peering.Delete, takes(peering.Delete), peering.NotFound},
		{"delete by an accept succeeds", peering.Delete, takes(peering.Accept), ""},
		{"delete by a reject succeeds", peering.Delete, takes(peering.Reject), ""},
		{"accept by a create over the expired is refused", peering.Accept, createsOver, peering.WrongStatus},
		{"reject by a create over the expired is refused", peering.Reject, createsOver, peering.WrongStatus},
		{"delete by a create over the expired succeeds", peering.Delete, createsOver, ""},
		{"accept by a delete and a create finds nothing", peering.Accept, deletesAndCreates, peering.NotFound},
		{"delete by a delete and a create finds nothing", peering.Delete, deletesAndCreates, peering.NotFound},
		{"delete by a reject and a create succeeds", peering.Delete, rejectsAndCreates, ""},
	}
	store := open(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := create(t, store, newPeering(newVPC(), newVPC()))
			change, _ := interruptedChange(func() { tt.interrupt(t, store, p) }, taking(tt.action))
			_, err := store.Update(t.Context(), p.ID, limits, change)
			wantCode(t, err, tt.want)
			invariants(t, store)
		})
	}
}

func createsOver(t *testing.T, store *etcd.Store, old peering.Peering) {
	t.Helper()
	create(t, store, later(old))
}

func deletesAndCreates(t *testing.T, store *etcd.Store, old peering.Peering) {
	t.Helper()
	takes(peering.Delete)(t, store, old)
	create(t, store, newPeering(old.Requester, old.Accepter))
}

func rejectsAndCreates(t *testing.T, store *etcd.Store, old peering.Peering) {
	t.Helper()
	takes(peering.Reject)(t, store, old)
	create(t, store, newPeering(old.Requester, old.Accepter))
}

func TestUpdateOfNothing(t *testing.T) {
	store := open(t)
	_, err := store.Update(t.Context(), newID(), limits, func(p peering.Peering) (peering.Peering, error) {
		t.Errorf("change was given %+v", p)
		return p, nil
	})
	wantCode(t, err, peering.NotFound)
	_, err = store.Get(t.Context(), newID())
	wantCode(t, err, peering.NotFound)
}

func TestUpdateWritesNothingWhereNothingChanges(t *testing.T) {
	refusal := errors.New("refused")
	tests := []struct {
		name   string
		change func(peering.Peering) (peering.Peering, error)
		want   error
	}{
		{"the peering as it is", func(p peering.Peering) (peering.Peering, error) { return p, nil }, nil},
		{"an error", func(p peering.Peering) (peering.Peering, error) {
			p.Name = "renamed"
			return p, refusal
		}, refusal},
	}
	store := open(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := create(t, store, newPeering(newVPC(), newVPC()))
			before := revision(t, store)
			if _, err := store.Update(t.Context(), p.ID, limits, tt.change); err != tt.want { //nolint:errorlint // it comes back as it is
				t.Errorf("error is %v, want %v", err, tt.want)
			}
			if after := revision(t, store); after != before {
				t.Errorf("revision is %d, was %d", after, before)
			}
		})
	}
}

func TestDeleteLeavesNothing(t *testing.T) {
	store := open(t)
	cluster := put(t, store, newCluster())
	for _, action := range []peering.Action{"", peering.Accept, peering.Reject} {
		for _, sides := range []string{"two tenants", "one tenant"} {
			t.Run(sides+" after "+string(action), func(t *testing.T) {
				before := dump(t, store)
				p := newPeering(cluster.VPC, newVPC())
				p.Cluster = cluster.ClusterRef
				if sides == "one tenant" {
					p.Accepter.Tenant = p.Requester.Tenant
				}
				create(t, store, p)
				if action != "" {
					wantCode(t, act(t, store, action, p.ID), "")
				}
				invariants(t, store)
				wantCode(t, act(t, store, peering.Delete, p.ID), "")
				wantDump(t, store, before)
			})
		}
	}
}

// TestAcceptRacedByReject lets both go at once, many times.
func TestAcceptRacedByReject(t *testing.T) {
	store := open(t)
	for range 50 {
		p := create(t, store, newPeering(newVPC(), newVPC()))
		errs := race(2, func(i int) error {
			return act(t, store, []peering.Action{peering.Accept, peering.Reject}[i], p.ID)
		})
		want, lost := peering.Active, errs[1]
		if errs[0] != nil {
			want, lost = peering.Rejected, errs[0]
			wantCode(t, errs[1], "")
		}
		wantCode(t, lost, peering.WrongStatus)
		wantStatus(t, store, p.ID, want)
	}
	invariants(t, store)
}

// TestUpdateRaced loses no change of many at once.
func TestUpdateRaced(t *testing.T) {
	const callers = 20
	store := open(t)
	p := newPeering(newVPC(), newVPC())
	p.Name = ""
	create(t, store, p)
	for _, err := range race(callers, func(int) error {
		_, err := store.Update(t.Context(), p.ID, limits, func(p peering.Peering) (peering.Peering, error) {
			p.Name += "x"
			return p, nil
		})
		return err
	}) {
		wantCode(t, err, "")
	}
	if got := get(t, store, p.ID); len(got.Name) != callers {
		t.Errorf("%d of %d changes are there", len(got.Name), callers)
	}
	invariants(t, store)
}
