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
	store := open(t)
	c := newCluster()
	wantCode(t, store.PutCluster(t.Context(), c, func(old, c peering.Cluster) (peering.Cluster, error) {
		t.Errorf("merge was given %+v for a cluster that was not there", old)
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
		t.Errorf("the name is %q, want what merge made, %q", got, want)
	}
	invariants(t, store)
}

func TestPutClusterWritesNothingWhereNothingChanges(t *testing.T) {
	refusal := errors.New("refused")
	store := open(t)
	for name, want := range map[string]error{"the cluster as it is": nil, "an error": refusal} {
		t.Run(name, func(t *testing.T) {
			c := put(t, store, newCluster())
			before := revision(t, store)
			err := store.PutCluster(t.Context(), c, func(_, c peering.Cluster) (peering.Cluster, error) { return c, want })
			if !errors.Is(err, want) {
				t.Errorf("error is %v, want %v", err, want)
			}
			if after := revision(t, store); after != before {
				t.Errorf("revision is %d, was %d", after, before)
			}
		})
	}
}

// TestPutClusterInterrupted changes the cluster between the read and the transaction that relies on it.
func TestPutClusterInterrupted(t *testing.T) {
	appendName := func(old, c peering.Cluster) (peering.Cluster, error) {
		old.Name += c.Name
		return old, nil
	}
	named := func(c peering.Cluster, name string) peering.Cluster {
		c.Name = name
		return c
	}
	tests := []struct {
		name      string
		there     bool // whether the cluster is there before, as "a"
		at        int  // the transaction before which "b" is put
		interrupt func(*testing.T, *etcd.Store, peering.Cluster)
		want      string
	}{
		{"when it is made", false, 1, func(t *testing.T, store *etcd.Store, c peering.Cluster) {
			t.Helper()
			put(t, store, named(c, "b"))
		}, "bc"},
		{"when it is changed", true, 2, func(t *testing.T, store *etcd.Store, c peering.Cluster) {
			t.Helper()
			wantCode(t, store.PutCluster(t.Context(), named(c, "b"), appendName), "")
		}, "abc"},
		{"when it is removed", true, 2, func(t *testing.T, store *etcd.Store, _ peering.Cluster) {
			t.Helper()
			for key := range dump(t, store) {
				if _, err := store.Client().Delete(t.Context(), key); err != nil {
					t.Error(err)
				}
			}
		}, "c"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			store := open(t)
			c := newCluster()
			if tt.there {
				put(t, store, named(c, "a"))
			}
			interrupted := store.Interrupted(func(n int) {
				if n == tt.at {
					tt.interrupt(t, store, c)
				}
			})
			wantCode(t, interrupted.PutCluster(t.Context(), named(c, "c"), appendName), "")
			if got := getCluster(t, store, c.ClusterRef).Name; got != tt.want {
				t.Errorf("the name is %q, want %q", got, tt.want)
			}
			invariants(t, store)
		})
	}
}

func TestClusterThatIsNotThere(t *testing.T) {
	store := open(t)
	c := put(t, store, newCluster())
	for name, ref := range map[string]peering.ClusterRef{
		"another id":      {Project: c.Project, ID: "1000001"},
		"another project": {Project: newID(), ID: c.ID},
		"none":            {},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := store.Cluster(t.Context(), ref)
			wantCode(t, err, peering.ClusterNotFound)
		})
	}
}

func TestCreateClusterTakesTheNextFreeNumber(t *testing.T) {
	const attempts = 10
	store := open(t)
	listed := newCluster() // as an inventory has it, under the first number
	put(t, store, listed)
	wanted := newCluster()
	wanted.Project = listed.Project
	made := make([]peering.Cluster, attempts)
	for _, err := range race(attempts, func(i int) (err error) {
		made[i], err = tryCluster(t.Context(), store, wanted)
		return err
	}) {
		wantCode(t, err, "")
	}
	numbers := map[int64]bool{}
	for _, c := range made {
		numbers[c.Number()] = true
		if got := getCluster(t, store, c.ClusterRef); got != c {
			t.Errorf("stored %+v, answered %+v", got, c)
		}
	}
	if len(numbers) != attempts || numbers[listed.Number()] {
		t.Errorf("the numbers are %v", numbers)
	}
	found, err := store.Clusters(t.Context(), listed.Project)
	wantCode(t, err, "")
	if len(found) != attempts+1 {
		t.Errorf("found %d clusters", len(found))
	}
	invariants(t, store)
}

func TestUpdateClusterInterruptedByAnother(t *testing.T) {
	store := open(t)
	c := put(t, store, newCluster())
	interrupted := store.Interrupted(func(n int) {
		if n == 2 {
			err := store.UpdateCluster(t.Context(), c.ClusterRef, func(c peering.Cluster) peering.Cluster {
				c.Description = "theirs"
				return c
			})
			wantCode(t, err, "")
		}
	})
	err := interrupted.UpdateCluster(t.Context(), c.ClusterRef, func(c peering.Cluster) peering.Cluster {
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
	store := open(t)
	c := put(t, store, newCluster())
	p := newPeering(c.VPC, newVPC())
	p.Cluster = c.ClusterRef
	create(t, store, p)
	wantCode(t, store.DeleteCluster(t.Context(), c.ClusterRef, live), peering.ClusterInUse)
	getCluster(t, store, c.ClusterRef)
	wantCode(t, act(t, store, peering.Reject, p.ID), "")
	wantCode(t, store.DeleteCluster(t.Context(), c.ClusterRef, live), "")
	wantCode(t, store.DeleteCluster(t.Context(), c.ClusterRef, live), peering.ClusterNotFound)
	wantStatus(t, store, p.ID, peering.Rejected)
}

// TestDeleteClusterInterrupted has a peering come up after the cluster was found to have none.
func TestDeleteClusterInterrupted(t *testing.T) {
	store := open(t)
	c := put(t, store, newCluster())
	p := newPeering(c.VPC, newVPC())
	p.Cluster = c.ClusterRef
	interrupted := store.Interrupted(func(n int) {
		if n == 3 { // behind the reads of the cluster and of its peerings
			create(t, store, p)
		}
	})
	wantCode(t, interrupted.DeleteCluster(t.Context(), c.ClusterRef, live), peering.ClusterInUse)
	getCluster(t, store, c.ClusterRef)
	invariants(t, store)
}
