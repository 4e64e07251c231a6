package etcd_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/peering"
)

// fill makes n peerings of the tenant, all at once, and answers their ids in order.
func fill(t *testing.T, store *etcd.Store, tenant peering.ID, n int) []peering.ID {
	t.Helper()
	requester := peering.VPC{ID: newID(), Tenant: tenant}
	peerings, ids := make([]peering.Peering, n), make([]peering.ID, n)
	for i := range n {
		peerings[i] = newPeering(requester, newVPC())
		peerings[i].Name = fmt.Sprintf("p%d", i)
		ids[i] = peerings[i].ID
	}
	for _, err := range race(n, func(i int) error { return tryCreate(t.Context(), store, peerings[i]) }) {
		wantCode(t, err, "")
	}
	return ids
}

func list(t *testing.T, store *etcd.Store, scope peering.Scope, query peering.Query) (ids []peering.ID, more bool) {
	t.Helper()
	if query.Match == nil {
		query.Match = all
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

// TestListAroundTheBatch asks for pages that end just before, at and after the end of what is read at a time.
func TestListAroundTheBatch(t *testing.T) {
	store := open(t)
	const size = 2*etcd.Batch + 1
	scope := peering.Scope{Tenant: newID()}
	ids := fill(t, store, scope.Tenant, size)
	for _, from := range []int{0, 1, etcd.Batch, etcd.Batch + 1, size - 1, size} {
		for _, limit := range []int{0, 1, etcd.Batch - 1, etcd.Batch, etcd.Batch + 1, size - 1, size, size + 1} {
			t.Run(fmt.Sprintf("%d from %d", limit, from), func(t *testing.T) {
				query := peering.Query{Limit: limit}
				if from > 0 {
					query.After = ids[from-1]
				}
				to := size
				if limit > 0 {
					to = min(from+limit, size)
				}
				got, more := list(t, store, scope, query)
				wantIDs(t, got, ids[from:to])
				if more != (to < size) {
					t.Errorf("more is %t, want %t", more, to < size)
				}
			})
		}
	}
	t.Run("one match in the last batch", func(t *testing.T) {
		last := ids[size-1]
		got, more := list(t, store, scope, peering.Query{Limit: 1, Match: func(p peering.Peering) bool { return p.ID == last }})
		wantIDs(t, got, []peering.ID{last})
		if more {
			t.Error("there are more, want none")
		}
	})
}

// TestListPagesWhileOthersWrite walks a long list in small pages. Between two pages, one peering behind and one ahead
// are deleted and one is made.
func TestListPagesWhileOthersWrite(t *testing.T) {
	store := open(t)
	scope := peering.Scope{Tenant: newID()}
	old := fill(t, store, scope.Tenant, 3*etcd.Batch+5)
	deleted, made := map[peering.ID]bool{}, []peering.ID{}
	remove := func(id peering.ID) {
		wantCode(t, act(t, store, peering.Delete, id), "")
		deleted[id] = true
	}

	var seen []peering.ID
	for more := true; more; {
		query := peering.Query{Limit: 7}
		if len(seen) > 0 {
			query.After = seen[len(seen)-1]
		}
		var page []peering.ID
		page, more = list(t, store, scope, query)
		for _, id := range page {
			if deleted[id] {
				t.Errorf("%s is listed after it was deleted", id)
			}
		}
		seen = append(seen, page...)
		if len(made) < 20 {
			remove(seen[len(seen)-1]) // the next page starts after an id that is gone
			remove(old[len(old)-1-len(made)])
			made = append(made, fill(t, store, scope.Tenant, 1)...)
		}
	}

	if !slices.IsSortedFunc(seen, byKey) {
		t.Error("the pages are not in order")
	}
	count := map[peering.ID]int{}
	for _, id := range seen {
		count[id]++
	}
	for _, id := range append(old, made...) {
		if n := count[id]; n > 1 || n == 0 && !deleted[id] {
			t.Errorf("%s is listed %d times, want once", id, n)
		}
	}
	invariants(t, store)
}

func byKey(a, b peering.ID) int {
	return strings.Compare(a.Key(), b.Key())
}

// TestListInterrupted changes peerings between the reads of a list, which shows them as they were when it began.
func TestListInterrupted(t *testing.T) {
	const size = etcd.Batch + 10
	store := open(t)
	for _, at := range []int{2, 3, 4} { // the keys of a batch are one read, its records another
		for _, forget := range []bool{false, true} {
			t.Run(fmt.Sprintf("read %d, history forgotten %t", at, forget), func(t *testing.T) {
				scope := peering.Scope{Tenant: newID()}
				ids := fill(t, store, scope.Tenant, size)
				interrupted := store.Interrupted(func(n int) {
					if n != at {
						return
					}
					wantCode(t, act(t, store, peering.Delete, ids[1]), "")
					wantCode(t, act(t, store, peering.Delete, ids[size-1]), "")
					fill(t, store, scope.Tenant, 1)
					if forget {
						compact(t, store)
					}
				})
				want := size
				if forget {
					want-- // the list began anew
				}
				if got, more := list(t, interrupted, scope, peering.Query{}); len(got) != want || more {
					t.Errorf("%d peerings are listed, more: %t; want %d and no more", len(got), more, want)
				}
			})
		}
	}
}

func TestListThatIsNeverDone(t *testing.T) {
	store := open(t)
	scope := peering.Scope{Tenant: newID()}
	fill(t, store, scope.Tenant, 2)
	interrupted := store.Interrupted(func(int) {
		fill(t, store, scope.Tenant, 1)
		compact(t, store)
	})
	_, _, err := interrupted.List(t.Context(), scope, peering.Query{Match: all})
	wantCode(t, err, peering.Unavailable)
}

// compact makes etcd forget all but what is there now.
func compact(t *testing.T, store *etcd.Store) {
	t.Helper()
	now, err := store.Client().Get(t.Context(), "/")
	wantCode(t, err, "")
	_, err = store.Client().Compact(t.Context(), now.Header.Revision)
	wantCode(t, err, "")
}

func TestListOfAScope(t *testing.T) {
	store := open(t)
	cluster := put(t, store, newCluster())
	longer := cluster
	longer.ID += "0"
	put(t, store, longer)
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
		{"the requester's tenant", peering.Scope{Tenant: cluster.VPC.Tenant}, []peering.ID{p.ID, q.ID}},
		{"the accepter's tenant, one on both sides once", peering.Scope{Tenant: p.Accepter.Tenant}, []peering.ID{p.ID, own.ID}},
		{"the cluster, not one whose id begins like its", peering.Scope{Cluster: cluster.ClusterRef}, []peering.ID{p.ID}},
		{"the other cluster", peering.Scope{Cluster: longer.ClusterRef}, []peering.ID{q.ID}},
		{"a stranger", peering.Scope{Tenant: newID()}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, _ := list(t, store, tt.scope, peering.Query{})
			wantIDs(t, got, tt.want)
		})
	}
}
