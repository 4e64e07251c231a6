package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/e2e/harness"
)

// post sends a creation with an idempotency key.
func post(t *testing.T, url, body, key string) harness.Response {
	t.Helper()
	return harness.Send(t, http.MethodPost, url, body, "Content-Type", "application/json", "X-Project-Id", harness.Project, "Idempotency-Key", key)
}

func TestIdempotencyKey(t *testing.T) {
	s := harness.Start(t, t.TempDir())
	c := s.As(t, harness.Project)
	const key = "8e03978e-40d5-43dd-bc93-6894a57f9324"
	vpcBody := func(name string) string {
		return `{"peering":{"name":"` + name + `","request_vpc_info":{"vpc_id":"` + harness.PeerVPC + `"},"accept_vpc_info":{"vpc_id":"` + harness.OtherVPC + `"}}}`
	}
	active, err := c.CreatePeering(t.Context(), harness.ClusterID, client.PeeringCreate{Name: "n", VPCID: fmt.Sprintf("%032x", 1)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.AcceptVPCPeering(t.Context(), active.ID); err != nil {
		t.Fatal(err)
	}
	for i, tt := range []struct {
		name, path, body, other string
		status, refused         int
		code                    string
	}{
		{"peering", harness.CSPath, seedRequest, strings.Replace(seedRequest, "myVpc", "another", 1), 201, 400, "CS.22114"},
		{"cluster", "/v1.0/" + harness.Project + "/reserved_cluster", `{"name":"n"}`, `{"name":"m"}`, 200, 400, "CS.22114"},
		{"route", harness.CSPath + "/" + active.ID + "/route", `{"destination":"192.168.0.0/16"}`, `{"destination":"10.0.0.0/8"}`, 201, 400, "CS.22114"},
		{"VPC peering", "/v2.0/vpc/peerings", vpcBody("n"), vpcBody("m"), 201, 422, "VPC.22114"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			own := fmt.Sprint(key, i)
			first := post(t, s.Endpoint+tt.path, tt.body, own)
			if first.Status != tt.status || first.Header.Get("Idempotency-Replayed") != "" {
				t.Fatalf("first: %d %v %s", first.Status, first.Header, first.Body)
			}
			// A key in quotes is the same key; white space makes no other request.
			again := post(t, s.Endpoint+tt.path, " "+tt.body, `"`+own+`"`)
			if again.Status != first.Status || again.Body != first.Body || again.Header.Get("Idempotency-Replayed") != "true" {
				t.Errorf("again: %d %v %s; first %s", again.Status, again.Header, again.Body, first.Body)
			}
			refused := post(t, s.Endpoint+tt.path, tt.other, own)
			wantFields(t, refused, strings.HasPrefix(tt.path, "/v2.0/"), tt.refused, tt.code, "")
		})
	}
	for _, wrong := range []string{"", "two words", `"open`, strings.Repeat("k", 256)} {
		wantFields(t, post(t, s.Endpoint+harness.CSPath, seedRequest, wrong), false, 400, "CS.22101", "header Idempotency-Key")
	}
}

func TestQuotas(t *testing.T) {
	s := harness.StartWith(t, "--data-dir", t.TempDir(), "--quota-tenant", "1", "--quota-cluster", "1", "--quota-pending", "1")
	c := s.As(t, harness.Project)
	made, err := c.CreatePeering(t.Context(), harness.ClusterID, client.PeeringCreate{Name: "n", VPCID: harness.PeerVPC})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.CreatePeering(t.Context(), harness.ClusterID, client.PeeringCreate{Name: "n", VPCID: harness.OtherVPC})
	wantRefusal(t, err, http.StatusBadRequest, "CS.22113")
	own := func(a, b int) client.VPCPeeringCreate {
		return client.VPCPeeringCreate{
			Name:           "n",
			RequestVPCInfo: client.VPCReference{VPCID: fmt.Sprintf("%032x", a)},
			AcceptVPCInfo:  client.VPCReference{VPCID: fmt.Sprintf("%032x", b)},
		}
	}
	if _, err := c.CreateVPCPeering(t.Context(), own(1, 2)); err != nil {
		t.Fatal(err)
	}
	_, err = c.CreateVPCPeering(t.Context(), own(3, 4))
	wantRefusal(t, err, http.StatusConflict, "VPC.0114")
	_, err = c.AcceptVPCPeering(t.Context(), made.ID)
	wantRefusal(t, err, http.StatusConflict, "VPC.0114")
}
