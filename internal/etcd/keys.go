package etcd

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/peering/peering/internal/peering"
)

// The keys, all below root. Ids are in the form of ID.Key, so that those of peerings sort by age.
//
//	peering/ID                    the record of a peering
//	pair/VPC/VPC                  the id of the live peering of the pair; the smaller VPC id comes first
//	route/ID/DESTINATION          the record of a route over the peering; it ends with the peering
//	cluster/PROJECT/CLUSTER       the record of a cluster
//	cluster-number                the number that was last given to a cluster
//
// A pair key exists exactly while the record that it names is stored with a live status. The indexes, without values:
//
//	tenant/TENANT/ID              a peering that the tenant stands on a side of; the same by
//	tenant-name/TENANT/NAME/ID    its name,
//	tenant-status/TENANT/STATUS/ID    the status that it is stored with,
//	tenant-vpc/TENANT/VPC/ID      the VPC of either side,
//	tenant-other/TENANT/OTHER/ID  the tenant on the other side
//	cluster-peering/PROJECT/CLUSTER/ID    a peering that was created for the cluster
//	expiry/TIME/ID                a peering that is stored as pending and expires then
//	quota/tenant/TENANT/ID        a peering that counts towards the quota; the same for
//	quota/pending/TENANT/ID       what waits for a tenant and
//	quota/cluster/PROJECT/CLUSTER/ID    clusters
//
// And what no peering has:
//
//	quota-guard/HASH              written by whoever adds to a quota of that hash, so that two of them notice each other
//	once/PROJECT/KEY              what an idempotency key of the project was used for, under a lease
//	restoring                     stands from the first step of a restore into a cluster to the last; until then nobody
//	                              else changes anything
//	election/NAME/LEASE           who is or wants to be the leader under the name, under a lease
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

// routePrefix is what the keys of all routes over a peering start with.
func routePrefix(id peering.ID) string {
	return root + "route/" + id.Key() + "/"
}

func routeKey(r peering.Route) string {
	return routePrefix(r.Peering) + r.Destination
}

const clusterNumberKey = root + "cluster-number"

// clusterPrefix is what the keys of all clusters of a project start with.
func clusterPrefix(project peering.ID) string {
	return root + "cluster/" + project.Key() + "/"
}

func clusterKey(ref peering.ClusterRef) string {
	return clusterPrefix(ref.Project) + ref.ID
}

func onceKey(once peering.Idempotency) string {
	return root + "once/" + once.Project.Key() + "/" + once.Key
}

const electionPrefix = root + "election/"

const restoringKey = root + "restoring"

// quotaPrefix is what the keys of all peerings that count towards a quota start with.
func quotaPrefix(q peering.Counter) string {
	prefix := root + "quota/" + string(q.Kind) + "/"
	if q.Kind == peering.ClusterQuota {
		return prefix + q.Cluster.Project.Key() + "/" + q.Cluster.ID + "/"
	}
	return prefix + q.Tenant.Key() + "/"
}

// guardKey is a key that quotas share by chance: a key for each quota would stay for ever.
func guardKey(q peering.Counter) string {
	return root + "quota-guard/" + fmt.Sprintf("%04x", guardNumber(q))
}

func guardNumber(q peering.Counter) uint16 {
	hash := sha256.Sum256([]byte(quotaPrefix(q)))
	return binary.BigEndian.Uint16(hash[:])
}

const expiryPrefix = root + "expiry/"

// expiryTime is a time in a form that sorts.
func expiryTime(t time.Time) string {
	return t.UTC().Format("20060102T150405.000000000")
}

// scopePrefix is what the index keys of all peerings of a scope start with.
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

// indexKeys are the index keys of a peering, each once.
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
	for _, q := range p.Counters() {
		prefixes = append(prefixes, quotaPrefix(q))
	}
	if p.Status == peering.PendingAcceptance {
		prefixes = append(prefixes, expiryPrefix+expiryTime(p.ExpiresAt)+"/")
	}
	for i, prefix := range prefixes {
		prefixes[i] = prefix + p.ID.Key()
	}
	return prefixes
}

// tenantPrefixes are what the index keys of a peering start with that one of its tenants has.
func tenantPrefixes(p peering.Peering, tenant peering.ID) []string {
	return []string{
		scopePrefix(peering.Scope{Tenant: tenant}),
		namePrefix(tenant, p.Name),
		statusPrefix(tenant, p.Status),
		vpcPrefix(tenant, p.Requester.ID),
		vpcPrefix(tenant, p.Accepter.ID),
	}
}

func absent(key string) clientv3.Cmp {
	return clientv3.Compare(clientv3.CreateRevision(key), "=", 0)
}

func present(key string) clientv3.Cmp {
	return clientv3.Compare(clientv3.CreateRevision(key), ">", 0)
}

// unchanged holds while the key was last written at the revision; 0 stands for a key that is not there.
func unchanged(key string, revision int64) clientv3.Cmp {
	return clientv3.Compare(clientv3.ModRevision(key), "=", revision)
}
