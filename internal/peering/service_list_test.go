package peering_test

import (
	"testing"

	"github.com/peering/peering/internal/peering"
)

// fivePeerings is a world with five peerings of w.requester, oldest first: pending, active, rejected, pending and one of
// the cluster's that w.requester accepts.
func fivePeerings(t *testing.T) (w *world, all []peering.Peering) {
	t.Helper()
	w = newWorld(t)
	for _, name := range []string{"a", "b", "c", "d"} {
		p, err := w.Create(t.Context(), w.requester.Tenant, peering.Peering{
			Name: name, Requester: w.requester, Accepter: peering.VPC{ID: newID(), Tenant: w.accepter.Tenant},
		})
		wantCode(t, err, "")
		switch name {
		case "b":
			p, err = w.Accept(t.Context(), w.accepter.Tenant, p.ID)
		case "c":
			p, err = w.Reject(t.Context(), w.accepter.Tenant, p.ID)
		}
		wantCode(t, err, "")
		all = append(all, p)
	}
	p, err := w.CreateForCluster(t.Context(), w.cluster.ClusterRef, peering.Peering{Name: "a", Accepter: w.requester})
	wantCode(t, err, "")
	return w, append(all, p)
}

func idsOf(all []peering.Peering, indices ...int) []peering.ID {
	ids := make([]peering.ID, len(indices))
	for i, index := range indices {
		ids[i] = all[index].ID
	}
	return ids
}

func TestListPages(t *testing.T) {
	w, all := fivePeerings(t)
	tests := []struct {
		name     string
		after    peering.ID
		limit    int
		want     []int
		wantMore bool
	}{
		{"all, oldest first", "", 0, []int{0, 1, 2, 3, 4}, false},
		{"the first page", "", 2, []int{0, 1}, true},
		{"the second page", all[1].ID, 2, []int{2, 3}, true},
		{"the last page", all[3].ID, 2, []int{4}, false},
		{"a page that ends with the list", all[2].ID, 2, []int{3, 4}, false},
		{"a page as long as the list", "", 5, []int{0, 1, 2, 3, 4}, false},
		{"nothing after the last", all[4].ID, 2, nil, false},
		{"the rest without a limit", all[3].ID, 0, []int{4}, false},
		{"after an id that is not there", "00000000-0000-7000-8000-000000000000", 1, []int{0}, true},
		{"after an id beyond all", "ffffffff-ffff-7fff-bfff-ffffffffffff", 1, nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for how, after := range spellings(tt.after) {
				found, more, err := w.List(t.Context(), peering.Scope{Tenant: w.requester.Tenant}, peering.Filter{}, after, tt.limit)
				wantCode(t, err, "")
				wantIDs(t, found, idsOf(all, tt.want...)...)
				if more != tt.wantMore {
					t.Errorf("after the id %s, more is %t, want %t", how, more, tt.wantMore)
				}
			}
		})
	}
}

func TestListFilters(t *testing.T) {
	w, all := fivePeerings(t)
	tests := []struct {
		name   string
		filter peering.Filter
		want   []int
	}{
		{"none", peering.Filter{}, []int{0, 1, 2, 3, 4}},
		{"id", peering.Filter{ID: all[2].ID}, []int{2}},
		{"id that is not there", peering.Filter{ID: w.stranger}, nil},
		{"name", peering.Filter{Name: "a"}, []int{0, 4}},
		{"status pending", peering.Filter{Status: peering.PendingAcceptance}, []int{0, 3, 4}},
		{"status active", peering.Filter{Status: peering.Active}, []int{1}},
		{"status rejected", peering.Filter{Status: peering.Rejected}, []int{2}},
		{"status expired", peering.Filter{Status: peering.Expired}, nil},
		{"the caller's tenant", peering.Filter{Tenant: w.requester.Tenant}, []int{0, 1, 2, 3, 4}},
		{"the accepter's tenant", peering.Filter{Tenant: w.accepter.Tenant}, []int{0, 1, 2, 3}},
		{"the requester's tenant", peering.Filter{Tenant: w.cluster.VPC.Tenant}, []int{4}},
		{"the caller's VPC on either side", peering.Filter{VPC: w.requester.ID}, []int{0, 1, 2, 3, 4}},
		{"the accepter's VPC", peering.Filter{VPC: all[1].Accepter.ID}, []int{1}},
		{"two that meet", peering.Filter{Name: "a", Tenant: w.accepter.Tenant}, []int{0}},
		{"two that do not meet", peering.Filter{Name: "a", Status: peering.Active}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			found, more, err := w.List(t.Context(), peering.Scope{Tenant: w.requester.Tenant}, tt.filter, "", 0)
			wantCode(t, err, "")
			wantIDs(t, found, idsOf(all, tt.want...)...)
			if more {
				t.Error("there are more, want none")
			}
		})
	}
}

// TestListFilteredPages is about the peerings that a filter leaves out: they fill no page and are not more.
func TestListFilteredPages(t *testing.T) {
	w, all := fivePeerings(t)
	scope, filter := peering.Scope{Tenant: w.requester.Tenant}, peering.Filter{Name: "a"}
	found, more, err := w.List(t.Context(), scope, filter, "", 1)
	wantCode(t, err, "")
	wantIDs(t, found, all[0].ID)
	if !more {
		t.Error("there are no more, want some")
	}
	found, more, err = w.List(t.Context(), scope, filter, all[0].ID, 1)
	wantCode(t, err, "")
	wantIDs(t, found, all[4].ID)
	if more {
		t.Error("there are more, want none")
	}
}

func TestListByDerivedStatus(t *testing.T) {
	w, all := fivePeerings(t)
	w.now = expiry
	for _, tt := range []struct {
		status peering.Status
		want   []int
	}{
		{peering.Expired, []int{0, 3, 4}},
		{peering.PendingAcceptance, nil},
		{peering.Active, []int{1}},
		{peering.Rejected, []int{2}},
	} {
		t.Run(string(tt.status), func(t *testing.T) {
			found, _, err := w.List(t.Context(), peering.Scope{Tenant: w.requester.Tenant}, peering.Filter{Status: tt.status}, "", 0)
			wantCode(t, err, "")
			wantIDs(t, found, idsOf(all, tt.want...)...)
			for _, p := range found {
				wantStatus(t, p, tt.status)
			}
		})
	}
}

func TestListOfAStranger(t *testing.T) {
	w, _ := fivePeerings(t)
	found, more, err := w.List(t.Context(), peering.Scope{Tenant: w.stranger}, peering.Filter{}, "", 0)
	wantCode(t, err, "")
	if len(found) != 0 || more {
		t.Errorf("a stranger sees %v, more: %t", found, more)
	}
}

func TestListHoweverTheTenantIsWritten(t *testing.T) {
	w, all := fivePeerings(t)
	for how, tenant := range spellings(w.accepter.Tenant) {
		t.Run(how, func(t *testing.T) {
			found, _, err := w.List(t.Context(), peering.Scope{Tenant: tenant}, peering.Filter{}, "", 0)
			wantCode(t, err, "")
			wantIDs(t, found, idsOf(all, 0, 1, 2, 3)...)
		})
	}
}
