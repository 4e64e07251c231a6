package peering_test

import (
	"testing"

	"github.com/peering/peering/internal/peering"
)

func TestDeleteByEitherSideInEveryStatus(t *testing.T) {
	for _, status := range []peering.Status{peering.PendingAcceptance, peering.Active, peering.Rejected, peering.Expired} {
		for side, tenant := range map[string]func(*world) peering.ID{
			"requester": func(w *world) peering.ID { return w.requester.Tenant },
			"accepter":  func(w *world) peering.ID { return w.accepter.Tenant },
		} {
			t.Run(string(status)+" by the "+side, func(t *testing.T) {
				w := newWorld(t)
				p := w.in(t, status)
				scope := peering.Scope{Tenant: tenant(w)}
				wantCode(t, w.Delete(t.Context(), scope, p.ID), "")
				wantCode(t, w.Delete(t.Context(), scope, p.ID), peering.NotFound)
				for _, tenant := range []peering.ID{w.requester.Tenant, w.accepter.Tenant} {
					_, err := w.Show(t.Context(), peering.Scope{Tenant: tenant}, p.ID)
					wantCode(t, err, peering.NotFound)
					found, _, err := w.List(t.Context(), peering.Scope{Tenant: tenant}, peering.Filter{}, "", 0)
					wantCode(t, err, "")
					wantIDs(t, found)
				}
			})
		}
	}
}

func TestDeleteHoweverTheIDIsWritten(t *testing.T) {
	for how := range spellings("") {
		t.Run(how, func(t *testing.T) {
			w := newWorld(t)
			id := spellings(w.pending(t).ID)[how]
			wantCode(t, w.Delete(t.Context(), peering.Scope{Tenant: spellings(w.requester.Tenant)[how]}, id), "")
			w.pending(t) // the pair is free
		})
	}
}

// TestProjectOfTheClusterDeletes is about a peering on whose two sides the cluster's project does not stand.
func TestProjectOfTheClusterDeletes(t *testing.T) {
	w := newWorld(t)
	peer := peering.VPC{ID: newID(), Tenant: w.stranger}
	p, err := w.CreateForCluster(t.Context(), w.cluster.ClusterRef, peering.Peering{Name: "myVpc", Accepter: peer})
	wantCode(t, err, "")
	wantCode(t, w.Delete(t.Context(), peering.Scope{Tenant: w.cluster.Project}, p.ID), peering.NotFound)
	wantCode(t, w.Delete(t.Context(), peering.Scope{Cluster: w.cluster.ClusterRef}, p.ID), "")
	_, err = w.Show(t.Context(), peering.Scope{Tenant: w.stranger}, p.ID)
	wantCode(t, err, peering.NotFound)
}

func TestClusterSeesItsOwnOnly(t *testing.T) {
	w := newWorld(t)
	own := w.hanging(t)
	sibling := newCluster(w.cluster.Project)
	sibling.ID = w.cluster.ID + "0"
	wantCode(t, w.EnsureClusters(t.Context(), []peering.Cluster{sibling}), "")
	siblings, err := w.CreateForCluster(t.Context(), sibling.ClusterRef, peering.Peering{Name: "myVpc", Accepter: w.accepter})
	wantCode(t, err, "")
	// The tenant of the cluster's VPC asks for this one itself, so it does not hang on the cluster.
	without, err := w.Create(t.Context(), w.cluster.VPC.Tenant, peering.Peering{Requester: w.cluster.VPC, Accepter: w.requester})
	wantCode(t, err, "")

	scope := peering.Scope{Cluster: w.cluster.ClusterRef}
	found, more, err := w.List(t.Context(), scope, peering.Filter{}, "", 0)
	wantCode(t, err, "")
	wantIDs(t, found, own.ID)
	if more {
		t.Error("there are more, want none")
	}
	for name, p := range map[string]peering.Peering{"of another cluster": siblings, "without a cluster": without} {
		t.Run(name, func(t *testing.T) {
			_, err := w.Show(t.Context(), scope, p.ID)
			wantCode(t, err, peering.NotFound)
			wantCode(t, w.Delete(t.Context(), scope, p.ID), peering.NotFound)
		})
	}
}

func TestScopeOfAClusterThatIsNotThere(t *testing.T) {
	w := newWorld(t)
	p := w.hanging(t)
	scope := peering.Scope{Cluster: peering.ClusterRef{Project: w.stranger, ID: w.cluster.ID}}
	_, err := w.Show(t.Context(), scope, p.ID)
	wantCode(t, err, peering.ClusterNotFound)
	_, _, err = w.List(t.Context(), scope, peering.Filter{}, "", 0)
	wantCode(t, err, peering.ClusterNotFound)
	wantCode(t, w.Delete(t.Context(), scope, p.ID), peering.ClusterNotFound)
	_, err = w.Cluster(t.Context(), scope.Cluster)
	wantCode(t, err, peering.ClusterNotFound)
}
