package etcd_test

import (
	"testing"

	"github.com/peering/peering/internal/peering"
)

// TestConcurrentCreatesAtTheQuota makes 100 creations at once for which the quota
// has space for one, for each kind of quota.
func TestConcurrentCreatesAtTheQuota(t *testing.T) {
	const attempts = 100
	cluster, tenant := newCluster(), newID()
	for _, tt := range []struct {
		name   string
		quotas peering.Quotas
		next   func() peering.Peering
	}{
		{"tenant", peering.Quotas{Tenant: 3, Cluster: 1, Pending: 1}, func() peering.Peering {
			return newPeering(peering.VPC{ID: newID(), Tenant: tenant}, newVPC())
		}},
		{"pending", peering.Quotas{Tenant: 1, Cluster: 1, Pending: 3}, func() peering.Peering {
			return newPeering(newVPC(), peering.VPC{ID: newID(), Tenant: tenant})
		}},
		{"cluster", peering.Quotas{Tenant: 1, Cluster: 3, Pending: 1}, func() peering.Peering {
			p := newPeering(cluster.VPC, newVPC())
			p.Cluster = cluster.ClusterRef
			return p
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			store := newStore(t)
			putCluster(t, store, cluster)
			requests := make([]peering.Peering, attempts+2)
			for i := range requests {
				requests[i] = tt.next()
			}
			try := func(p peering.Peering) error {
				_, _, err := store.Create(t.Context(), p, peering.Idempotency{}, tt.quotas)
				return err
			}
			wantCode(t, try(requests[attempts]), "")
			wantCode(t, try(requests[attempts+1]), "")
			wantOneSuccess(t, concurrently(attempts, func(i int) error { return try(requests[i]) }), peering.QuotaExceeded)
			wantConsistent(t, store)
			wantCode(t, apply(t, store, peering.Delete, requests[attempts].ID), "")
			wantCode(t, try(tt.next()), "")
			wantCode(t, try(tt.next()), peering.QuotaExceeded)
		})
	}
}

// TestConcurrentAcceptsAtTheQuota accepts more peerings at once than the
// accepter's quota allows.
func TestConcurrentAcceptsAtTheQuota(t *testing.T) {
	store, tenant := newStore(t), newID()
	quotas := peering.Quotas{Tenant: 1, Cluster: 1, Pending: 9}
	accept := func(id peering.ID) error {
		_, err := store.Update(t.Context(), id, quotas, applying(peering.Accept))
		return err
	}
	pending := make([]peering.Peering, 8)
	for i := range pending {
		pending[i] = create(t, store, newPeering(newVPC(), peering.VPC{ID: newID(), Tenant: tenant}))
	}
	wantOneSuccess(t, concurrently(len(pending), func(i int) error { return accept(pending[i].ID) }), peering.QuotaExceeded)
	wantConsistent(t, store)
}

// TestCreateConflictAtTheQuota uses up the quota between the count and the
// transaction.
func TestCreateConflictAtTheQuota(t *testing.T) {
	store, tenant := newStore(t), newID()
	next := func() peering.Peering { return newPeering(peering.VPC{ID: newID(), Tenant: tenant}, newVPC()) }
	intercepted := store.Intercepted(func(n int) {
		if n == 2 {
			create(t, store, next())
		}
	})
	_, _, err := intercepted.Create(t.Context(), next(), peering.Idempotency{}, peering.Quotas{Tenant: 1, Cluster: 1, Pending: 1})
	wantCode(t, err, peering.QuotaExceeded)
	wantConsistent(t, store)
}
