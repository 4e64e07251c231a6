package peering

// Quotas limit the number of live peerings, which are those that are pending or
// active.
type Quotas struct {
	// Tenant limits the live peerings that a tenant requested itself and the
	// active ones that it accepted.
	Tenant int
	// Cluster limits the live peerings of a cluster. They do not count towards
	// the quota of the tenant of the cluster's VPC.
	Cluster int
	// Pending limits the peerings that are pending a tenant's acceptance.
	Pending int
}

// DefaultQuotas returns the quotas of the public service, and at most 100
// peerings pending a tenant's acceptance.
func DefaultQuotas() Quotas {
	return Quotas{Tenant: 50, Cluster: 50, Pending: 100}
}

// QuotaKind identifies one of the Quotas.
type QuotaKind string

// Kinds of quotas.
const (
	TenantQuota  QuotaKind = "tenant"
	ClusterQuota QuotaKind = "cluster"
	PendingQuota QuotaKind = "pending"
)

// A Counter identifies the peerings that count towards one quota of a tenant or
// of a cluster.
type Counter struct {
	Kind    QuotaKind
	Tenant  ID
	Cluster ClusterRef
}

// Equal reports whether both are the same counter.
func (c Counter) Equal(other Counter) bool {
	return c.Kind == other.Kind && c.Tenant.Equal(other.Tenant) && c.Cluster.Equal(other.Cluster)
}

// Counters returns the distinct counters of which the peering is part in its
// status. On the requester's side that is the counter of the cluster or else of
// the tenant. On the accepter's side it is that of pending peerings or, once the
// peering is active, of the tenant.
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

// Check returns an error of code QuotaExceeded if a counter of the given value
// cannot be incremented.
func (q Quotas) Check(c Counter, count int) error {
	switch c.Kind {
	case ClusterQuota:
		if count >= q.Cluster {
			return Errorf(QuotaExceeded,
				"Cluster %s has %d pending or active peerings; the quota is %d.", c.Cluster.ID, count, q.Cluster)
		}
	case PendingQuota:
		// The message withholds the count because the caller may be another tenant.
		if count >= q.Pending {
			return Errorf(QuotaExceeded,
				"Too many peerings are pending acceptance by tenant %s; it must accept or reject some of them first.",
				c.Tenant)
		}
	default:
		if count >= q.Tenant {
			return Errorf(QuotaExceeded,
				"Tenant %s has %d pending or active peerings; the quota is %d.", c.Tenant, count, q.Tenant)
		}
	}
	return nil
}
