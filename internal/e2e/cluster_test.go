package e2e_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/e2e/harness"
)

func TestClusterLifecycle(t *testing.T) {
	t.Parallel()
	s := harness.NewSandbox(t)
	ctx, c := t.Context(), s.As(t, s.Project)
	id, err := c.CreateCluster(ctx, client.ClusterCreate{
		Name: "my cluster", Desc: "first", VPCCIDR: "10.1.0.0/16", SubnetCIDR: "10.1.2.0/24", SubnetGateway: "10.1.2.254",
		MaximumSPUQuota: new(int32(50)), Tags: "t", IsARMArch: true, SysEnterpriseProjectID: "7", ManagerNodeSPU: "3",
	})
	if err != nil {
		t.Fatal(err)
	}
	if id == s.ClusterID || strings.Trim(id, "0123456789") != "" {
		t.Errorf("the new cluster's id is %q", id)
	}
	shown, err := c.ShowCluster(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	want := client.Cluster{
		ClusterID: clusterNumber(t, id), Name: "my cluster", Desc: "first", StatusCode: 5, StatusName: "cluster_running",
		StatusDesc: "cluster_running", MaximumSPUQuota: 50, VPCCIDR: "10.1.0.0/16", SubnetCIDR: "10.1.2.0/24",
		SubnetGateway: "10.1.2.254", ManagerNodeSPU: "3", SysEnterpriseProjectID: "7", CreatedAt: shown.CreatedAt,
	}
	if shown != want || shown.CreatedAt == 0 {
		t.Errorf("show returned %+v, want %+v", shown, want)
	}

	p, err := c.CreatePeering(ctx, id, client.PeeringCreate{Name: "n", VPCID: s.PeerVPC})
	if err != nil {
		t.Fatal(err)
	}
	if p.RequestVPCInfo.TenantID != harness.ServiceTenant || p.RequestVPCInfo.VPCID == harness.ClusterVPC {
		t.Errorf("the requester is %+v, want a new VPC of the service tenant", p.RequestVPCInfo)
	}
	err = c.DeleteCluster(ctx, id)
	wantError(t, err, http.StatusBadRequest, "CS.22111")
	if err == nil || !strings.Contains(err.Error(), p.ID) {
		t.Errorf("the error does not name peering %s: %v", p.ID, err)
	}

	if err := c.UpdateCluster(ctx, id, client.ClusterUpdate{Name: "renamed", Desc: new("")}); err != nil {
		t.Error(err)
	}
	want.Name, want.Desc = "renamed", ""
	if got, err := c.ShowCluster(ctx, id); err != nil || got != want {
		t.Errorf("show after update returned %+v, %v; want %+v", got, err, want)
	}

	if _, err := c.RejectVPCPeering(ctx, p.ID); err != nil {
		t.Fatal(err)
	}
	if err := c.DeleteCluster(ctx, id); err != nil {
		t.Error(err)
	}
	_, err = c.ShowCluster(ctx, id)
	wantError(t, err, http.StatusBadRequest, "CS.20005")
	wantError(t, c.DeleteCluster(ctx, id), http.StatusBadRequest, "CS.20005")
	wantError(t, c.UpdateCluster(ctx, id, client.ClusterUpdate{Name: "n"}), http.StatusBadRequest, "CS.20005")
	_, err = c.CreatePeering(ctx, id, client.PeeringCreate{Name: "n", VPCID: s.OtherVPC})
	wantError(t, err, http.StatusBadRequest, "CS.20005")
	_, err = s.As(t, s.Stranger).ShowCluster(ctx, s.ClusterID)
	wantError(t, err, http.StatusBadRequest, "CS.20005")
	next, err := c.CreateCluster(ctx, client.ClusterCreate{Name: "n"})
	if err != nil || clusterNumber(t, next) <= clusterNumber(t, id) {
		t.Errorf("the next cluster's id is %s, %v; want more than %s", next, err, id)
	}
}

// clusterNumber returns a cluster's id as a number.
func clusterNumber(t *testing.T, id string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestClusterDefaults(t *testing.T) {
	t.Parallel()
	c := harness.Shared(t).As(t, harness.NewProject())
	id, err := c.CreateCluster(t.Context(), client.ClusterCreate{Name: "n"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.ShowCluster(t.Context(), id)
	if err != nil ||
		got.VPCCIDR != "172.16.0.0/23" || got.SubnetCIDR != "172.16.0.0/23" || got.SubnetGateway != "172.16.0.1" ||
		got.MaximumSPUQuota != 100 || got.ManagerNodeSPU != "2" || got.SysEnterpriseProjectID != "0" {
		t.Errorf("show returned %+v, %v", got, err)
	}
}

func TestListClusters(t *testing.T) {
	t.Parallel()
	s, project := harness.Shared(t), harness.NewProject()
	ctx, c := t.Context(), s.As(t, project)
	var ids []int64
	for i := range 12 {
		id, err := c.CreateCluster(ctx, client.ClusterCreate{Name: "n" + strconv.Itoa(i%2)})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, clusterNumber(t, id))
	}
	path := s.Endpoint + "/v1.0/" + project + "/reserved_clusters"
	at := func(i int) string { return strconv.FormatInt(ids[i], 10) }
	for _, tt := range []struct {
		name, query string
		total       int32
		want        []int
	}{
		{"default is ten, newest first", "", 12, []int{11, 10, 9, 8, 7, 6, 5, 4, 3, 2}},
		{"next page", "?cursor=" + at(2), 12, []int{1, 0}},
		{"ascending", "?order=asc&limit=3", 12, []int{0, 1, 2}},
		{"ascending, next page", "?order=asc&limit=3&cursor=" + at(2), 12, []int{3, 4, 5}},
		{"ascending, previous page", "?order=asc&limit=2&next=false&cursor=" + at(5), 12, []int{3, 4}},
		{"descending, previous page", "?limit=2&next=false&cursor=" + at(5), 12, []int{7, 6}},
		{"by name", "?order=asc&name=n1", 6, []int{1, 3, 5, 7, 9, 11}},
		{"by status running", "?status=5&limit=1&next=true", 12, []int{11}},
		{"by status creating", "?status=1", 0, nil},
		{"empty filters", "?name=&cursor=&limit=1", 12, []int{11}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := harness.Send(t, http.MethodGet, path+tt.query, "")
			var body struct {
				MessageID string `json:"message_id"`
				Payload   client.ClusterPage
			}
			if err := json.Unmarshal([]byte(got.Body), &body); err != nil || body.MessageID != "CS.20040" {
				t.Fatalf("got %d %s", got.Status, got.Body)
			}
			want := client.ClusterPage{Total: tt.total}
			for _, i := range tt.want {
				want.Clusters = append(want.Clusters, client.Cluster{ClusterID: ids[i]})
			}
			if body.Payload.Total != want.Total || len(body.Payload.Clusters) != len(want.Clusters) {
				t.Fatalf("got %s, want total %d and the clusters %+v", got.Body, want.Total, want.Clusters)
			}
			for i, cluster := range body.Payload.Clusters {
				if cluster.ClusterID != want.Clusters[i].ClusterID {
					t.Errorf("cluster %d is %d, want %d", i, cluster.ClusterID, want.Clusters[i].ClusterID)
				}
			}
		})
	}
}

func TestInvalidClustersAreRejected(t *testing.T) {
	t.Parallel()
	s := harness.NewSandbox(t)
	create, one := "/v1.0/"+s.Project+"/reserved_cluster", "/v1.0/"+s.Project+"/reserved_cluster/"+s.ClusterID
	const asJSON = "application/json"
	for _, tt := range []struct {
		name, method, path, body, contentType string
		status                                int
		code, field                           string
	}{
		{"no name", "POST", create, `{}`, asJSON, 400, "CS.10004", "body /name"},
		{"unknown member", "POST", create, `{"name":"n","vpc":"x"}`, asJSON, 400, "CS.10004", "body /vpc"},
		{"host bits in VPC CIDR", "POST", create, `{"name":"n","vpc_cidr":"10.0.0.1/8"}`, asJSON, 400, "CS.22112",
			"body /vpc_cidr"},
		{"address as VPC CIDR", "POST", create, `{"name":"n","vpc_cidr":"10.0.0.0"}`, asJSON, 400, "CS.10004",
			"body /vpc_cidr"},
		{"subnet outside VPC", "POST", create, `{"name":"n","vpc_cidr":"10.0.0.0/16","subnet_cidr":"10.1.0.0/24"}`, asJSON,
			400, "CS.22112", "body /subnet_cidr"},
		{"subnet larger than VPC", "POST", create, `{"name":"n","vpc_cidr":"10.0.0.0/16","subnet_cidr":"10.0.0.0/8"}`, asJSON,
			400, "CS.22112", "body /subnet_cidr"},
		{"gateway outside subnet", "POST", create, `{"name":"n","subnet_gateway":"10.0.0.1"}`, asJSON, 400, "CS.22112",
			"body /subnet_gateway"},
		{"quota of 0 units", "POST", create, `{"name":"n","maximum_spu_quota":0}`, asJSON, 400, "CS.10004",
			"body /maximum_spu_quota"},
		{"create as text/plain", "POST", create, `{"name":"n"}`, "text/plain", 415, "CS.22107", "header Content-Type"},
		{"create of 1 MiB", "POST", create, strings.Repeat(" ", 1<<20), asJSON, 413, "CS.22106", "body "},
		{"update without name", "PATCH", one, `{"desc":"d"}`, asJSON, 400, "CS.10004", "body /name"},
		{"update of VPC CIDR", "PATCH", one, `{"name":"n","vpc_cidr":"10.0.0.0/8"}`, asJSON, 400, "CS.10004",
			"body /vpc_cidr"},
		{"update as text/plain", "PATCH", one, `{"name":"n"}`, "text/plain", 415, "CS.22107", "header Content-Type"},
		{"update of 1 MiB", "PATCH", one, strings.Repeat(" ", 1<<20), asJSON, 413, "CS.22106", "body "},
		{"limit 0", "GET", create + "s?limit=0", "", asJSON, 400, "CS.22101", "query limit"},
		{"unknown order", "GET", create + "s?order=up", "", asJSON, 400, "CS.22101", "query order"},
		{"invalid cursor", "GET", create + "s?cursor=x", "", asJSON, 400, "CS.22101", "query cursor"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := harness.Send(t, tt.method, s.Endpoint+tt.path, tt.body, "Content-Type", tt.contentType)
			wantErrorBody(t, got, false, tt.status, tt.code, tt.field)
		})
	}
	page, err := s.As(t, s.Project).ListClusters(t.Context(), client.ClusterQuery{})
	if err != nil || page.Total != 1 || page.Clusters[0].Name != "mycluster" {
		t.Errorf("list returned %+v, %v; want the unchanged cluster only", page, err)
	}
}

func TestInventoryKeepsOtherClustersAndFields(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := harness.Start(t, dir)
	c := s.As(t, harness.Project)
	update := client.ClusterUpdate{Name: "renamed", Desc: new("kept")}
	if err := c.UpdateCluster(t.Context(), harness.ClusterID, update); err != nil {
		t.Fatal(err)
	}
	before, err := c.ShowCluster(t.Context(), harness.ClusterID)
	if err != nil {
		t.Fatal(err)
	}
	id, err := c.CreateCluster(t.Context(), client.ClusterCreate{Name: "created"})
	if err != nil {
		t.Fatal(err)
	}
	s.Stop()
	c = harness.Start(t, dir).As(t, harness.Project)
	after, err := c.ShowCluster(t.Context(), harness.ClusterID)
	before.Name = "mycluster" // the inventory has the name
	if err != nil || after != before {
		t.Errorf("show returned %+v, %v; want %+v", after, err, before)
	}
	if _, err := c.ShowCluster(t.Context(), id); err != nil {
		t.Error(err)
	}
}
