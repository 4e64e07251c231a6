package peering_test

import (
	"testing"
	"time"

	"github.com/peering/peering/internal/peering"
)

func TestPendingExpires(t *testing.T) {
	w := newWorld(t)
	p := w.pending(t)
	w.now = p.ExpiresAt.Add(-1)
	wantStatus(t, w.show(t, p.ID), peering.PendingAcceptance)
	w.now = p.ExpiresAt
	got := w.show(t, p.ID)
	wantStatus(t, got, peering.Expired)
	if !got.UpdatedAt.Equal(p.ExpiresAt) {
		t.Errorf("its status changed at %s, want %s", got.UpdatedAt, p.ExpiresAt)
	}
	found, _, err := w.List(t.Context(), peering.Scope{Tenant: w.requester.Tenant}, peering.Filter{}, "", 0)
	wantCode(t, err, "")
	wantIDs(t, found, p.ID)
	wantStatus(t, found[0], peering.Expired)
}

// TestReadingDoesNotWrite turns the clock back to see what is stored.
func TestReadingDoesNotWrite(t *testing.T) {
	w := newWorld(t)
	p := w.in(t, peering.Expired)
	w.now = created
	wantStatus(t, w.show(t, p.ID), peering.PendingAcceptance)
}

func TestAnsweredDoesNotExpire(t *testing.T) {
	for _, status := range []peering.Status{peering.Active, peering.Rejected} {
		t.Run(string(status), func(t *testing.T) {
			w := newWorld(t)
			p := w.in(t, status)
			w.now = expiry.Add(time.Hour)
			if got := w.show(t, p.ID); got != p {
				t.Errorf("it reads as %+v after the expiry, before as %+v", got, p)
			}
		})
	}
}

func TestExpiredCanOnlyBeDeleted(t *testing.T) {
	w := newWorld(t)
	p := w.in(t, peering.Expired)
	name := "late"
	for action, act := range map[string]func() (peering.Peering, error){
		"accept": func() (peering.Peering, error) { return w.Accept(t.Context(), w.accepter.Tenant, p.ID) },
		"reject": func() (peering.Peering, error) { return w.Reject(t.Context(), w.accepter.Tenant, p.ID) },
		"rename": func() (peering.Peering, error) {
			return w.Rename(t.Context(), w.requester.Tenant, p.ID, peering.Change{Name: &name})
		},
	} {
		t.Run(action+" is refused", func(t *testing.T) {
			_, err := act()
			wantCode(t, err, peering.WrongStatus)
			if got := w.show(t, p.ID); got != p {
				t.Errorf("it reads as %+v, want %+v", got, p)
			}
		})
	}
	wantCode(t, w.Delete(t.Context(), peering.Scope{Tenant: w.requester.Tenant}, p.ID), "")
	_, err := w.Show(t.Context(), peering.Scope{Tenant: w.requester.Tenant}, p.ID)
	wantCode(t, err, peering.NotFound)
}

func TestCreateSettlesTheExpiredPeeringOfThePair(t *testing.T) {
	w := newWorld(t)
	old := w.in(t, peering.Expired)
	young := w.pending(t)

	// For a clock that is behind, the old one has not expired. It is settled all the same.
	w.now = created
	if got := w.show(t, old.ID); got != old {
		t.Errorf("the old one reads as %+v, want %+v", got, old)
	}
	_, err := w.Accept(t.Context(), w.accepter.Tenant, old.ID)
	wantCode(t, err, peering.WrongStatus)

	wantCode(t, w.Delete(t.Context(), peering.Scope{Tenant: w.requester.Tenant}, old.ID), "")
	_, err = w.Create(t.Context(), w.accepter.Tenant, peering.Peering{Requester: w.accepter, Accepter: w.requester})
	wantCode(t, err, peering.AlreadyPeered)
	active, err := w.Accept(t.Context(), w.accepter.Tenant, young.ID)
	wantCode(t, err, "")
	wantStatus(t, active, peering.Active)
}
