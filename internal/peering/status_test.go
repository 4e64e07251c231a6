package peering_test

import (
	"testing"

	"github.com/peering/peering/internal/peering"
)

// conflict marks an action that is not allowed.
const conflict peering.Status = ""

var (
	statuses = []peering.Status{
		peering.PendingAcceptance, peering.Active, peering.Rejected, peering.Expired, peering.Deleted,
	}
	actions = []peering.Action{peering.Accept, peering.Reject, peering.Rename, peering.Expire, peering.Delete}
)

// wantNext is the specified state machine. The columns are accept, reject,
// rename, expire and delete.
var wantNext = map[peering.Status][5]peering.Status{
	"PENDING_ACCEPTANCE": {"ACTIVE", "REJECTED", "PENDING_ACCEPTANCE", "EXPIRED", "DELETED"},
	"ACTIVE":             {"ACTIVE", conflict, "ACTIVE", conflict, "DELETED"},
	"REJECTED":           {conflict, "REJECTED", "REJECTED", conflict, "DELETED"},
	"EXPIRED":            {conflict, conflict, conflict, "EXPIRED", "DELETED"},
	"DELETED":            {conflict, conflict, conflict, conflict, conflict},
}

func TestNext(t *testing.T) {
	for _, status := range statuses {
		for i, action := range actions {
			t.Run(string(action)+" "+string(status), func(t *testing.T) {
				want := wantNext[status][i]
				got, ok := peering.Next(status, action)
				if got != want || ok != (want != conflict) {
					t.Errorf("Next(%s, %s) = %q, %t; want %q", status, action, got, ok, want)
				}
			})
		}
	}
}

func TestNextRejectsUnknownStatusAndAction(t *testing.T) {
	if got, ok := peering.Next("HALF_OPEN", peering.Accept); ok {
		t.Errorf("Next of an unknown status = %q, true; want false", got)
	}
	if got, ok := peering.Next(peering.Active, "annul"); ok {
		t.Errorf("Next of an unknown action = %q, true; want false", got)
	}
}

func TestStatusLive(t *testing.T) {
	want := map[peering.Status]bool{peering.PendingAcceptance: true, peering.Active: true}
	for _, status := range statuses {
		t.Run(string(status), func(t *testing.T) {
			if got := status.Live(); got != want[status] {
				t.Errorf("Live() = %t, want %t", got, want[status])
			}
		})
	}
}
