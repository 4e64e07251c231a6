package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/peering/peering/client"
)

// What clients that others wrote send, which the service has to let through.
func TestOdditiesOfRealClientsPass(t *testing.T) {
	const uuidTenant = "9a7b63e1-c2d8-4f0f-8e5d-6c7b8a901234"
	s := start(t, t.TempDir())
	made, err := s.as(t, project).CreatePeering(t.Context(), clusterID, client.PeeringCreate{Name: "n", VPCID: otherVPC})
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
		{"charset on a body", "POST", csPath, valid("name", `"n"`), []string{"Content-Type", "application/json;charset=UTF-8"}, 201},
		{"empty accept_tenant_id", "POST", csPath, `{"name":"n","vpc_id":"22222222-2222-2222-2222-222222222222","accept_tenant_id":""}`,
			[]string{"Content-Type", "application/json"}, 201},
		{"tenant as a UUID", "POST", csPath, `{"name":"n","vpc_id":"33333333333333333333333333333333","accept_tenant_id":"` + uuidTenant + `"}`,
			[]string{"Content-Type", "application/json"}, 201},
		{"64 characters of all kinds in a name", "POST", csPath, `{"name":"aZ09_-.` + strings.Repeat("x", 57) +
			`","vpc_id":"55555555-5555-5555-5555-555555555555"}`, []string{"Content-Type", "application/json"}, 201},
		{"empty tenant_id", "POST", vpcPath, sides(peerVPC, "44444444-4444-4444-4444-444444444444"), []string{"Content-Type", "application/json"}, 201},
		{"content type on GET", "GET", csPath, "", []string{"Content-Type", "application/json"}, 200},
		{"content type on a body-less PUT", "PUT", vpcPath + "/" + made.ID + "/accept", "", []string{"Content-Type", "application/json"}, 200},
		{"PUT without body and content type", "PUT", vpcPath + "/" + made.ID + "/accept", "", nil, 200},
		{"empty marker", "GET", vpcPath + "?marker=", "", nil, 200},
		{"empty filters", "GET", vpcPath + "?limit=10&marker=&id=&name=&status=&tenant_id=&vpc_id=", "", nil, 200},
		{"unknown query parameters", "GET", vpcPath + "?offset=3&sort=name", "", nil, 200},
		{"unknown query parameters on the CS root", "GET", csPath + "?limit=x", "", nil, 200},
		{"signed request", "GET", vpcPath, "", []string{
			"Authorization", "SDK-HMAC-SHA256 Access=AK, SignedHeaders=x-sdk-date, Signature=00",
			"X-Sdk-Date", "20260102T150405Z", "X-Security-Token", "token", "X-Auth-Token", "token",
		}, 200},
		{"Connection: close", "GET", csPath, "", []string{"Connection", "close"}, 200},
		{"content type on DELETE", "DELETE", csPath + "/" + made.ID, "", []string{"Content-Type", "application/json"}, 204},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := send(t, tt.method, s.endpoint+tt.path, tt.body, append(tt.headers, "X-Project-Id", project)...)
			if got.status != tt.status {
				t.Errorf("answered %d %s", got.status, got.body)
			}
		})
	}
}

func TestEmptyTenantStandsForTheCaller(t *testing.T) {
	s := start(t, t.TempDir())
	made, err := s.as(t, project).CreatePeering(t.Context(), clusterID, client.PeeringCreate{Name: "n", VPCID: peerVPC})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.as(t, project).DeletePeering(t.Context(), clusterID, made.ID); err != nil {
		t.Fatal(err)
	}
	got := send(t, http.MethodPost, s.endpoint+csPath, valid("accept_tenant_id", `""`), "Content-Type", "application/json")
	var body struct{ Peering client.Peering }
	if err := json.Unmarshal([]byte(got.body), &body); err != nil {
		t.Fatal(err)
	}
	if body.Peering.AcceptVPCInfo.TenantID != project {
		t.Errorf("answered %s", got.body)
	}
}

func TestRequestIDIsTakenOverWhereItIsUsable(t *testing.T) {
	s := start(t, t.TempDir())
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
			got := send(t, http.MethodGet, s.endpoint+csPath, "", "X-Request-Id", tt.sent).header.Get("X-Request-Id")
			if (got == tt.sent) != tt.kept || got == "" {
				t.Errorf("sent %q, got %q", tt.sent, got)
			}
		})
	}
}

func TestLinksLeadBackToTheCallersURL(t *testing.T) {
	s := start(t, t.TempDir())
	for _, vpc := range []string{otherVPC, noID} {
		if _, err := s.as(t, project).CreatePeering(t.Context(), clusterID, client.PeeringCreate{Name: "n", VPCID: vpc}); err != nil {
			t.Fatal(err)
		}
	}
	got := send(t, http.MethodGet, s.endpoint+vpcPath+"?limit=1&name=n", "", "X-Project-Id", project)
	var first struct {
		Peerings []client.VPCPeering
		Links    []struct{ Rel, Href string } `json:"peerings_links"`
	}
	if err := json.Unmarshal([]byte(got.body), &first); err != nil {
		t.Fatal(err)
	}
	if len(first.Links) != 1 || first.Links[0].Rel != "next" {
		t.Fatalf("links are %+v", first.Links)
	}
	second := send(t, http.MethodGet, first.Links[0].Href, "", "X-Project-Id", project)
	if second.status != http.StatusOK || !strings.Contains(second.body, `"peerings":[{`) ||
		strings.Contains(second.body, first.Peerings[0].ID) || strings.Contains(second.body, "peerings_links") {
		t.Errorf("%s answered %d %s", first.Links[0].Href, second.status, second.body)
	}
	none := send(t, http.MethodGet, s.endpoint+vpcPath+"?limit=0", "", "X-Project-Id", project)
	if none.body != `{"peerings":[]}`+"\n" {
		t.Errorf("limit 0 answered %s", none.body)
	}
}

func TestOperationsEndpoints(t *testing.T) {
	s := start(t, t.TempDir())
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/v2.0/vpc/peerings": 404} {
		if got := probe(t, s.admin+path); got != want {
			t.Errorf("%s answered %d, want %d", path, got, want)
		}
	}
}
