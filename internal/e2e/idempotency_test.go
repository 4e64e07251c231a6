package e2e_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/peering/peering/internal/e2e/harness"
)

// postWithKey sends a creation with an idempotency key.
func postWithKey(t *testing.T, url, project, body, key string) harness.Response {
	t.Helper()
	return harness.Send(t, http.MethodPost, url, body,
		"Content-Type", "application/json", "X-Project-Id", project, "Idempotency-Key", key)
}

func TestIdempotencyKeyReplaysResponse(t *testing.T) {
	t.Parallel()
	s := harness.NewSandbox(t)
	active := s.CreateActive(t, s.OtherVPC)
	body := func(name string) string { return `{"name":"` + name + `","vpc_id":"` + s.PeerVPC + `"}` }
	vpcBody := func(name string) string { return vpcPeeringBody(name, s.PeerVPC, s.OtherVPC) }
	for _, tt := range []struct {
		name, path, body, otherBody string
		status, otherStatus         int
		otherCode                   string
	}{
		{"peering", s.CSPath, body("n"), body("m"), 201, 400, "CS.22114"},
		{"cluster", "/v1.0/" + s.Project + "/reserved_cluster", `{"name":"n"}`, `{"name":"m"}`, 200, 400, "CS.22114"},
		{"route", s.CSPath + "/" + active.ID + "/route", `{"destination":"192.168.0.0/16"}`, `{"destination":"10.0.0.0/8"}`,
			201, 400, "CS.22114"},
		{"VPC peering", harness.VPCPath, vpcBody("n"), vpcBody("m"), 201, 422, "VPC.22114"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			key := uuid.NewString()
			first := postWithKey(t, s.Endpoint+tt.path, s.Project, tt.body, key)
			if first.Status != tt.status || first.Header.Get("Idempotency-Replayed") != "" {
				t.Fatalf("the first request got %d %v %s", first.Status, first.Header, first.Body)
			}
			// Neither quotes around the key nor white space in the body make a difference.
			second := postWithKey(t, s.Endpoint+tt.path, s.Project, " "+tt.body, `"`+key+`"`)
			if second.Status != first.Status || second.Body != first.Body ||
				second.Header.Get("Idempotency-Replayed") != "true" {
				t.Errorf("the second request got %d %v %s, want a replay of %s",
					second.Status, second.Header, second.Body, first.Body)
			}
			other := postWithKey(t, s.Endpoint+tt.path, s.Project, tt.otherBody, key)
			wantErrorBody(t, other, strings.HasPrefix(tt.path, "/v2.0/"), tt.otherStatus, tt.otherCode, "")
		})
	}
}

func TestInvalidIdempotencyKeyIsRejected(t *testing.T) {
	t.Parallel()
	s := harness.NewSandbox(t)
	body := `{"name":"n","vpc_id":"` + s.PeerVPC + `"}`
	for name, key := range map[string]string{
		"empty": "", "space": "two words", "open quote": `"open`, "256 characters": strings.Repeat("k", 256),
	} {
		t.Run(name, func(t *testing.T) {
			got := postWithKey(t, s.Endpoint+s.CSPath, s.Project, body, key)
			wantErrorBody(t, got, false, 400, "CS.22101", "header Idempotency-Key")
		})
	}
}
