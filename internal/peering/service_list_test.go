package peering_test

import (
	"testing"

	"github.com/peering/peering/internal/peering"
)

// fivePeerings returns an environment with five peerings of env.requester,
// oldest first: pending, active, rejected, pending, and one of the cluster that
// is pending acceptance by env.requester.
func fivePeerings(t *testing.T) (env *environment, all []peering.Peering) {
	t.Helper()
	env = newEnvironment(t)
	for _, name := range []string{"a", "b", "c", "d"} {
		p, err := env.Create(t.Context(), env.requester.Tenant, peering.Peering{
			Name: name, Requester: env.requester, Accepter: peering.VPC{ID: newID(), Tenant: env.accepter.Tenant},
		})
		wantCode(t, err, "")
		switch name {
		case "b":
			p, err = env.Accept(t.Context(), env.accepter.Tenant, p.ID)
		case "c":
			p, err = env.Reject(t.Context(), env.accepter.Tenant, p.ID)
		}
		wantCode(t, err, "")
		all = append(all, p)
	}
	p, err := env.CreateForCluster(
		t.Context(), env.cluster.ClusterRef, peering.Peering{Name: "a", Accepter: env.requester},
	)
	wantCode(t, err, "")
	return env, append(all, p)
}

func idsOf(all []peering.Peering, indices ...int) []peering.ID {
	ids := make([]peering.ID, len(indices))
	for i, index := range indices {
		ids[i] = all[index].ID
	}
	return ids
}

func TestListPages(t *testing.T) {
	env, all := fivePeerings(t)
	tests := []struct {
		name     string
		after    peering.ID
		limit    int
		want     []int
		wantMore bool
	}{
		{"all without a limit", "", 0, []int{0, 1, 2, 3, 4}, false},
		{"first page", "", 2, []int{0, 1}, true},
		{"second page", all[1].ID, 2, []int{2, 3}, true},
		{"last page", all[3].ID, 2, []int{4}, false},
		{"full last page", all[2].ID, 2, []int{3, 4}, false},
		{"page of all", "", 5, []int{0, 1, 2, 3, 4}, false},
		{"nothing after the last ID", all[4].ID, 2, nil, false},
		{"rest without a limit", all[3].ID, 0, []int{4}, false},
		{"after an unknown lower ID", "00000000-0000-7000-8000-000000000000", 1, []int{0}, true},
		{"after an unknown higher ID", "ffffffff-ffff-7fff-bfff-ffffffffffff", 1, nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for spelling, after := range spellings(tt.after) {
				found, more, err := env.List(
					t.Context(), peering.Scope{Tenant: env.requester.Tenant}, peering.Filter{}, after, tt.limit,
				)
				wantCode(t, err, "")
				wantIDs(t, found, idsOf(all, tt.want...)...)
				if more != tt.wantMore {
					t.Errorf("with the ID %s: more = %t, want %t", spelling, more, tt.wantMore)
				}
			}
		})
	}
}

func TestListFilters(t *testing.T) {
	env, all := fivePeerings(t)
	tests := []struct {
		name   string
		filter peering.Filter
		want   []int
	}{
		{"none", peering.Filter{}, []int{0, 1, 2, 3, 4}},
		{"id", peering.Filter{ID: all[2].ID}, []int{2}},
		{"unknown id", peering.Filter{ID: env.stranger}, nil},
		{"name", peering.Filter{Name: "a"}, []int{0, 4}},
		{"status pending", peering.Filter{Status: peering.PendingAcceptance}, []int{0, 3, 4}},
		{"status active", peering.Filter{Status: peering.Active}, []int{1}},
		{"status rejected", peering.Filter{Status: peering.Rejected}, []int{2}},
		{"status expired", peering.Filter{Status: peering.Expired}, nil},
		{"the caller's tenant", peering.Filter{Tenant: env.requester.Tenant}, []int{0, 1, 2, 3, 4}},
		{"the accepter's tenant", peering.Filter{Tenant: env.accepter.Tenant}, []int{0, 1, 2, 3}},
		{"the requester's tenant", peering.Filter{Tenant: env.cluster.VPC.Tenant}, []int{4}},
		{"the caller's VPC on either side", peering.Filter{VPC: env.requester.ID}, []int{0, 1, 2, 3, 4}},
		{"the accepter's VPC", peering.Filter{VPC: all[1].Accepter.ID}, []int{1}},
		{"two filters match", peering.Filter{Name: "a", Tenant: env.accepter.Tenant}, []int{0}},
		{"two filters exclude each other", peering.Filter{Name: "a", Status: peering.Active}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			found, more, err := env.List(t.Context(), peering.Scope{Tenant: env.requester.Tenant}, tt.filter, "", 0)
			wantCode(t, err, "")
			wantIDs(t, found, idsOf(all, tt.want...)...)
			if more {
				t.Error("more = true, want false")
			}
		})
	}
}

// Peerings that the filter excludes count neither towards the limit nor as more.
func TestListFiltersPages(t *testing.T) {
	env, all := fivePeerings(t)
	scope, filter := peering.Scope{Tenant: env.requester.Tenant}, peering.Filter{Name: "a"}
	found, more, err := env.List(t.Context(), scope, filter, "", 1)
	wantCode(t, err, "")
	wantIDs(t, found, all[0].ID)
	if !more {
		t.Error("more = false, want true")
	}
	found, more, err = env.List(t.Context(), scope, filter, all[0].ID, 1)
	wantCode(t, err, "")
	wantIDs(t, found, all[4].ID)
	if more {
		t.Error("more = true, want false")
	}
}

func TestListFiltersByDerivedStatus(t *testing.T) {
	env, all := fivePeerings(t)
	env.now = expiry
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
			found, _, err := env.List(
				t.Context(), peering.Scope{Tenant: env.requester.Tenant}, peering.Filter{Status: tt.status}, "", 0,
			)
			wantCode(t, err, "")
			wantIDs(t, found, idsOf(all, tt.want...)...)
			for _, p := range found {
				wantStatus(t, p, tt.status)
			}
		})
	}
}

func TestListExcludesOtherTenants(t *testing.T) {
	env, _ := fivePeerings(t)
	found, more, err := env.List(t.Context(), peering.Scope{Tenant: env.stranger}, peering.Filter{}, "", 0)
	wantCode(t, err, "")
	if len(found) != 0 || more {
		t.Errorf("got peerings %v, more = %t; want none", found, more)
	}
}

func TestListAcceptsAnySpellingOfTenant(t *testing.T) {
	env, all := fivePeerings(t)
	for spelling, tenant := range spellings(env.accepter.Tenant) {
		t.Run(spelling, func(t *testing.T) {
			found, _, err := env.List(t.Context(), peering.Scope{Tenant: tenant}, peering.Filter{}, "", 0)
			wantCode(t, err, "")
			wantIDs(t, found, idsOf(all, 0, 1, 2, 3)...)
		})
	}
}
