package e2e_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/e2e/harness"
)

// What clients that others wrote send, which the service has to let through.
func TestOdditiesOfRealClientsPass(t *testing.T) {
	const uuidTenant = "9a7b63e1-c2d8-4f0f-8e5d-6c7b8a901234"
	s := harness.Start(t, t.TempDir())
	made, err := s.As(t, harness.Project).CreatePeering(t.Context(), harness.ClusterID, client.PeeringCreate{Name: "n", VPCID: harness.OtherVPC})
	if err != nil {
		t.Fatal(err)
	}
	sides := func(requester, accepter string) string {
		return `{"peering":{"name":"n","request_vpc_info":{"vpc_id":"` + requester + `","tenant_id":""},` +
			`"accept_vpc_info":{"vpc_id":"` + accepter + `","tenant_id":""}}}`
	}
	for _, tt := range []struct {
		name, method, path, body string
		headers                  []string
		status                   int
	}{
		{"charset on a body", "POST", harness.CSPath, valid("name", `"n"`), []string{"Content-Type", "application/json;charset=UTF-8"}, 201},
		{"empty accept_tenant_id", "POST", harness.CSPath, `{"name":"n","vpc_id":"22222222-2222-2222-2222-222222222222","accept_tenant_id":""}`,
			[]string{"Content-Type", "application/json"}, 201},
		{"tenant as a UUID", "POST", harness.CSPath, `{"name":"n","vpc_id":"33333333333333333333333333333333","accept_tenant_id":"` + uuidTenant + `"}`,
			[]string{"Content-Type", "application/json"}, 201},
		{"64 characters of all kinds in a name", "POST", harness.CSPath, `{"name":"aZ09_-.` + strings.Repeat("x", 57) +
			`","vpc_id":"55555555-5555-5555-5555-555555555555"}`, []string{"Content-Type", "application/json"}, 201},
		{"empty tenant_id", "POST", harness.VPCPath, sides(harness.PeerVPC, "44444444-4444-4444-4444-444444444444"), []string{"Content-Type", "application/json"}, 201},
		{"content type on GET", "GET", harness.CSPath, "", []string{"Content-Type", "application/json"}, 200},
		{"content type on a body-less PUT", "PUT", harness.VPCPath + "/" + made.ID + "/accept", "", []string{"Content-Type", "application/json"}, 200},
		{"PUT without body and content type", "PUT", harness.VPCPath + "/" + made.ID + "/accept", "", nil, 200},
		{"empty marker", "GET", harness.VPCPath + "?marker=", "", nil, 200},
		{"empty filters", "GET", harness.VPCPath + "?limit=10&marker=&id=&name=&status=&tenant_id=&vpc_id=", "", nil, 200},
		{"unknown query parameters", "GET", harness.VPCPath + "?offset=3&sort=name", "", nil, 200},
		{"unknown query parameters on the CS root", "GET", harness.CSPath + "?limit=x", "", nil, 200},
		{"signed request", "GET", harness.VPCPath, "", []string{
			"Authorization", "SDK-HMAC-SHA256 Access=AK, SignedHeaders=x-sdk-date, Signature=00",
			"X-Sdk-Date", "20260102T150405Z", "X-Security-Token", "token", "X-Auth-Token", "token",
		}, 200},
		{"Connection: close", "GET", harness.CSPath, "", []string{"Connection", "close"}, 200},
		{"content type on DELETE", "DELETE", harness.CSPath + "/" + made.ID, "", []string{"Content-Type", "application/json"}, 204},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := harness.Send(t, tt.method, s.Endpoint+tt.path, tt.body, append(tt.headers, "X-Project-Id", harness.Project)...)
			if got.Status != tt.status {
				t.Errorf("answered %d %s", got.Status, got.Body)
			}
		})
	}
}

func TestEmptyTenantStandsForTheCaller(t *testing.T) {
	s := harness.Start(t, t.TempDir())
	made, err := s.As(t, harness.Project).CreatePeering(t.Context(), harness.ClusterID, client.PeeringCreate{Name: "n", VPCID: harness.PeerVPC})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.As(t, harness.Project).DeletePeering(t.Context(), harness.ClusterID, made.ID); err != nil {
		t.Fatal(err)
	}
	got := harness.Send(t, http.MethodPost, s.Endpoint+harness.CSPath, valid("accept_tenant_id", `""`), "Content-Type", "application/json")
	var body struct{ Peering client.Peering }
	if err := json.Unmarshal([]byte(got.Body), &body); err != nil {
		t.Fatal(err)
	}
	if body.Peering.AcceptVPCInfo.TenantID != harness.Project {
		t.Errorf("answered %s", got.Body)
	}
}

func TestRequestIDIsTakenOverWhereItIsUsable(t *testing.T) {
	s := harness.Start(t, t.TempDir())
	for _, tt := range []struct {
		name, sent string
		kept       bool
	}{
		{"plain", "abc-1.2_3", true},
		{"64 characters", strings.Repeat("a", 64), true},
		{"65 characters", strings.Repeat("a", 65), false},
		{"quotes", `a"b`, false},
		{"none", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := harness.Send(t, http.MethodGet, s.Endpoint+harness.CSPath, "", "X-Request-Id", tt.sent).Header.Get("X-Request-Id")
			if (got == tt.sent) != tt.kept || got == "" {
				t.Errorf("sent %q, got %q", tt.sent, got)
			}
		})
	}
}

func TestLinksLeadBackToTheCallersURL(t *testing.T) {
	s := harness.Start(t, t.TempDir())
	for _, vpc := range []string{harness.OtherVPC, harness.UnknownID} {
		if _, err := s.As(t, harness.Project).CreatePeering(t.Context(), harness.ClusterID, client.PeeringCreate{Name: "n", VPCID: vpc}); err != nil {
			t.Fatal(err)
		}
	}
	got := harness.Send(t, http.MethodGet, s.Endpoint+harness.VPCPath+"?limit=1&name=n", "", "X-Project-Id", harness.Project)
	var first struct {
		Peerings []client.VPCPeering
		Links    []struct{ Rel, Href string } `json:"peerings_links"`
	}
	if err := json.Unmarshal([]byte(got.Body), &first); err != nil {
		t.Fatal(err)
	}
	if len(first.Links) != 1 || first.Links[0].Rel != "next" {
		t.Fatalf("links are %+v", first.Links)
	}
	second := harness.Send(t, http.MethodGet, first.Links[0].Href, "", "X-Project-Id", harness.Project)
	if second.Status != http.StatusOK || !strings.Contains(second.Body, `"peerings":[{`) ||
		strings.Contains(second.Body, first.Peerings[0].ID) || strings.Contains(second.Body, "peerings_links") {
		t.Errorf("%s answered %d %s", first.Links[0].Href, second.Status, second.Body)
	}
	none := harness.Send(t, http.MethodGet, s.Endpoint+harness.VPCPath+"?limit=0", "", "X-Project-Id", harness.Project)
	if none.Body != `{"peerings":[]}`+"\n" {
		t.Errorf("limit 0 answered %s", none.Body)
	}
}

func TestOperationsEndpoints(t *testing.T) {
	s := harness.Start(t, t.TempDir())
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/v2.0/vpc/peerings": 404} {
		if got := probe(t, s.Admin+path); got != want {
			t.Errorf("%s answered %d, want %d", path, got, want)
		}
	}
}
