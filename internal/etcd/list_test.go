package etcd_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/peering"
)

// createMany concurrently creates n peerings requested by the tenant and returns
// their ids in order.
func createMany(t *testing.T, store *etcd.Store, tenant peering.ID, n int) []peering.ID {
	t.Helper()
	requester := peering.VPC{ID: newID(), Tenant: tenant}
	peerings, ids := make([]peering.Peering, n), make([]peering.ID, n)
	for i := range n {
		peerings[i] = newPeering(requester, newVPC())
		peerings[i].Name = fmt.Sprintf("p%d", i)
		ids[i] = peerings[i].ID
	}
	createAll(t, store, peerings)
	return ids
}

// createAll creates the peerings concurrently.
func createAll(t *testing.T, store *etcd.Store, peerings []peering.Peering) {
	t.Helper()
	for _, err := range concurrently(len(peerings), func(i int) error { return tryCreate(t.Context(), store, peerings[i]) }) {
		wantCode(t, err, "")
	}
}

func listIDs(t *testing.T, store *etcd.Store, scope peering.Scope, query peering.Query) (ids []peering.ID, more bool) {
	t.Helper()
	if query.Match == nil {
		query.Match = matchAll
	}
	found, more, err := store.List(t.Context(), scope, query)
	wantCode(t, err, "")
	for _, p := range found {
		ids = append(ids, p.ID)
	}
	return ids, more
}

func wantIDs(t *testing.T, got, want []peering.ID) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("peerings are %v, want %v", got, want)
	}
}

// TestListAroundTheBatchSize lists pages that end just before, at and after the
// end of a batch.
func TestListAroundTheBatchSize(t *testing.T) {
	store := newStore(t)
	const size = 2*etcd.BatchSize + 1
	scope := peering.Scope{Tenant: newID()}
	ids := createMany(t, store, scope.Tenant, size)
	for _, from := range []int{0, 1, etcd.BatchSize, etcd.BatchSize + 1, size - 1, size} {
		for _, limit := range []int{0, 1, etcd.BatchSize - 1, etcd.BatchSize, etcd.BatchSize + 1, size - 1, size, size + 1} {
			t.Run(fmt.Sprintf("%d from %d", limit, from), func(t *testing.T) {
				query := peering.Query{Limit: limit}
				if from > 0 {
					query.After = ids[from-1]
				}
				to := size
				if limit > 0 {
					to = min(from+limit, size)
				}
				got, more := listIDs(t, store, scope, query)
				wantIDs(t, got, ids[from:to])
				if more != (to < size) {
					t.Errorf("more is %t, want %t", more, to < size)
				}
			})
		}
	}
	t.Run("one match in the last batch", func(t *testing.T) {
		last := ids[size-1]
		got, more := listIDs(t, store, scope, peering.Query{Limit: 1, Match: func(p peering.Peering) bool { return p.ID == last }})
		wantIDs(t, got, []peering.ID{last})
		if more {
			t.Error("there are more, want none")
		}
	})
}

// TestListPagesDuringChanges reads a long list in small pages. Between two pages
// it deletes a peering that was listed and one that was not, and creates one.
func TestListPagesDuringChanges(t *testing.T) {
	store := newStore(t)
	scope := peering.Scope{Tenant: newID()}
	old := createMany(t, store, scope.Tenant, 3*etcd.BatchSize+5)
	deleted, created := map[peering.ID]bool{}, []peering.ID{}
	remove := func(id peering.ID) {
		wantCode(t, apply(t, store, peering.Delete, id), "")
		deleted[id] = true
	}

	var seen []peering.ID
	for more := true; more; {
		query := peering.Query{Limit: 7}
		if len(seen) > 0 {
			query.After = seen[len(seen)-1]
		}
		var page []peering.ID
		page, more = listIDs(t, store, scope, query)
		for _, id := range page {
			if deleted[id] {
				t.Errorf("%s is listed, but was deleted", id)
			}
		}
		seen = append(seen, page...)
		if len(created) < 20 {
			remove(seen[len(seen)-1]) // the next page starts after a deleted id
			remove(old[len(old)-1-len(created)])
			created = append(created, createMany(t, store, scope.Tenant, 1)...)
		}
	}

	if !slices.IsSortedFunc(seen, byKey) {
		t.Error("the pages are not in order")
	}
	count := map[peering.ID]int{}
	for _, id := range seen {
		count[id]++
	}
	for _, id := range append(old, created...) {
		if n := count[id]; n > 1 || n == 0 && !deleted[id] {
			t.Errorf("%s is listed %d times, want once", id, n)
		}
	}
	wantConsistent(t, store)
}

func byKey(a, b peering.ID) int {
	return strings.Compare(a.Key(), b.Key())
}

// TestListReadsOneRevision makes changes between the reads of a list, which
// returns the peerings as they were when it began.
func TestListReadsOneRevision(t *testing.T) {
	const size = etcd.BatchSize + 10
	store := newStore(t)
	for _, at := range []int{2, 3, 4} { // each batch has one read for its ids and one for its records
		for _, compacted := range []bool{false, true} {
			t.Run(fmt.Sprintf("read %d, compacted %t", at, compacted), func(t *testing.T) {
				scope := peering.Scope{Tenant: newID()}
				ids := createMany(t, store, scope.Tenant, size)
				intercepted := store.Intercepted(func(n int) {
					if n != at {
						return
					}
					wantCode(t, apply(t, store, peering.Delete, ids[1]), "")
					wantCode(t, apply(t, store, peering.Delete, ids[size-1]), "")
					createMany(t, store, scope.Tenant, 1)
					if compacted {
						compactAll(t, store)
					}
				})
				want := size
				if compacted {
					want-- // the list began again
				}
				if got, more := listIDs(t, intercepted, scope, peering.Query{}); len(got) != want || more {
					t.Errorf("%d peerings are listed, more: %t; want %d and false", len(got), more, want)
				}
			})
		}
	}
}

func TestListGivesUpAfterRepeatedCompactions(t *testing.T) {
	store := newStore(t)
	scope := peering.Scope{Tenant: newID()}
	createMany(t, store, scope.Tenant, 2)
	intercepted := store.Intercepted(func(int) {
		createMany(t, store, scope.Tenant, 1)
		compactAll(t, store)
	})
	_, _, err := intercepted.List(t.Context(), scope, peering.Query{Match: matchAll})
	wantCode(t, err, peering.Unavailable)
}

// compactAll compacts all history.
func compactAll(t *testing.T, store *etcd.Store) {
	t.Helper()
	_, err := store.Client().Compact(t.Context(), currentRevision(t, store))
	wantCode(t, err, "")
}

func TestListByScope(t *testing.T) {
	store := newStore(t)
	cluster := putCluster(t, store, newCluster())
	longer := cluster
	longer.ID += "0"
	putCluster(t, store, longer)
	p := newPeering(cluster.VPC, newVPC())
	p.Cluster = cluster.ClusterRef
	create(t, store, p)
	q := newPeering(cluster.VPC, newVPC())
	q.Cluster = longer.ClusterRef
	create(t, store, q)
	own := newPeering(peering.VPC{ID: newID(), Tenant: p.Accepter.Tenant}, peering.VPC{ID: newID(), Tenant: p.Accepter.Tenant})
	create(t, store, own)
	tests := []struct {
		name  string
		scope peering.Scope
		want  []peering.ID
	}{
		{"requester's tenant", peering.Scope{Tenant: cluster.VPC.Tenant}, []peering.ID{p.ID, q.ID}},
		{"accepter's tenant, with a peering that has it on both sides", peering.Scope{Tenant: p.Accepter.Tenant}, []peering.ID{p.ID, own.ID}},
		{"cluster whose id is a prefix of another one's", peering.Scope{Cluster: cluster.ClusterRef}, []peering.ID{p.ID}},
		{"other cluster", peering.Scope{Cluster: longer.ClusterRef}, []peering.ID{q.ID}},
		{"tenant without peerings", peering.Scope{Tenant: newID()}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, _ := listIDs(t, store, tt.scope, peering.Query{})
			wantIDs(t, got, tt.want)
		})
	}
}
