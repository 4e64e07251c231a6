package e2e_test

import (
	"net/http"
	"testing"

	"github.com/google/uuid"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/e2e/harness"
)

func TestQuotas(t *testing.T) {
	t.Parallel()
	s := harness.StartWith(t, "--data-dir", t.TempDir(), "--quota-tenant", "1", "--quota-cluster", "1",
		"--quota-pending", "1")
	c := s.As(t, harness.Project)
	created := s.CreatePeering(t, harness.PeerVPC)
	_, err := c.CreatePeering(t.Context(), harness.ClusterID, client.PeeringCreate{Name: "n", VPCID: harness.OtherVPC})
	wantError(t, err, http.StatusBadRequest, "CS.22113")
	createOwn := func() error {
		_, err := c.CreateVPCPeering(t.Context(), client.VPCPeeringCreate{
			Name:           "n",
			RequestVPCInfo: client.VPCReference{VPCID: uuid.NewString()},
			AcceptVPCInfo:  client.VPCReference{VPCID: uuid.NewString()},
		})
		return err
	}
	if err := createOwn(); err != nil {
		t.Fatal(err)
	}
	wantError(t, createOwn(), http.StatusConflict, "VPC.0114")
	_, err = c.AcceptVPCPeering(t.Context(), created.ID)
	wantError(t, err, http.StatusConflict, "VPC.0114")
}
