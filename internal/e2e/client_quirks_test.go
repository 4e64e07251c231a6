package e2e_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/e2e/harness"
)

// TestQuirksOfRealClientsAreAccepted sends requests in the forms that existing
// clients send.
func TestQuirksOfRealClientsAreAccepted(t *testing.T) {
	t.Parallel()
	const tenantAsUUID = "9a7b63e1-c2d8-4f0f-8e5d-6c7b8a901234"
	s := harness.NewSandbox(t)
	created := s.CreatePeering(t, s.OtherVPC)
	withEmptyTenants := `{"peering":{"name":"n","request_vpc_info":{"vpc_id":"` + s.PeerVPC + `","tenant_id":""},` +
		`"accept_vpc_info":{"vpc_id":"` + uuid.NewString() + `","tenant_id":""}}}`
	body := func(name, vpc string) string { return `{"name":"` + name + `","vpc_id":"` + vpc + `"}` }
	withTenant := func(vpc, tenant string) string {
		return `{"name":"n","vpc_id":"` + vpc + `","accept_tenant_id":"` + tenant + `"}`
	}
	asJSON := []string{"Content-Type", "application/json"}
	for _, tt := range []struct {
		name, method, path, body string
		headers                  []string
		status                   int
	}{
		{"charset in content type", "POST", s.CSPath, body("n", s.PeerVPC),
			[]string{"Content-Type", "application/json;charset=UTF-8"}, 201},
		{"empty accept_tenant_id", "POST", s.CSPath, withTenant(uuid.NewString(), ""), asJSON, 201},
		{"UUID as accept_tenant_id", "POST", s.CSPath, withTenant(harness.NewProject(), tenantAsUUID), asJSON, 201},
		{"name with 64 characters of all kinds", "POST", s.CSPath, body("aZ09_-."+strings.Repeat("x", 57), uuid.NewString()),
			asJSON, 201},
		{"empty tenant_id", "POST", harness.VPCPath, withEmptyTenants, asJSON, 201},
		{"content type on GET", "GET", s.CSPath, "", asJSON, 200},
		{"content type on PUT without body", "PUT", harness.VPCPath + "/" + created.ID + "/accept", "", asJSON, 200},
		{"PUT without body and content type", "PUT", harness.VPCPath + "/" + created.ID + "/accept", "", nil, 200},
		{"empty marker", "GET", harness.VPCPath + "?marker=", "", nil, 200},
		{"empty filters", "GET", harness.VPCPath + "?limit=10&marker=&id=&name=&status=&tenant_id=&vpc_id=", "", nil, 200},
		{"unknown query parameters", "GET", harness.VPCPath + "?offset=3&sort=name", "", nil, 200},
		{"unknown query parameters on CS root", "GET", s.CSPath + "?limit=x", "", nil, 200},
		{"signed request", "GET", harness.VPCPath, "", []string{
			"Authorization", "SDK-HMAC-SHA256 Access=AK, SignedHeaders=x-sdk-date, Signature=00",
			"X-Sdk-Date", "20260102T150405Z", "X-Security-Token", "token", "X-Auth-Token", "token",
		}, 200},
		{"Connection: close", "GET", s.CSPath, "", []string{"Connection", "close"}, 200},
		{"content type on DELETE", "DELETE", s.CSPath + "/" + created.ID, "", asJSON, 204},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := harness.Send(t, tt.method, s.Endpoint+tt.path, tt.body, append(tt.headers, "X-Project-Id", s.Project)...)
			if got.Status != tt.status {
				t.Errorf("got %d %s, want %d", got.Status, got.Body, tt.status)
			}
		})
	}
}

func TestEmptyTenantMeansCaller(t *testing.T) {
	t.Parallel()
	s := harness.NewSandbox(t)
	got := harness.Send(t, http.MethodPost, s.Endpoint+s.CSPath,
		`{"name":"n","vpc_id":"`+s.PeerVPC+`","accept_tenant_id":""}`,
		"Content-Type", "application/json")
	var body struct{ Peering client.Peering }
	if err := json.Unmarshal([]byte(got.Body), &body); err != nil {
		t.Fatal(err)
	}
	if body.Peering.AcceptVPCInfo.TenantID != s.Project {
		t.Errorf("the accepter is not project %s: %s", s.Project, got.Body)
	}
}
