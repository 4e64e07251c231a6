package e2e_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/e2e/harness"
	"github.com/peering/peering/internal/etcd"
)

func TestPendingPeeringExpires(t *testing.T) {
	store, err := etcd.Open(t.Context(), etcd.Config{DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	created := time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	now := created
	endpoint, _ := serveStore(t, store, func() time.Time { return now })
	ctx := t.Context()
	requester := harness.NewClient(t, endpoint, client.WithProject(harness.Project))
	accepter := harness.NewClient(t, endpoint, client.WithProject(harness.Stranger))
	request := client.VPCPeeringCreate{
		Name:           "partner",
		RequestVPCInfo: client.VPCReference{VPCID: harness.PeerVPC},
		AcceptVPCInfo:  client.VPCReference{VPCID: harness.OtherVPC, TenantID: harness.Stranger},
	}
	p, err := requester.CreateVPCPeering(ctx, request)
	if err != nil {
		t.Fatal(err)
	}
	if p.CreatedAt != "2026-01-02T15:04:05" || p.ExpiresAt != "2026-01-09T15:04:05" {
		t.Errorf("created %s, expires %s", p.CreatedAt, p.ExpiresAt)
	}

	now = created.Add(7 * 24 * time.Hour)
	if shown, err := accepter.ShowVPCPeering(ctx, p.ID); err != nil || shown.Status != client.Expired {
		t.Errorf("show returned %+v, %v", shown, err)
	}
	_, err = accepter.AcceptVPCPeering(ctx, p.ID)
	wantError(t, err, http.StatusConflict, "VPC.22105")
	_, err = requester.UpdateVPCPeering(ctx, p.ID, client.VPCPeeringUpdate{Name: new("late")})
	wantError(t, err, http.StatusConflict, "VPC.22105")
	page, err := requester.ListVPCPeerings(ctx, client.VPCPeeringQuery{Status: client.Expired})
	if err != nil || len(page.Peerings) != 1 {
		t.Errorf("list returned %+v, %v", page, err)
	}
	if _, err := requester.CreateVPCPeering(ctx, request); err != nil {
		t.Errorf("the expired peering blocks its pair of VPCs: %v", err)
	}
	if err := requester.DeleteVPCPeering(ctx, p.ID); err != nil {
		t.Error(err)
	}
	_, err = requester.CreateVPCPeering(ctx, request)
	wantError(t, err, http.StatusConflict, "VPC.22104")
}
