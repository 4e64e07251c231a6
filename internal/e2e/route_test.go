package e2e_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/e2e/harness"
)

func TestRouteLifecycle(t *testing.T) {
	t.Parallel()
	s := harness.NewSandbox(t)
	ctx, c := t.Context(), s.As(t, s.Project)
	p, other := s.CreateActive(t, s.PeerVPC), s.CreateActive(t, s.OtherVPC)

	if found, err := c.ListRoutes(ctx, s.ClusterID, p.ID); err != nil || found == nil || len(found) != 0 {
		t.Errorf("list returned %v, %v; want an empty list", found, err)
	}
	created, err := c.CreateRoute(ctx, s.ClusterID, p.ID, "192.168.0.0/16")
	if err != nil {
		t.Fatal(err)
	}
	want := client.Route{
		ID: created.ID, Type: "peering", Nexthop: p.ID, Destination: "192.168.0.0/16",
		VPCID: p.RequestVPCInfo.VPCID, TenantID: harness.ServiceTenant,
	}
	if created != want || created.ID == "" {
		t.Errorf("create returned %+v, want %+v", created, want)
	}
	_, err = c.CreateRoute(ctx, s.ClusterID, p.ID, "192.168.0.0/16")
	wantError(t, err, http.StatusBadRequest, "CS.22109")
	if err == nil || !strings.Contains(err.Error(), created.ID) {
		t.Errorf("the error does not name route %s: %v", created.ID, err)
	}
	if _, err := c.CreateRoute(ctx, s.ClusterID, other.ID, "192.168.0.0/16"); err != nil {
		t.Errorf("create on the other peering returned %v", err)
	}
	second, err := c.CreateRoute(ctx, s.ClusterID, p.ID, "10.0.0.0/8")
	if err != nil {
		t.Fatal(err)
	}
	found, err := c.ListRoutes(ctx, s.ClusterID, p.ID)
	if err != nil || len(found) != 2 || found[0] != created || found[1] != second {
		t.Errorf("list returned %+v, %v", found, err)
	}

	wantError(t, c.DeleteRoute(ctx, s.ClusterID, other.ID, created.ID), http.StatusBadRequest, "CS.22110")
	if err := c.DeleteRoute(ctx, s.ClusterID, p.ID, created.ID); err != nil {
		t.Error(err)
	}
	wantError(t, c.DeleteRoute(ctx, s.ClusterID, p.ID, created.ID), http.StatusBadRequest, "CS.22110")
	if again, err := c.CreateRoute(ctx, s.ClusterID, p.ID, "192.168.0.0/16"); err != nil || again.ID == created.ID {
		t.Errorf("create after delete returned %+v, %v", again, err)
	}

	if err := c.DeletePeering(ctx, s.ClusterID, p.ID); err != nil {
		t.Fatal(err)
	}
	_, err = c.ListRoutes(ctx, s.ClusterID, p.ID)
	wantError(t, err, http.StatusBadRequest, "CS.22103")
	wantError(t, c.DeleteRoute(ctx, s.ClusterID, p.ID, second.ID), http.StatusBadRequest, "CS.22103")
}

func TestRouteRequiresActivePeering(t *testing.T) {
	t.Parallel()
	s := harness.NewSandbox(t)
	ctx, c := t.Context(), s.As(t, s.Project)
	p := s.CreatePeering(t, s.PeerVPC)
	_, err := c.CreateRoute(ctx, s.ClusterID, p.ID, "192.168.0.0/16")
	wantError(t, err, http.StatusBadRequest, "CS.22105")
	if _, err := c.RejectVPCPeering(ctx, p.ID); err != nil {
		t.Fatal(err)
	}
	_, err = c.CreateRoute(ctx, s.ClusterID, p.ID, "192.168.0.0/16")
	wantError(t, err, http.StatusBadRequest, "CS.22105")
	_, err = c.CreateRoute(ctx, s.ClusterID, harness.UnknownID, "192.168.0.0/16")
	wantError(t, err, http.StatusBadRequest, "CS.22103")
	_, err = c.CreateRoute(ctx, "2000000", p.ID, "192.168.0.0/16")
	wantError(t, err, http.StatusBadRequest, "CS.20005")
	_, err = s.As(t, s.Stranger).CreateRoute(ctx, s.ClusterID, p.ID, "192.168.0.0/16")
	wantError(t, err, http.StatusBadRequest, "CS.20005")
	if found, err := c.ListRoutes(ctx, s.ClusterID, p.ID); err != nil || len(found) != 0 {
		t.Errorf("list returned %+v, %v; want no route", found, err)
	}
}

func TestInvalidRoutesAreRejected(t *testing.T) {
	t.Parallel()
	s := harness.NewSandbox(t)
	p := s.CreateActive(t, s.PeerVPC)
	path := s.Endpoint + s.CSPath + "/" + p.ID + "/route"
	for _, tt := range []struct {
		name, body, contentType string
		status                  int
		code, field, message    string
	}{
		{"host bits", `{"destination":"10.0.0.1/8"}`, "application/json", 400, "CS.22112", "body /destination", "10.0.0.0/8"},
		{"CIDR of the cluster's VPC", `{"destination":"172.16.1.0/24"}`, "application/json", 400, "CS.22112",
			"body /destination", "172.16.0.0/23"},
		{"CIDR around the cluster's VPC", `{"destination":"0.0.0.0/0"}`, "application/json", 400, "CS.22112",
			"body /destination", "172.16.0.0/23"},
		{"address without length", `{"destination":"10.0.0.0"}`, "application/json", 400, "CS.10004", "body /destination",
			"CIDR"},
		{"octet over 255", `{"destination":"256.0.0.0/8"}`, "application/json", 400, "CS.10004", "body /destination", "CIDR"},
		{"length over 32", `{"destination":"10.0.0.0/33"}`, "application/json", 400, "CS.10004", "body /destination", "CIDR"},
		{"leading zero", `{"destination":"010.0.0.0/8"}`, "application/json", 400, "CS.10004", "body /destination", "CIDR"},
		{"IPv6", `{"destination":"fd00::/8"}`, "application/json", 400, "CS.10004", "body /destination", "CIDR"},
		{"no destination", `{}`, "application/json", 400, "CS.10004", "body /destination", "required"},
		{"unknown member", `{"destination":"10.0.0.0/8","nexthop":"` + p.ID + `"}`, "application/json", 400, "CS.10004",
			"body /nexthop", "unknown"},
		{"text/plain", `{"destination":"10.0.0.0/8"}`, "text/plain", 415, "CS.22107", "header Content-Type",
			"application/json"},
		{"1 MiB", strings.Repeat(" ", 1<<20), "application/json", 413, "CS.22106", "body ", "65536"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := harness.Send(t, http.MethodPost, path, tt.body, "Content-Type", tt.contentType)
			wantErrorBody(t, got, false, tt.status, tt.code, tt.field)
			if !strings.Contains(got.Body, tt.message) {
				t.Errorf("the error does not contain %q: %s", tt.message, got.Body)
			}
		})
	}
	if found, err := s.As(t, s.Project).ListRoutes(t.Context(), s.ClusterID, p.ID); err != nil || len(found) != 0 {
		t.Errorf("list returned %+v, %v; want no route", found, err)
	}
}
