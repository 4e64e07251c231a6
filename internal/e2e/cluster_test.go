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

func TestClustersThroughTheSDK(t *testing.T) {
	dir := t.TempDir()
	s := harness.Start(t, dir)
	ctx, c := t.Context(), s.As(t, harness.Project)
	id, err := c.CreateCluster(ctx, client.ClusterCreate{
		Name: "my cluster", Desc: "first", VPCCIDR: "10.1.0.0/16", SubnetCIDR: "10.1.2.0/24", SubnetGateway: "10.1.2.254",
		MaximumSPUQuota: new(int32(50)), Tags: "t", IsARMArch: true, SysEnterpriseProjectID: "7", ManagerNodeSPU: "3",
	})
	if err != nil {
		t.Fatal(err)
	}
	if id == harness.ClusterID || strings.Trim(id, "0123456789") != "" {
		t.Errorf("the id is %q", id)
	}
	shown, err := c.ShowCluster(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	want := client.Cluster{
		ClusterID: number(t, id), Name: "my cluster", Desc: "first", StatusCode: 5, StatusName: "cluster_running",
		StatusDesc: "cluster_running", MaximumSPUQuota: 50, VPCCIDR: "10.1.0.0/16", SubnetCIDR: "10.1.2.0/24",
		SubnetGateway: "10.1.2.254", ManagerNodeSPU: "3", SysEnterpriseProjectID: "7", CreatedAt: shown.CreatedAt,
	}
	if shown != want || shown.CreatedAt == 0 {
		t.Errorf("shown %+v, want %+v", shown, want)
	}

	p, err := c.CreatePeering(ctx, id, client.PeeringCreate{Name: "n", VPCID: harness.PeerVPC})
	if err != nil {
		t.Fatal(err)
	}
	if p.RequestVPCInfo.TenantID != harness.ServiceTenant || p.RequestVPCInfo.VPCID == harness.ClusterVPC {
		t.Errorf("the cluster's VPC is %+v", p.RequestVPCInfo)
	}
	err = c.DeleteCluster(ctx, id)
	wantRefusal(t, err, http.StatusBadRequest, "CS.22111")
	if err == nil || !strings.Contains(err.Error(), p.ID) {
		t.Errorf("the error does not name %s: %v", p.ID, err)
	}

	if err := c.UpdateCluster(ctx, id, client.ClusterUpdate{Name: "renamed", Desc: new("")}); err != nil {
		t.Error(err)
	}
	want.Name, want.Desc = "renamed", ""
	if got, err := c.ShowCluster(ctx, id); err != nil || got != want {
		t.Errorf("updated %+v, %v; want %+v", got, err, want)
	}

	if _, err := c.RejectVPCPeering(ctx, p.ID); err != nil {
		t.Fatal(err)
	}
	if err := c.DeleteCluster(ctx, id); err != nil {
		t.Error(err)
	}
	_, err = c.ShowCluster(ctx, id)
	wantRefusal(t, err, http.StatusBadRequest, "CS.20005")
	wantRefusal(t, c.DeleteCluster(ctx, id), http.StatusBadRequest, "CS.20005")
	wantRefusal(t, c.UpdateCluster(ctx, id, client.ClusterUpdate{Name: "n"}), http.StatusBadRequest, "CS.20005")
	_, err = c.CreatePeering(ctx, id, client.PeeringCreate{Name: "n", VPCID: harness.OtherVPC})
	wantRefusal(t, err, http.StatusBadRequest, "CS.20005")
	_, err = s.As(t, otherProject).ShowCluster(ctx, harness.ClusterID)
	wantRefusal(t, err, http.StatusBadRequest, "CS.20005")
	if next, err := c.CreateCluster(ctx, client.ClusterCreate{Name: "n"}); err != nil || number(t, next) <= number(t, id) {
		t.Errorf("the next id is %s, %v", next, err)
	}
}

func number(t *testing.T, id string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestClusterDefaults(t *testing.T) {
	s := harness.Start(t, t.TempDir())
	c := s.As(t, harness.Project)
	id, err := c.CreateCluster(t.Context(), client.ClusterCreate{Name: "n"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.ShowCluster(t.Context(), id)
	if err != nil || got.VPCCIDR != "172.16.0.0/23" || got.SubnetCIDR != "172.16.0.0/23" || got.SubnetGateway != "172.16.0.1" ||
		got.MaximumSPUQuota != 100 || got.ManagerNodeSPU != "2" || got.SysEnterpriseProjectID != "0" {
		t.Errorf("shown %+v, %v", got, err)
	}
}

func TestListOfClusters(t *testing.T) {
	s := harness.Start(t, t.TempDir())
	ctx, c := t.Context(), s.As(t, otherProject)
	var ids []int64
	for i := range 12 {
		id, err := c.CreateCluster(ctx, client.ClusterCreate{Name: "n" + strconv.Itoa(i%2)})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, number(t, id))
	}
	path := s.Endpoint + "/v1.0/" + otherProject + "/reserved_clusters"
	at := func(i int) string { return strconv.FormatInt(ids[i], 10) }
	for _, tt := range []struct {
		name, query string
		total       int32
		want        []int
	}{
		{"the newest first, ten a page", "", 12, []int{11, 10, 9, 8, 7, 6, 5, 4, 3, 2}},
		{"the page behind", "?cursor=" + at(2), 12, []int{1, 0}},
		{"ascending", "?order=asc&limit=3", 12, []int{0, 1, 2}},
		{"ascending, the page behind", "?order=asc&limit=3&cursor=" + at(2), 12, []int{3, 4, 5}},
		{"the page before", "?order=asc&limit=2&next=false&cursor=" + at(5), 12, []int{3, 4}},
		{"descending, the page before", "?limit=2&next=false&cursor=" + at(5), 12, []int{7, 6}},
		{"by name", "?order=asc&name=n1", 6, []int{1, 3, 5, 7, 9, 11}},
		{"running ones", "?status=5&limit=1&next=true", 12, []int{11}},
		{"those that are created", "?status=1", 0, nil},
		{"empty filters", "?name=&cursor=&limit=1", 12, []int{11}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := harness.Send(t, http.MethodGet, path+tt.query, "")
			var body struct {
				MessageID string `json:"message_id"`
				Payload   client.ClusterPage
			}
			if err := json.Unmarshal([]byte(got.Body), &body); err != nil || body.MessageID != "CS.20040" {
				t.Fatalf("answered %d %s", got.Status, got.Body)
			}
			want := client.ClusterPage{Total: tt.total}
			for _, i := range tt.want {
				want.Clusters = append(want.Clusters, client.Cluster{ClusterID: ids[i]})
			}
			if body.Payload.Total != want.Total || len(body.Payload.Clusters) != len(want.Clusters) {
				t.Fatalf("answered %s", got.Body)
			}
			for i, cluster := range body.Payload.Clusters {
				if cluster.ClusterID != want.Clusters[i].ClusterID {
					t.Errorf("cluster %d is %d, want %d", i, cluster.ClusterID, want.Clusters[i].ClusterID)
				}
			}
		})
	}
}

func TestBadClusters(t *testing.T) {
	s := harness.Start(t, t.TempDir())
	create, one := "/v1.0/"+harness.Project+"/reserved_cluster", "/v1.0/"+harness.Project+"/reserved_cluster/"+harness.ClusterID
	const asJSON = "application/json"
	for _, tt := range []struct {
		name, method, path, body, contentType string
		status                                int
		code, field                           string
	}{
		{"no name", "POST", create, `{}`, asJSON, 400, "CS.10004", "body /name"},
		{"an unknown member", "POST", create, `{"name":"n","vpc":"x"}`, asJSON, 400, "CS.10004", "body /vpc"},
		{"host bits in the VPC", "POST", create, `{"name":"n","vpc_cidr":"10.0.0.1/8"}`, asJSON, 400, "CS.22112", "body /vpc_cidr"},
		{"no block", "POST", create, `{"name":"n","vpc_cidr":"10.0.0.0"}`, asJSON, 400, "CS.10004", "body /vpc_cidr"},
		{"a subnet outside", "POST", create, `{"name":"n","vpc_cidr":"10.0.0.0/16","subnet_cidr":"10.1.0.0/24"}`, asJSON, 400, "CS.22112", "body /subnet_cidr"},
		{"a subnet around", "POST", create, `{"name":"n","vpc_cidr":"10.0.0.0/16","subnet_cidr":"10.0.0.0/8"}`, asJSON, 400, "CS.22112", "body /subnet_cidr"},
		{"a gateway outside", "POST", create, `{"name":"n","subnet_gateway":"10.0.0.1"}`, asJSON, 400, "CS.22112", "body /subnet_gateway"},
		{"no units", "POST", create, `{"name":"n","maximum_spu_quota":0}`, asJSON, 400, "CS.10004", "body /maximum_spu_quota"},
		{"create as text", "POST", create, `{"name":"n"}`, "text/plain", 415, "CS.22107", "header Content-Type"},
		{"create of 1 MiB", "POST", create, strings.Repeat(" ", 1<<20), asJSON, 413, "CS.22106", "body "},
		{"update without a name", "PATCH", one, `{"desc":"d"}`, asJSON, 400, "CS.10004", "body /name"},
		{"update of a block", "PATCH", one, `{"name":"n","vpc_cidr":"10.0.0.0/8"}`, asJSON, 400, "CS.10004", "body /vpc_cidr"},
		{"update as text", "PATCH", one, `{"name":"n"}`, "text/plain", 415, "CS.22107", "header Content-Type"},
		{"update of 1 MiB", "PATCH", one, strings.Repeat(" ", 1<<20), asJSON, 413, "CS.22106", "body "},
		{"a limit of 0", "GET", create + "s?limit=0", "", asJSON, 400, "CS.22101", "query limit"},
		{"an order that there is not", "GET", create + "s?order=up", "", asJSON, 400, "CS.22101", "query order"},
		{"a cursor that is none", "GET", create + "s?cursor=x", "", asJSON, 400, "CS.22101", "query cursor"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := harness.Send(t, tt.method, s.Endpoint+tt.path, tt.body, "Content-Type", tt.contentType)
			wantFields(t, got, false, tt.status, tt.code, tt.field)
		})
	}
	page, err := s.As(t, harness.Project).ListClusters(t.Context(), client.ClusterQuery{})
	if err != nil || page.Total != 1 || page.Clusters[0].Name != "mycluster" {
		t.Errorf("stored %+v, %v", page, err)
	}
}

func TestInventoryKeepsWhatItDoesNotList(t *testing.T) {
	dir := t.TempDir()
	s := harness.Start(t, dir)
	c := s.As(t, harness.Project)
	if err := c.UpdateCluster(t.Context(), harness.ClusterID, client.ClusterUpdate{Name: "renamed", Desc: new("kept")}); err != nil {
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
	before.Name = "mycluster" // the inventory gives the name
	if err != nil || after != before {
		t.Errorf("shown %+v, %v; want %+v", after, err, before)
	}
	if _, err := c.ShowCluster(t.Context(), id); err != nil {
		t.Error(err)
	}
}
