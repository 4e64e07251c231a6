package e2e_test

import (
	"fmt"
	"strings"
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/e2e/harness"
)

// matrixWorld is what the cells of the matrix share.
type matrixWorld struct {
	*harness.Server

	t    *testing.T
	etcd *clientv3.Client
	// others are the stranger's.
	others things
	vpcs   int
}

// things are what a request of the matrix is about.
type things struct {
	project, cluster, peering, route string
}

// nextVPC answers the id of a VPC that no test has.
func (w *matrixWorld) nextVPC() string {
	w.vpcs++
	return fmt.Sprintf("%032x", w.vpcs)
}

// things makes a cluster with an ACTIVE peering to a VPC of somebody, and a route.
func (w *matrixWorld) things(owner, accepter harness.Identity) things {
	w.t.Helper()
	for {
		made, err := w.tryThings(owner, accepter)
		if client.IsUnavailable(err) {
			continue // a busy machine: others are made
		}
		if err != nil {
			w.t.Fatal(err)
		}
		return made
	}
}

func (w *matrixWorld) tryThings(owner, accepter harness.Identity) (things, error) {
	w.t.Helper()
	ctx, c := w.t.Context(), w.By(w.t, owner)
	cluster, err := c.CreateCluster(ctx, client.ClusterCreate{Name: "n"})
	if err != nil {
		return things{}, err
	}
	p, err := c.CreatePeering(ctx, cluster, client.PeeringCreate{Name: "n", VPCID: w.nextVPC(), AcceptTenantID: accepter.Project})
	if err != nil {
		return things{}, err
	}
	if _, err := w.By(w.t, accepter).AcceptVPCPeering(ctx, p.ID); err != nil {
		return things{}, err
	}
	r, err := c.CreateRoute(ctx, cluster, p.ID, "192.168.0.0/16")
	if err != nil {
		return things{}, err
	}
	return things{project: owner.Project, cluster: cluster, peering: p.ID, route: r.ID}, nil
}

// thingsFor makes what the request of an operation is about. A peering waits where it is to be answered, and is none where it would
// hold a cluster that is to be deleted.
func (w *matrixWorld) thingsFor(id string) things {
	w.t.Helper()
	made := w.things(harness.ClusterAdmin, harness.Accepter)
	ctx, c := w.t.Context(), w.By(w.t, harness.ClusterAdmin)
	switch id {
	case "deleteCluster":
		if err := c.DeletePeering(ctx, made.cluster, made.peering); err != nil {
			w.t.Fatal(err)
		}
	case "acceptVpcPeering", "rejectVpcPeering":
		p, err := c.CreatePeering(ctx, made.cluster, client.PeeringCreate{Name: "n", VPCID: w.nextVPC(), AcceptTenantID: harness.Accepter.Project})
		if err != nil {
			w.t.Fatal(err)
		}
		made.peering = p.ID
	}
	return made
}

// matrixRequest is a request of the matrix.
type matrixRequest struct {
	method, path, body string
	headers            []string
}

func (w *matrixWorld) send(t *testing.T, r matrixRequest) harness.Response {
	t.Helper()
	return harness.Send(t, r.method, w.Endpoint+r.path, r.body, r.headers...)
}

// request answers the request of an operation about some things, as an approach makes it.
func (w *matrixWorld) request(id string, a approach, about things) matrixRequest {
	var r matrixRequest
	who, header := a.onCS, ""
	for path, item := range harness.Contract.Paths.Map() {
		for method, o := range item.Operations() {
			if o.OperationID == id {
				r.method, r.path = method, path
			}
		}
	}
	if strings.HasPrefix(r.path, "/v2.0/") {
		who = a.onVPC
	}
	if a.project {
		about.project, header = harness.StrangerTenant, harness.StrangerTenant
	}
	r.path = strings.NewReplacer("{project_id}", about.project, "{cluster_id}", about.cluster,
		"{peering_id}", about.peering, "{route_id}", about.route).Replace(r.path)
	r.body = w.body(id)
	if r.body != "" {
		r.headers = []string{"Content-Type", "application/json"}
	}
	if who != nil {
		r.headers = append(r.headers, "X-Auth-Token", who.Token())
	}
	if header != "" {
		r.headers = append(r.headers, "X-Project-Id", header)
	}
	return r
}

// body answers a body of an operation that can be granted.
func (w *matrixWorld) body(id string) string {
	switch id {
	case "createPeering":
		return `{"name":"n","vpc_id":"` + w.nextVPC() + `","accept_tenant_id":"` + harness.AccepterTenant + `"}`
	case "createRoute":
		return `{"destination":"10.0.0.0/8"}`
	case "createVpcPeering":
		return `{"peering":{"name":"n","request_vpc_info":{"vpc_id":"` + w.nextVPC() + `"},"accept_vpc_info":{"vpc_id":"` + w.nextVPC() + `"}}}`
	case "createCluster", "updateCluster":
		return `{"name":"m"}`
	case "updateVpcPeering":
		return `{"peering":{"name":"m"}}`
	default:
		return ""
	}
}

// stored answers at which revision each key was last written that is stored, but for who is elected to settle what has
// expired.
func (w *matrixWorld) stored() map[string]int64 {
	w.t.Helper()
	resp, err := w.etcd.Get(w.t.Context(), "/peering/", clientv3.WithPrefix(), clientv3.WithKeysOnly())
	if err != nil {
		w.t.Fatal(err)
	}
	all := map[string]int64{}
	for _, kv := range resp.Kvs {
		if !strings.HasPrefix(string(kv.Key), "/peering/election/") {
			all[string(kv.Key)] = kv.ModRevision
		}
	}
	return all
}
