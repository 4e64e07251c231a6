package peering_test

import (
	"testing"
	"time"

	"github.com/peering/peering/internal/peering"
)

func TestPendingExpires(t *testing.T) {
	env := newEnvironment(t)
	p := env.pending(t)
	env.now = p.ExpiresAt.Add(-1)
	wantStatus(t, env.show(t, p.ID), peering.PendingAcceptance)
	env.now = p.ExpiresAt
	got := env.show(t, p.ID)
	wantStatus(t, got, peering.Expired)
	if !got.UpdatedAt.Equal(p.ExpiresAt) {
		t.Errorf("UpdatedAt = %s, want %s", got.UpdatedAt, p.ExpiresAt)
	}
	found, _, err := env.List(t.Context(), peering.Scope{Tenant: env.requester.Tenant}, peering.Filter{}, "", 0)
	wantCode(t, err, "")
	wantIDs(t, found, p.ID)
	wantStatus(t, found[0], peering.Expired)
}

// The test turns the clock back to see the stored status.
func TestReadingDoesNotWrite(t *testing.T) {
	env := newEnvironment(t)
	p := env.in(t, peering.Expired)
	env.now = created
	wantStatus(t, env.show(t, p.ID), peering.PendingAcceptance)
}

func TestActiveAndRejectedDoNotExpire(t *testing.T) {
	for _, status := range []peering.Status{peering.Active, peering.Rejected} {
		t.Run(string(status), func(t *testing.T) {
			env := newEnvironment(t)
			p := env.in(t, status)
			env.now = expiry.Add(time.Hour)
			if got := env.show(t, p.ID); got != p {
				t.Errorf("peering after expiry = %+v, want %+v", got, p)
			}
		})
	}
}

func TestExpiredCanOnlyBeDeleted(t *testing.T) {
	env := newEnvironment(t)
	p := env.in(t, peering.Expired)
	name := "late"
	for action, act := range map[string]func() (peering.Peering, error){
		"accept": func() (peering.Peering, error) { return env.Accept(t.Context(), env.accepter.Tenant, p.ID) },
		"reject": func() (peering.Peering, error) { return env.Reject(t.Context(), env.accepter.Tenant, p.ID) },
		"rename": func() (peering.Peering, error) {
			return env.Rename(t.Context(), env.requester.Tenant, p.ID, peering.Change{Name: &name})
		},
	} {
		t.Run(action+" fails", func(t *testing.T) {
			_, err := act()
			wantCode(t, err, peering.WrongStatus)
			if got := env.show(t, p.ID); got != p {
				t.Errorf("stored peering = %+v, want %+v", got, p)
			}
		})
	}
	wantCode(t, env.Delete(t.Context(), peering.Scope{Tenant: env.requester.Tenant}, p.ID), "")
	_, err := env.Show(t.Context(), peering.Scope{Tenant: env.requester.Tenant}, p.ID)
	wantCode(t, err, peering.NotFound)
}

func TestCreateExpiresOldPeeringOfVPCs(t *testing.T) {
	env := newEnvironment(t)
	old := env.in(t, peering.Expired)
	recent := env.pending(t)

	// The old peering is stored as EXPIRED, even for a clock that is behind.
	env.now = created
	if got := env.show(t, old.ID); got != old {
		t.Errorf("old peering = %+v, want %+v", got, old)
	}
	_, err := env.Accept(t.Context(), env.accepter.Tenant, old.ID)
	wantCode(t, err, peering.WrongStatus)

	wantCode(t, env.Delete(t.Context(), peering.Scope{Tenant: env.requester.Tenant}, old.ID), "")
	_, err = env.Create(
		t.Context(), env.accepter.Tenant, peering.Peering{Requester: env.accepter, Accepter: env.requester},
	)
	wantCode(t, err, peering.AlreadyPeered)
	active, err := env.Accept(t.Context(), env.accepter.Tenant, recent.ID)
	wantCode(t, err, "")
	wantStatus(t, active, peering.Active)
}
