package e2e_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/e2e/harness"
)

const otherProject = "9a7b63e1c2d84f0f8e5d6c7b8a901235"

func TestRoutesThroughTheSDK(t *testing.T) {
	s := harness.Start(t, t.TempDir())
	ctx, c := t.Context(), s.As(t, harness.Project)
	p, other := s.CreateActive(t, harness.PeerVPC), s.CreateActive(t, harness.OtherVPC)

	if found, err := c.ListRoutes(ctx, harness.ClusterID, p.ID); err != nil || found == nil || len(found) != 0 {
		t.Errorf("an empty list is %v, %v", found, err)
	}
	made, err := c.CreateRoute(ctx, harness.ClusterID, p.ID, "192.168.0.0/16")
	if err != nil {
		t.Fatal(err)
	}
	want := client.Route{
		ID: made.ID, Type: "peering", Nexthop: p.ID, Destination: "192.168.0.0/16", VPCID: harness.ClusterVPC, TenantID: harness.ServiceTenant,
	}
	if made != want || made.ID == "" {
		t.Errorf("created %+v, want %+v", made, want)
	}
	_, err = c.CreateRoute(ctx, harness.ClusterID, p.ID, "192.168.0.0/16")
	wantRefusal(t, err, http.StatusBadRequest, "CS.22109")
	if err == nil || !strings.Contains(err.Error(), made.ID) {
		t.Errorf("the error does not name %s: %v", made.ID, err)
	}
	if _, err := c.CreateRoute(ctx, harness.ClusterID, other.ID, "192.168.0.0/16"); err != nil {
		t.Errorf("over another peering: %v", err)
	}
	second, err := c.CreateRoute(ctx, harness.ClusterID, p.ID, "10.0.0.0/8")
	if err != nil {
		t.Fatal(err)
	}
	found, err := c.ListRoutes(ctx, harness.ClusterID, p.ID)
	if err != nil || len(found) != 2 || found[0] != made || found[1] != second {
		t.Errorf("listed %+v, %v", found, err)
	}

	wantRefusal(t, c.DeleteRoute(ctx, harness.ClusterID, other.ID, made.ID), http.StatusBadRequest, "CS.22110")
	if err := c.DeleteRoute(ctx, harness.ClusterID, p.ID, made.ID); err != nil {
		t.Error(err)
	}
	wantRefusal(t, c.DeleteRoute(ctx, harness.ClusterID, p.ID, made.ID), http.StatusBadRequest, "CS.22110")
	if again, err := c.CreateRoute(ctx, harness.ClusterID, p.ID, "192.168.0.0/16"); err != nil || again.ID == made.ID {
		t.Errorf("the destination is not free: %+v, %v", again, err)
	}

	if err := c.DeletePeering(ctx, harness.ClusterID, p.ID); err != nil {
		t.Fatal(err)
	}
	_, err = c.ListRoutes(ctx, harness.ClusterID, p.ID)
	wantRefusal(t, err, http.StatusBadRequest, "CS.22103")
	wantRefusal(t, c.DeleteRoute(ctx, harness.ClusterID, p.ID, second.ID), http.StatusBadRequest, "CS.22103")
}

func TestRoutesNeedAnActivePeering(t *testing.T) {
	s := harness.Start(t, t.TempDir())
	ctx, c := t.Context(), s.As(t, harness.Project)
	p, err := c.CreatePeering(ctx, harness.ClusterID, client.PeeringCreate{Name: "n", VPCID: harness.PeerVPC})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.CreateRoute(ctx, harness.ClusterID, p.ID, "192.168.0.0/16")
	wantRefusal(t, err, http.StatusBadRequest, "CS.22105")
	if _, err := c.RejectVPCPeering(ctx, p.ID); err != nil {
		t.Fatal(err)
	}
	_, err = c.CreateRoute(ctx, harness.ClusterID, p.ID, "192.168.0.0/16")
	wantRefusal(t, err, http.StatusBadRequest, "CS.22105")
	_, err = c.CreateRoute(ctx, harness.ClusterID, harness.UnknownID, "192.168.0.0/16")
	wantRefusal(t, err, http.StatusBadRequest, "CS.22103")
	_, err = c.CreateRoute(ctx, "2000000", p.ID, "192.168.0.0/16")
	wantRefusal(t, err, http.StatusBadRequest, "CS.20005")
	_, err = s.As(t, otherProject).CreateRoute(ctx, harness.ClusterID, p.ID, "192.168.0.0/16")
	wantRefusal(t, err, http.StatusBadRequest, "CS.20005")
	if found, err := c.ListRoutes(ctx, harness.ClusterID, p.ID); err != nil || len(found) != 0 {
		t.Errorf("stored %+v, %v", found, err)
	}
}

func TestBadRoutes(t *testing.T) {
	s := harness.Start(t, t.TempDir())
	p := s.CreateActive(t, harness.PeerVPC)
	path := s.Endpoint + harness.CSPath + "/" + p.ID + "/route"
	for _, tt := range []struct {
		name, body, contentType string
		status                  int
		code, field, says       string
	}{
		{"host bits", `{"destination":"10.0.0.1/8"}`, "application/json", 400, "CS.22112", "body /destination", "10.0.0.0/8"},
		{"the cluster's own VPC", `{"destination":"172.16.1.0/24"}`, "application/json", 400, "CS.22112", "body /destination", "172.16.0.0/23"},
		{"a block around it", `{"destination":"0.0.0.0/0"}`, "application/json", 400, "CS.22112", "body /destination", "172.16.0.0/23"},
		{"an address", `{"destination":"10.0.0.0"}`, "application/json", 400, "CS.10004", "body /destination", "CIDR"},
		{"an octet over 255", `{"destination":"256.0.0.0/8"}`, "application/json", 400, "CS.10004", "body /destination", "CIDR"},
		{"a length over 32", `{"destination":"10.0.0.0/33"}`, "application/json", 400, "CS.10004", "body /destination", "CIDR"},
		{"a leading zero", `{"destination":"010.0.0.0/8"}`, "application/json", 400, "CS.10004", "body /destination", "CIDR"},
		{"IPv6", `{"destination":"fd00::/8"}`, "application/json", 400, "CS.10004", "body /destination", "CIDR"},
		{"nothing", `{}`, "application/json", 400, "CS.10004", "body /destination", "required"},
		{"an unknown member", `{"destination":"10.0.0.0/8","nexthop":"` + p.ID + `"}`, "application/json", 400, "CS.10004", "body /nexthop", "not known"},
		{"text", `{"destination":"10.0.0.0/8"}`, "text/plain", 415, "CS.22107", "header Content-Type", "application/json"},
		{"1 MiB", strings.Repeat(" ", 1<<20), "application/json", 413, "CS.22106", "body ", "65536"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := harness.Send(t, http.MethodPost, path, tt.body, "Content-Type", tt.contentType)
			wantFields(t, got, false, tt.status, tt.code, tt.field)
			if !strings.Contains(got.Body, tt.says) {
				t.Errorf("the error does not say %q: %s", tt.says, got.Body)
			}
		})
	}
	if found, err := s.As(t, harness.Project).ListRoutes(t.Context(), harness.ClusterID, p.ID); err != nil || len(found) != 0 {
		t.Errorf("stored %+v, %v", found, err)
	}
}
