package etcd

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/peering/peering/internal/peering"
)

// All keys of the store start with root. Ids have the form of ID.Key, so the ids
// of peerings sort by age. These keys have a record or an id as their value:
//
//	peering/ID                    the record of a peering
//	pair/VPC/VPC                  the id of the live peering of a pair; the smaller VPC id comes first
//	route/ID/DESTINATION          the record of a route over the peering, deleted with it
//	cluster/PROJECT/CLUSTER       the record of a cluster
//	cluster-number                the number of the latest cluster that was created
//
// A pair key exists if and only if the peering that it names is stored with a
// live status. The index keys have no value:
//
//	tenant/TENANT/ID              the peerings of a tenant, on either side, and by
//	tenant-name/TENANT/NAME/ID        name,
//	tenant-status/TENANT/STATUS/ID    stored status,
//	tenant-vpc/TENANT/VPC/ID          VPC of either side,
//	tenant-other/TENANT/OTHER/ID      tenant of the other side
//	cluster-peering/PROJECT/CLUSTER/ID    the peerings that were created for a cluster
//	expiry/TIME/ID                the peerings stored as pending, by the time at which they expire
//	quota/tenant/TENANT/ID        the peerings that count towards a tenant's quota,
//	quota/pending/TENANT/ID       the pending ones that wait for a tenant,
//	quota/cluster/PROJECT/CLUSTER/ID    those of a cluster
//
// The remaining keys do not belong to a peering:
//
//	quota-guard/HASH              written by every transaction that adds to a quota with this hash
//	once/PROJECT/KEY              an idempotency record, with a lease
//	restoring                     exists during a restore into a cluster; no other change succeeds until then
//	election/NAME/LEASE           a candidate in an election, with a lease
const root = "/peering/"

func peeringKey(id peering.ID) string {
	return root + "peering/" + id.Key()
}

func pairKey(p peering.Peering) string {
	a, b := p.Requester.ID.Key(), p.Accepter.ID.Key()
	if b < a {
		a, b = b, a
	}
	return root + "pair/" + a + "/" + b
}

// routePrefix is the prefix of the keys of all routes over a peering.
func routePrefix(id peering.ID) string {
	return root + "route/" + id.Key() + "/"
}

func routeKey(r peering.Route) string {
	return routePrefix(r.Peering) + r.Destination
}

const clusterNumberKey = root + "cluster-number"

// clusterPrefix is the prefix of the keys of all clusters of a project.
func clusterPrefix(project peering.ID) string {
	return root + "cluster/" + project.Key() + "/"
}

func clusterKey(ref peering.ClusterRef) string {
	return clusterPrefix(ref.Project) + ref.ID
}

func idempotencyKey(idem peering.Idempotency) string {
	return root + "once/" + idem.Project.Key() + "/" + idem.Key
}

const electionPrefix = root + "election/"

const restoringKey = root + "restoring"

// quotaPrefix is the prefix of the keys of all peerings that a counter counts.
func quotaPrefix(c peering.Counter) string {
	prefix := root + "quota/" + string(c.Kind) + "/"
	if c.Kind == peering.ClusterQuota {
		return prefix + c.Cluster.Project.Key() + "/" + c.Cluster.ID + "/"
	}
	return prefix + c.Tenant.Key() + "/"
}

// guardKey returns the guard key of a counter. Counters share guard keys by
// hash, because a guard key is never deleted.
func guardKey(c peering.Counter) string {
	return root + "quota-guard/" + fmt.Sprintf("%04x", guardNumber(c))
}

func guardNumber(c peering.Counter) uint16 {
	hash := sha256.Sum256([]byte(quotaPrefix(c)))
	return binary.BigEndian.Uint16(hash[:])
}

const expiryPrefix = root + "expiry/"

// expiryTime formats a time so that times sort chronologically.
func expiryTime(t time.Time) string {
	return t.UTC().Format("20060102T150405.000000000")
}

// scopePrefix is the prefix of the index keys of all peerings in a scope.
func scopePrefix(scope peering.Scope) string {
	if scope.Cluster != (peering.ClusterRef{}) {
		return root + "cluster-peering/" + scope.Cluster.Project.Key() + "/" + scope.Cluster.ID + "/"
	}
	return root + "tenant/" + scope.Tenant.Key() + "/"
}

func namePrefix(tenant peering.ID, name string) string {
	return root + "tenant-name/" + tenant.Key() + "/" + name + "/"
}

func statusPrefix(tenant peering.ID, status peering.Status) string {
	return root + "tenant-status/" + tenant.Key() + "/" + string(status) + "/"
}

func vpcPrefix(tenant, vpc peering.ID) string {
	return root + "tenant-vpc/" + tenant.Key() + "/" + vpc.Key() + "/"
}

func otherPrefix(tenant, other peering.ID) string {
	return root + "tenant-other/" + tenant.Key() + "/" + other.Key() + "/"
}

// indexKeys returns the index keys of a peering, without duplicates.
func indexKeys(p peering.Peering) []string {
	requester, accepter := p.Requester.Tenant, p.Accepter.Tenant
	prefixes := tenantPrefixes(p, requester)
	if !accepter.Equal(requester) {
		prefixes = append(prefixes, tenantPrefixes(p, accepter)...)
		prefixes = append(prefixes, otherPrefix(requester, accepter), otherPrefix(accepter, requester))
	}
	if p.Cluster != (peering.ClusterRef{}) {
		prefixes = append(prefixes, scopePrefix(peering.Scope{Cluster: p.Cluster}))
	}
	for _, c := range p.Counters() {
		prefixes = append(prefixes, quotaPrefix(c))
	}
	if p.Status == peering.PendingAcceptance {
		prefixes = append(prefixes, expiryPrefix+expiryTime(p.ExpiresAt)+"/")
	}
	for i, prefix := range prefixes {
		prefixes[i] = prefix + p.ID.Key()
	}
	return prefixes
}

// tenantPrefixes returns the prefixes of a peering's index keys for one of its
// tenants.
func tenantPrefixes(p peering.Peering, tenant peering.ID) []string {
	return []string{
		scopePrefix(peering.Scope{Tenant: tenant}),
		namePrefix(tenant, p.Name),
		statusPrefix(tenant, p.Status),
		vpcPrefix(tenant, p.Requester.ID),
		vpcPrefix(tenant, p.Accepter.ID),
	}
}

// absent compares equal if the key does not exist.
func absent(key string) clientv3.Cmp {
	return clientv3.Compare(clientv3.CreateRevision(key), "=", 0)
}

// present compares equal if the key exists.
func present(key string) clientv3.Cmp {
	return clientv3.Compare(clientv3.CreateRevision(key), ">", 0)
}

// unchanged compares equal if the key was last written at the revision. Revision
// 0 means that the key does not exist.
func unchanged(key string, revision int64) clientv3.Cmp {
	return clientv3.Compare(clientv3.ModRevision(key), "=", revision)
}
