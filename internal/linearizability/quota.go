package linearizability

import (
	"slices"

	"github.com/peering/peering/internal/peering"
)

// A quota is one kind of quota of a tenant or of the cluster.
type quota struct {
	kind   peering.QuotaKind
	tenant int
}

// quotas returns the quotas that a creation counts towards in a status.
func (c creation) quotas(status byte) []quota {
	if !live(status) {
		return nil
	}
	requester := quota{peering.TenantQuota, c.requester.tenant}
	if c.requester == clusterSide {
		requester.kind = peering.ClusterQuota
	}
	accepter := quota{peering.PendingQuota, c.accepter.tenant}
	if status == active {
		accepter.kind = peering.TenantQuota
	}
	if accepter == requester {
		return []quota{requester}
	}
	return []quota{requester, accepter}
}

// exhausted reports whether any of the quotas is used up.
func (s *scope) exhausted(state string, quotas []quota) bool {
	limits := map[peering.QuotaKind]int{
		peering.TenantQuota:  s.recorder.quotas.Tenant,
		peering.ClusterQuota: s.recorder.quotas.Cluster,
		peering.PendingQuota: s.recorder.quotas.Pending,
	}
	return slices.ContainsFunc(quotas, func(q quota) bool {
		used := 0
		for i, c := range s.creations {
			if slices.Contains(c.quotas(state[i]), q) {
				used++
			}
		}
		return used >= limits[q.kind]
	})
}
