package e2e_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/e2e/harness"
)

// matrixFixture is the server of the authorization matrix and the resources on
// it.
type matrixFixture struct {
	*harness.Server

	etcd *clientv3.Client
	http *http.Client
	// clients are the identities' clients.
	clients map[harness.Identity]*client.Client
	// strangers are the stranger's resources.
	strangers resources
	// unused are resources by operation that no request has changed.
	unused map[string]resources
}

// resources are the ids that a request of the matrix names.
type resources struct {
	project, cluster, peering, route string
}

func newMatrixFixture(t *testing.T) *matrixFixture {
	t.Helper()
	endpoint, _ := startEtcd(t)
	etcd, err := clientv3.New(clientv3.Config{Endpoints: []string{endpoint}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = etcd.Close() })
	f := &matrixFixture{
		Server: harness.StartWithIdentities(t,
			"--etcd-endpoints", endpoint, "--quota-tenant", "10000", "--quota-pending", "10000"),
		etcd: etcd, http: harness.CheckedHTTP(t), clients: map[harness.Identity]*client.Client{},
	}
	for _, i := range harness.Identities {
		f.clients[i] = f.By(t, i)
	}
	f.strangers = f.createResources(t, harness.Outsider, harness.Outsider)
	f.discardResources()
	return f
}

// discardResources makes the next requests use new resources.
func (f *matrixFixture) discardResources() { f.unused = map[string]resources{} }

// createResources creates a cluster of the owner with an ACTIVE peering to a VPC
// of the accepter, and a route.
func (f *matrixFixture) createResources(t *testing.T, owner, accepter harness.Identity) resources {
	t.Helper()
	for {
		created, err := f.tryCreateResources(t, owner, accepter)
		if client.IsUnavailable(err) {
			continue // a busy machine: start over
		}
		if err != nil {
			t.Fatal(err)
		}
		return created
	}
}

func (f *matrixFixture) tryCreateResources(t *testing.T, owner, accepter harness.Identity) (resources, error) {
	t.Helper()
	ctx, c := t.Context(), f.clients[owner]
	cluster, err := c.CreateCluster(ctx, client.ClusterCreate{Name: "n"})
	if err != nil {
		return resources{}, err
	}
	p, err := c.CreatePeering(ctx, cluster, client.PeeringCreate{
		Name: "n", VPCID: uuid.NewString(), AcceptTenantID: accepter.Project,
	})
	if err != nil {
		return resources{}, err
	}
	if _, err := f.clients[accepter].AcceptVPCPeering(ctx, p.ID); err != nil {
		return resources{}, err
	}
	r, err := c.CreateRoute(ctx, cluster, p.ID, "192.168.0.0/16")
	if err != nil {
		return resources{}, err
	}
	return resources{project: owner.Project, cluster: cluster, peering: p.ID, route: r.ID}, nil
}

// resourcesFor returns unchanged resources for the request of an operation. The
// peering is pending for operations that accept or reject it, and deleted for
// deleteCluster, which it would prevent.
func (f *matrixFixture) resourcesFor(t *testing.T, id string) resources {
	t.Helper()
	if unused, ok := f.unused[id]; ok {
		return unused
	}
	created := f.createResources(t, harness.ClusterAdmin, harness.Accepter)
	ctx, c := t.Context(), f.clients[harness.ClusterAdmin]
	switch id {
	case "deleteCluster":
		if err := c.DeletePeering(ctx, created.cluster, created.peering); err != nil {
			t.Fatal(err)
		}
	case "acceptVpcPeering", "rejectVpcPeering":
		p, err := c.CreatePeering(ctx, created.cluster, client.PeeringCreate{
			Name: "n", VPCID: uuid.NewString(), AcceptTenantID: harness.Accepter.Project,
		})
		if err != nil {
			t.Fatal(err)
		}
		created.peering = p.ID
	}
	f.unused[id] = created
	return created
}

// matrixRequest is a request of the matrix.
type matrixRequest struct {
	method, path, body string
	headers            []string
}

func (f *matrixFixture) send(t *testing.T, r matrixRequest) harness.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), r.method, f.Endpoint+r.path, strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	return harness.SendWith(t, f.http, request, r.headers...)
}

// request returns the request of an operation for resources in a scenario.
func (f *matrixFixture) request(id string, s scenario, named resources) matrixRequest {
	var r matrixRequest
	for path, item := range harness.Contract.Paths.Map() {
		for method, o := range item.Operations() {
			if o.OperationID == id {
				r.method, r.path = method, path
			}
		}
	}
	caller, header := s.onCS, ""
	if strings.HasPrefix(r.path, "/v2.0/") {
		caller = s.onVPC
	}
	if s.otherProject {
		named.project, header = harness.StrangerTenant, harness.StrangerTenant
	}
	r.path = strings.NewReplacer("{project_id}", named.project, "{cluster_id}", named.cluster,
		"{peering_id}", named.peering, "{route_id}", named.route).Replace(r.path)
	r.body = matrixBody(id)
	if r.body != "" {
		r.headers = []string{"Content-Type", "application/json"}
	}
	if caller != nil {
		r.headers = append(r.headers, "X-Auth-Token", caller.Token())
	}
	if header != "" {
		r.headers = append(r.headers, "X-Project-Id", header)
	}
	return r
}

// matrixBody returns a valid body for an operation.
func matrixBody(id string) string {
	switch id {
	case "createPeering":
		return `{"name":"n","vpc_id":"` + uuid.NewString() + `","accept_tenant_id":"` + harness.AccepterTenant + `"}`
	case "createRoute":
		return `{"destination":"10.0.0.0/8"}`
	case "createVpcPeering":
		return vpcPeeringBody("n", uuid.NewString(), uuid.NewString())
	case "createCluster", "updateCluster":
		return `{"name":"m"}`
	case "updateVpcPeering":
		return `{"peering":{"name":"m"}}`
	default:
		return ""
	}
}

// revisions returns the revision at which each key of the store was written.
// It leaves out the election of the server that settles expired peerings.
func (f *matrixFixture) revisions(t *testing.T) map[string]int64 {
	t.Helper()
	resp, err := f.etcd.Get(t.Context(), "/peering/", clientv3.WithPrefix(), clientv3.WithKeysOnly())
	if err != nil {
		t.Fatal(err)
	}
	revisions := map[string]int64{}
	for _, kv := range resp.Kvs {
		if !strings.HasPrefix(string(kv.Key), "/peering/election/") {
			revisions[string(kv.Key)] = kv.ModRevision
		}
	}
	return revisions
}
