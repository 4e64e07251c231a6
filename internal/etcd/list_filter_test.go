package etcd_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/peering"
)

// TestListByRandomFilters compares lists with what their filters select among all
// peerings.
func TestListByRandomFilters(t *testing.T) {
	const size, queries = 150, 300
	store, r := newStore(t), rand.New(rand.NewPCG(seed(t), 0))
	tenants := []peering.ID{newID(), newID(), newID()}
	vpcs := []peering.ID{newID(), newID(), newID(), newID()}
	names := []string{"a", "a.b", "b"}
	statuses := []peering.Status{peering.PendingAcceptance, peering.Active, peering.Rejected, peering.Expired, peering.Deleted}
	now := createdAt.Add(peering.DefaultRules().Lifetime)
	created := make([]peering.Peering, size)
	for i := range created {
		p := newPeering(peering.VPC{ID: newID(), Tenant: pick(r, tenants)}, peering.VPC{ID: newID(), Tenant: pick(r, tenants)})
		if r.IntN(2) == 0 {
			p.Requester.ID = pick(r, vpcs)
		}
		p.Name, p.Status = pick(r, names), pick(r, statuses[:4])
		if r.IntN(2) == 0 {
			p.ExpiresAt = now.Add(1) // not expired yet
		}
		created[i] = p
	}
	createAll(t, store, created)
	for range queries {
		scope := peering.Scope{Tenant: pick(r, tenants)}
		filter := peering.Filter{
			Name:   sometimes(r, pick(r, names)),
			Status: sometimes(r, pick(r, statuses)),
			Tenant: sometimes(r, pick(r, tenants)),
			VPC:    sometimes(r, pick(r, vpcs)),
		}
		query := peering.Query{Limit: 1 + r.IntN(20), Filter: filter, Match: func(p peering.Peering) bool { return filter.Matches(p.At(now)) }}
		t.Run(fmt.Sprintf("%+v", filter), func(t *testing.T) {
			var want []peering.ID
			for _, p := range created {
				if scope.Contains(p) && filter.Matches(p.At(now)) {
					want = append(want, p.ID)
				}
			}
			wantIDs(t, listAllPages(t, store, scope, query), want)
		})
	}
}

// listAllPages returns the ids on all pages of a list.
func listAllPages(t *testing.T, store *etcd.Store, scope peering.Scope, query peering.Query) []peering.ID {
	t.Helper()
	var all []peering.ID
	for {
		ids, more := listIDs(t, store, scope, query)
		all = append(all, ids...)
		if !more {
			return all
		}
		query.After = ids[len(ids)-1]
	}
}

// sometimes returns the value or, mostly, the zero value.
func sometimes[T any](r *rand.Rand, value T) T {
	if r.IntN(3) == 0 {
		return value
	}
	var zero T
	return zero
}

// TestShortPageNeedsFewReads counts the reads for a short page of a tenant with
// many peerings.
func TestShortPageNeedsFewReads(t *testing.T) {
	const size = 4 * etcd.BatchSize
	store := newStore(t)
	tenant, vpc := newID(), newID()
	var rare []peering.ID
	peerings := make([]peering.Peering, size)
	for i := range peerings {
		p := newPeering(peering.VPC{ID: newID(), Tenant: tenant}, newVPC())
		p.Name, p.Status = "common", peering.Active
		if i%(size/2) == size/2-1 {
			p.Requester.ID, p.Name, p.Status = vpc, "rare", peering.Rejected
			rare = append(rare, p.ID)
		}
		peerings[i] = p
	}
	createAll(t, store, peerings)
	for _, tt := range []struct {
		name   string
		filter peering.Filter
		limit  int
		want   []peering.ID
	}{
		{"by VPC", peering.Filter{VPC: vpc}, 10, rare},
		{"by name", peering.Filter{Name: "rare"}, 10, rare},
		{"by status", peering.Filter{Status: peering.Rejected}, 10, rare},
		{"by a common name and a rare VPC", peering.Filter{Name: "common", VPC: vpc}, 10, nil},
		{"by a common status and a rare name", peering.Filter{Status: peering.Active, Name: "rare"}, 10, nil},
		{"by VPC, name and status", peering.Filter{VPC: vpc, Name: "rare", Status: peering.Rejected}, 10, rare},
		{"by another tenant", peering.Filter{Tenant: newID()}, 10, nil},
		{"by its own tenant", peering.Filter{Tenant: tenant, Name: "rare"}, 1, rare[:1]},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reads := 0
			counted := store.Intercepted(func(n int) { reads = n })
			got, _ := listIDs(t, counted, peering.Scope{Tenant: tenant}, peering.Query{Limit: tt.limit, Filter: tt.filter, Match: tt.filter.Matches})
			if !slices.Equal(got, tt.want) {
				t.Errorf("listed %v, want %v", got, tt.want)
			}
			if reads > 8 {
				t.Errorf("the page took %d reads; all of the tenant's peerings take %d", reads, 2*size/etcd.BatchSize)
			}
		})
	}
}
