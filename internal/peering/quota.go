package peering

// Quotas says how many peerings there may be at a time. Those that are neither pending nor active never count.
type Quotas struct {
	// Tenant is how many a tenant may have: those that it requests itself, and those of others that it has accepted.
	Tenant int
	// Cluster is how many may be requested for a cluster. They do not count for the tenant of the cluster's VPC.
	Cluster int
	// Pending is how many may wait for one tenant to accept them, whoever requests them.
	Pending int
}

// DefaultQuotas are those of the public service, and room for 100 requests that wait.
func DefaultQuotas() Quotas {
	return Quotas{Tenant: 50, Cluster: 50, Pending: 100}
}

// QuotaKind says what a quota limits.
type QuotaKind string

// The kinds of quotas, one for each of the Quotas.
const (
	TenantQuota  QuotaKind = "tenant"
	ClusterQuota QuotaKind = "cluster"
	PendingQuota QuotaKind = "pending"
)

// A Quota is what peerings count towards: that of a cluster or of a tenant.
type Counter struct {
	Kind    QuotaKind
	Tenant  ID
	Cluster ClusterRef
}

// Is tells whether both are the same quota.
func (q Counter) Equal(other Counter) bool {
	return q.Kind == other.Kind && q.Tenant.Equal(other.Tenant) && q.Cluster.Equal(other.Cluster)
}

// Quotas answers what the peering counts towards in its status, each once: on the requester's side the cluster or else
// the tenant, on the accepter's what waits for the tenant, or the tenant itself once it has accepted.
func (p Peering) Counters() []Counter {
	if !p.Status.Live() {
		return nil
	}
	requester := Counter{Kind: TenantQuota, Tenant: p.Requester.Tenant}
	if p.Cluster != (ClusterRef{}) {
		requester = Counter{Kind: ClusterQuota, Cluster: p.Cluster}
	}
	accepter := Counter{Kind: TenantQuota, Tenant: p.Accepter.Tenant}
	if p.Status == PendingAcceptance {
		accepter.Kind = PendingQuota
	}
	if accepter.Equal(requester) {
		return []Counter{requester}
	}
	return []Counter{requester, accepter}
}

// Allow answers QuotaExceeded where a quota of which so many are used has no room for one more.
func (l Quotas) Check(q Counter, used int) error {
	switch q.Kind {
	case ClusterQuota:
		if used >= l.Cluster {
			return Errorf(QuotaExceeded, "Cluster %s has %d peerings that are pending or active, of at most %d.", q.Cluster.ID, used, l.Cluster)
		}
	case PendingQuota:
		// How many others have asked a tenant is not the caller's business.
		if used >= l.Pending {
			return Errorf(QuotaExceeded, "Too many peerings wait for tenant %s; it has to accept or reject some of them first.", q.Tenant)
		}
	default:
		if used >= l.Tenant {
			return Errorf(QuotaExceeded, "Tenant %s has %d peerings that are pending or active, of at most %d.", q.Tenant, used, l.Tenant)
		}
	}
	return nil
}
