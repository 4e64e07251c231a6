package peering_test

import (
	"testing"

	"github.com/peering/peering/internal/peering"
)

func TestDeleteByEitherSideInAnyStatus(t *testing.T) {
	for _, status := range []peering.Status{peering.PendingAcceptance, peering.Active, peering.Rejected, peering.Expired} {
		for side, tenant := range map[string]func(*environment) peering.ID{
			"requester": func(env *environment) peering.ID { return env.requester.Tenant },
			"accepter":  func(env *environment) peering.ID { return env.accepter.Tenant },
		} {
			t.Run(string(status)+" by the "+side, func(t *testing.T) {
				env := newEnvironment(t)
				p := env.in(t, status)
				scope := peering.Scope{Tenant: tenant(env)}
				wantCode(t, env.Delete(t.Context(), scope, p.ID), "")
				wantCode(t, env.Delete(t.Context(), scope, p.ID), peering.NotFound)
				for _, tenant := range []peering.ID{env.requester.Tenant, env.accepter.Tenant} {
					_, err := env.Show(t.Context(), peering.Scope{Tenant: tenant}, p.ID)
					wantCode(t, err, peering.NotFound)
					found, _, err := env.List(t.Context(), peering.Scope{Tenant: tenant}, peering.Filter{}, "", 0)
					wantCode(t, err, "")
					wantIDs(t, found)
				}
			})
		}
	}
}

func TestDeleteAcceptsAnySpellingOfID(t *testing.T) {
	for spelling := range spellings("") {
		t.Run(spelling, func(t *testing.T) {
			env := newEnvironment(t)
			id := spellings(env.pending(t).ID)[spelling]
			wantCode(t, env.Delete(t.Context(), peering.Scope{Tenant: spellings(env.requester.Tenant)[spelling]}, id), "")
			env.pending(t) // succeeds
		})
	}
}

// The cluster's project is neither the requester nor the accepter.
func TestDeleteThroughCluster(t *testing.T) {
	env := newEnvironment(t)
	peer := peering.VPC{ID: newID(), Tenant: env.stranger}
	p, err := env.CreateForCluster(t.Context(), env.cluster.ClusterRef, peering.Peering{Name: "myVpc", Accepter: peer})
	wantCode(t, err, "")
	wantCode(t, env.Delete(t.Context(), peering.Scope{Tenant: env.cluster.Project}, p.ID), peering.NotFound)
	wantCode(t, env.Delete(t.Context(), peering.Scope{Cluster: env.cluster.ClusterRef}, p.ID), "")
	_, err = env.Show(t.Context(), peering.Scope{Tenant: env.stranger}, p.ID)
	wantCode(t, err, peering.NotFound)
}

func TestClusterScopeContainsOnlyItsPeerings(t *testing.T) {
	env := newEnvironment(t)
	own := env.clusterPending(t)
	sibling := newCluster(env.cluster.Project)
	sibling.ID = env.cluster.ID + "0"
	wantCode(t, env.EnsureClusters(t.Context(), []peering.Cluster{sibling}), "")
	siblings, err := env.CreateForCluster(
		t.Context(), sibling.ClusterRef, peering.Peering{Name: "myVpc", Accepter: env.accepter},
	)
	wantCode(t, err, "")
	// The tenant of the cluster's VPC requests this one itself, so it does not belong
	// to the cluster.
	without, err := env.Create(
		t.Context(), env.cluster.VPC.Tenant, peering.Peering{Requester: env.cluster.VPC, Accepter: env.requester},
	)
	wantCode(t, err, "")

	scope := peering.Scope{Cluster: env.cluster.ClusterRef}
	found, more, err := env.List(t.Context(), scope, peering.Filter{}, "", 0)
	wantCode(t, err, "")
	wantIDs(t, found, own.ID)
	if more {
		t.Error("more = true, want false")
	}
	for name, p := range map[string]peering.Peering{"of another cluster": siblings, "without a cluster": without} {
		t.Run(name, func(t *testing.T) {
			_, err := env.Show(t.Context(), scope, p.ID)
			wantCode(t, err, peering.NotFound)
			wantCode(t, env.Delete(t.Context(), scope, p.ID), peering.NotFound)
		})
	}
}

func TestClusterScopeFailsWithoutCluster(t *testing.T) {
	env := newEnvironment(t)
	p := env.clusterPending(t)
	scope := peering.Scope{Cluster: peering.ClusterRef{Project: env.stranger, ID: env.cluster.ID}}
	_, err := env.Show(t.Context(), scope, p.ID)
	wantCode(t, err, peering.ClusterNotFound)
	_, _, err = env.List(t.Context(), scope, peering.Filter{}, "", 0)
	wantCode(t, err, peering.ClusterNotFound)
	wantCode(t, env.Delete(t.Context(), scope, p.ID), peering.ClusterNotFound)
	_, err = env.Cluster(t.Context(), scope.Cluster)
	wantCode(t, err, peering.ClusterNotFound)
}
