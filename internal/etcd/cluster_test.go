package etcd_test

import (
	"errors"
	"testing"

	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/peering"
)

func getCluster(t *testing.T, store *etcd.Store, ref peering.ClusterRef) peering.Cluster {
	t.Helper()
	c, err := store.Cluster(t.Context(), ref)
	wantCode(t, err, "")
	return c
}

func TestPutCluster(t *testing.T) {
	store := newStore(t)
	c := newCluster()
	wantCode(t, store.PutCluster(t.Context(), c, func(old, c peering.Cluster) (peering.Cluster, error) {
		t.Errorf("merge was called with %+v, but there is no cluster", old)
		return c, nil
	}), "")
	if got := getCluster(t, store, c.ClusterRef); got != c {
		t.Errorf("got %+v, want %+v", got, c)
	}

	renamed := c
	renamed.Name = "renamed"
	wantCode(t, store.PutCluster(t.Context(), renamed, func(old, c peering.Cluster) (peering.Cluster, error) {
		old.Name += " " + c.Name
		return old, nil
	}), "")
	if got, want := getCluster(t, store, c.ClusterRef).Name, c.Name+" renamed"; got != want {
		t.Errorf("name is %q, want the result of merge, %q", got, want)
	}
	wantConsistent(t, store)
}

func TestPutClusterWithoutAChangeWritesNothing(t *testing.T) {
	refusal := errors.New("refused")
	store := newStore(t)
	for name, want := range map[string]error{"merge returns the old cluster": nil, "merge returns an error": refusal} {
		t.Run(name, func(t *testing.T) {
			c := putCluster(t, store, newCluster())
			before := currentRevision(t, store)
			err := store.PutCluster(t.Context(), c, func(_, c peering.Cluster) (peering.Cluster, error) { return c, want })
			if !errors.Is(err, want) {
				t.Errorf("error is %v, want %v", err, want)
			}
			if after := currentRevision(t, store); after != before {
				t.Errorf("revision is %d, was %d", after, before)
			}
		})
	}
}

// TestPutClusterConflict changes the cluster before the transaction that relies
// on its state.
func TestPutClusterConflict(t *testing.T) {
	appendName := func(old, c peering.Cluster) (peering.Cluster, error) {
		old.Name += c.Name
		return old, nil
	}
	named := func(c peering.Cluster, name string) peering.Cluster {
		c.Name = name
		return c
	}
	tests := []struct {
		name     string
		exists   bool // whether the cluster exists before, with the name "a"
		at       int  // the transaction before which conflict is called
		conflict func(*testing.T, *etcd.Store, peering.Cluster)
		want     string
	}{
		{"created in between", false, 1, func(t *testing.T, store *etcd.Store, c peering.Cluster) {
			t.Helper()
			putCluster(t, store, named(c, "b"))
		}, "bc"},
		{"changed in between", true, 2, func(t *testing.T, store *etcd.Store, c peering.Cluster) {
			t.Helper()
			wantCode(t, store.PutCluster(t.Context(), named(c, "b"), appendName), "")
		}, "abc"},
		{"deleted in between", true, 2, func(t *testing.T, store *etcd.Store, _ peering.Cluster) {
			t.Helper()
			for key := range dumpKeys(t, store) {
				if _, err := store.Client().Delete(t.Context(), key); err != nil {
					t.Error(err)
				}
			}
		}, "c"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			store := newStore(t)
			c := newCluster()
			if tt.exists {
				putCluster(t, store, named(c, "a"))
			}
			intercepted := store.Intercepted(func(n int) {
				if n == tt.at {
					tt.conflict(t, store, c)
				}
			})
			wantCode(t, intercepted.PutCluster(t.Context(), named(c, "c"), appendName), "")
			if got := getCluster(t, store, c.ClusterRef).Name; got != tt.want {
				t.Errorf("name is %q, want %q", got, tt.want)
			}
			wantConsistent(t, store)
		})
	}
}

func TestClusterNotFound(t *testing.T) {
	store := newStore(t)
	c := putCluster(t, store, newCluster())
	for name, ref := range map[string]peering.ClusterRef{
		"another id":      {Project: c.Project, ID: "1000001"},
		"another project": {Project: newID(), ID: c.ID},
		"zero reference":  {},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := store.Cluster(t.Context(), ref)
			wantCode(t, err, peering.ClusterNotFound)
		})
	}
}

func TestCreateClusterUsesTheNextFreeNumber(t *testing.T) {
	const attempts = 10
	store := newStore(t)
	fromInventory := putCluster(t, store, newCluster()) // it has the first number
	request := newCluster()
	request.Project = fromInventory.Project
	created := make([]peering.Cluster, attempts)
	for _, err := range concurrently(attempts, func(i int) (err error) {
		created[i], err = tryCreateCluster(t.Context(), store, request)
		return err
	}) {
		wantCode(t, err, "")
	}
	numbers := map[int64]bool{}
	for _, c := range created {
		numbers[c.Number()] = true
		if got := getCluster(t, store, c.ClusterRef); got != c {
			t.Errorf("stored %+v, but returned %+v", got, c)
		}
	}
	if len(numbers) != attempts || numbers[fromInventory.Number()] {
		t.Errorf("numbers are %v, want %d that differ from %d", numbers, attempts, fromInventory.Number())
	}
	found, err := store.Clusters(t.Context(), fromInventory.Project)
	wantCode(t, err, "")
	if len(found) != attempts+1 {
		t.Errorf("found %d clusters, want %d", len(found), attempts+1)
	}
	wantConsistent(t, store)
}

func TestUpdateClusterConflict(t *testing.T) {
	store := newStore(t)
	c := putCluster(t, store, newCluster())
	intercepted := store.Intercepted(func(n int) {
		if n == 2 {
			err := store.UpdateCluster(t.Context(), c.ClusterRef, func(c peering.Cluster) peering.Cluster {
				c.Description = "theirs"
				return c
			})
			wantCode(t, err, "")
		}
	})
	err := intercepted.UpdateCluster(t.Context(), c.ClusterRef, func(c peering.Cluster) peering.Cluster {
		c.Name = "ours"
		return c
	})
	wantCode(t, err, "")
	if got := getCluster(t, store, c.ClusterRef); got.Name != "ours" || got.Description != "theirs" {
		t.Errorf("stored %+v, want both changes", got)
	}
	wantCode(t, store.UpdateCluster(t.Context(), newCluster().ClusterRef, func(c peering.Cluster) peering.Cluster { return c }),
		peering.ClusterNotFound)
}

func live(p peering.Peering) bool { return p.Status.Live() }

func TestDeleteCluster(t *testing.T) {
	store := newStore(t)
	c := putCluster(t, store, newCluster())
	p := newPeering(c.VPC, newVPC())
	p.Cluster = c.ClusterRef
	create(t, store, p)
	wantCode(t, store.DeleteCluster(t.Context(), c.ClusterRef, live), peering.ClusterInUse)
	getCluster(t, store, c.ClusterRef)
	wantCode(t, apply(t, store, peering.Reject, p.ID), "")
	wantCode(t, store.DeleteCluster(t.Context(), c.ClusterRef, live), "")
	wantCode(t, store.DeleteCluster(t.Context(), c.ClusterRef, live), peering.ClusterNotFound)
	wantStatus(t, store, p.ID, peering.Rejected)
}

// TestDeleteClusterConflict creates a peering for the cluster after the cluster
// was found to have none.
func TestDeleteClusterConflict(t *testing.T) {
	store := newStore(t)
	c := putCluster(t, store, newCluster())
	p := newPeering(c.VPC, newVPC())
	p.Cluster = c.ClusterRef
	intercepted := store.Intercepted(func(n int) {
		if n == 3 { // after the reads of the cluster and of its peerings
			create(t, store, p)
		}
	})
	wantCode(t, intercepted.DeleteCluster(t.Context(), c.ClusterRef, live), peering.ClusterInUse)
	getCluster(t, store, c.ClusterRef)
	wantConsistent(t, store)
}
