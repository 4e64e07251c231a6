package e2e_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/e2e/harness"
)

// exampleRequest is the request of the API documentation's example, verbatim.
const exampleRequest = `{
      "vpc_id": "f4da5a55-fcd9-4a93-8b86-5b81585e14bb",
      "name": "myVpc"
    }`

func TestDocumentationExample(t *testing.T) {
	s := harness.Start(t, t.TempDir())
	got := harness.Send(t, http.MethodPost, s.Endpoint+harness.CSPath, exampleRequest, "Content-Type", "application/json")
	if got.Status != http.StatusCreated {
		t.Fatalf("create returned %d %s", got.Status, got.Body)
	}
	var body map[string]map[string]any
	if err := json.Unmarshal([]byte(got.Body), &body); err != nil {
		t.Fatal(err)
	}
	peering := body["peering"]
	id, _ := peering["id"].(string)
	delete(peering, "id")
	want := map[string]any{
		"name": "myVpc",
		"request_vpc_info": map[string]any{
			"vpc_id": "83081290-198e-48e2-8e2d-64c50023d136", "tenant_id": "8185f87d043f4519a68420a282b5e2fa",
		},
		"accept_vpc_info": map[string]any{
			"vpc_id": "f4da5a55-fcd9-4a93-8b86-5b81585e14bb", "tenant_id": "4f30b9215e054c908d18f2b150131646",
		},
		"status": "PENDING_ACCEPTANCE",
	}
	if len(body) != 1 || !equalJSON(t, peering, want) {
		t.Errorf("create returned %s, want the response of the documentation", got.Body)
	}

	accepted := harness.Send(t, http.MethodPut, s.Endpoint+harness.VPCPath+"/"+id+"/accept", "",
		"X-Project-Id", harness.Project)
	var bare struct{ ID, Status string }
	if err := json.Unmarshal([]byte(accepted.Body), &bare); err != nil {
		t.Fatal(err)
	}
	if accepted.Status != http.StatusOK || bare.ID != id || bare.Status != "ACTIVE" {
		t.Errorf("accept returned %d %s", accepted.Status, accepted.Body)
	}
	onCluster, err := s.As(t, harness.Project).ShowPeering(t.Context(), harness.ClusterID, id)
	if err != nil {
		t.Fatal(err)
	}
	onVPC, err := s.As(t, harness.ServiceTenant).ShowVPCPeering(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if onCluster.Status != client.Active || onVPC.Status != client.Active {
		t.Errorf("the status is %s on the CS root and %s on the VPC root, want ACTIVE", onCluster.Status, onVPC.Status)
	}
}

func equalJSON(t *testing.T, a, b any) bool {
	t.Helper()
	x, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	y, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Equal(x, y)
}

func TestClusterPeerings(t *testing.T) {
	t.Parallel()
	s := harness.NewSandbox(t)
	ctx, c := t.Context(), s.As(t, s.Project)

	if found, err := c.ListPeerings(ctx, s.ClusterID); err != nil || found == nil || len(found) != 0 {
		t.Errorf("list returned %v, %v; want an empty list", found, err)
	}
	created, err := c.CreatePeering(ctx, s.ClusterID, client.PeeringCreate{
		Name: "partner", VPCID: s.OtherVPC, AcceptTenantID: s.Stranger,
	})
	if err != nil {
		t.Fatal(err)
	}
	if created.AcceptVPCInfo != (client.VPCInfo{VPCID: s.OtherVPC, TenantID: s.Stranger}) {
		t.Errorf("the accepter is %+v", created.AcceptVPCInfo)
	}
	found, err := c.ListPeerings(ctx, s.ClusterID)
	if err != nil || len(found) != 1 {
		t.Fatalf("list returned %v, %v; want one peering", found, err)
	}
	if got, want := found[0].RequestVPCInfo.VPCCIDR, "172.16.0.0/23"; got != want {
		t.Errorf("the list has vpc_cidr %q, want %q", got, want)
	}
	if err := c.DeletePeering(ctx, s.ClusterID, created.ID); err != nil {
		t.Error(err)
	}
	_, err = c.ShowPeering(ctx, s.ClusterID, created.ID)
	wantError(t, err, http.StatusBadRequest, "CS.22103")
	wantError(t, c.DeletePeering(ctx, s.ClusterID, created.ID), http.StatusBadRequest, "CS.22103")
	_, err = c.ListPeerings(ctx, "2000000")
	wantError(t, err, http.StatusBadRequest, "CS.20005")
}

// vpcPeeringRequest returns a request for a peering with a VPC of the stranger.
func vpcPeeringRequest(s *harness.Sandbox) client.VPCPeeringCreate {
	return client.VPCPeeringCreate{
		Name:           "partner",
		Description:    "first",
		RequestVPCInfo: client.VPCReference{VPCID: s.PeerVPC},
		AcceptVPCInfo:  client.VPCReference{VPCID: s.OtherVPC, TenantID: s.Stranger},
	}
}

func TestVPCPeeringLifecycle(t *testing.T) {
	t.Parallel()
	s := harness.NewSandbox(t)
	ctx, requester, accepter := t.Context(), s.As(t, s.Project), s.As(t, s.Stranger)

	request := vpcPeeringRequest(s)
	created, err := requester.CreateVPCPeering(ctx, request)
	if err != nil {
		t.Fatal(err)
	}
	if created.Status != client.PendingAcceptance || created.Description != "first" || created.ExpiresAt == "" {
		t.Errorf("create returned %+v", created)
	}
	_, err = requester.CreateVPCPeering(ctx, request)
	wantError(t, err, http.StatusConflict, "VPC.22104")
	request.RequestVPCInfo.TenantID = harness.ServiceTenant
	_, err = requester.CreateVPCPeering(ctx, request)
	wantError(t, err, http.StatusForbidden, "VPC.2701")

	renamed, err := requester.UpdateVPCPeering(ctx, created.ID,
		client.VPCPeeringUpdate{Name: new("second"), Description: new("")})
	if err != nil || renamed.Name != "second" || renamed.Description != "" {
		t.Errorf("update returned %+v, %v", renamed, err)
	}
	_, err = accepter.UpdateVPCPeering(ctx, created.ID, client.VPCPeeringUpdate{Name: new("third")})
	wantError(t, err, http.StatusForbidden, "VPC.2701")
	_, err = requester.AcceptVPCPeering(ctx, created.ID)
	wantError(t, err, http.StatusForbidden, "VPC.2701")
	_, err = requester.RejectVPCPeering(ctx, created.ID)
	wantError(t, err, http.StatusForbidden, "VPC.2701")

	for range 2 { // rejecting is idempotent
		if p, err := accepter.RejectVPCPeering(ctx, created.ID); err != nil || p.Status != client.Rejected {
			t.Errorf("reject returned %+v, %v", p, err)
		}
	}
	_, err = accepter.AcceptVPCPeering(ctx, created.ID)
	wantError(t, err, http.StatusConflict, "VPC.22105")
	if err := accepter.DeleteVPCPeering(ctx, created.ID); err != nil {
		t.Error(err)
	}
	_, err = requester.ShowVPCPeering(ctx, created.ID)
	wantError(t, err, http.StatusNotFound, "VPC.2204")
}

func TestVPCPeeringIsHiddenFromStrangers(t *testing.T) {
	t.Parallel()
	s := harness.NewSandbox(t)
	ctx, stranger := t.Context(), s.As(t, harness.NewProject())
	created, err := s.As(t, s.Project).CreateVPCPeering(ctx, vpcPeeringRequest(s))
	if err != nil {
		t.Fatal(err)
	}
	for name, call := range map[string]func() error{
		"show": func() error { _, err := stranger.ShowVPCPeering(ctx, created.ID); return err },
		"update": func() error {
			_, err := stranger.UpdateVPCPeering(ctx, created.ID, client.VPCPeeringUpdate{Name: new("x")})
			return err
		},
		"accept": func() error { _, err := stranger.AcceptVPCPeering(ctx, created.ID); return err },
		"reject": func() error { _, err := stranger.RejectVPCPeering(ctx, created.ID); return err },
		"delete": func() error { return stranger.DeleteVPCPeering(ctx, created.ID) },
	} {
		t.Run(name, func(t *testing.T) { wantError(t, call(), http.StatusNotFound, "VPC.2204") })
	}
}

func TestPeeringOfOwnVPCsIsActiveAtOnce(t *testing.T) {
	t.Parallel()
	s := harness.NewSandbox(t)
	ctx, c := t.Context(), s.As(t, s.Project)
	p, err := c.CreateVPCPeering(ctx, client.VPCPeeringCreate{
		Name:           "inner",
		RequestVPCInfo: client.VPCReference{VPCID: s.PeerVPC},
		AcceptVPCInfo:  client.VPCReference{VPCID: s.OtherVPC},
	})
	if err != nil || p.Status != client.Active || p.ExpiresAt != "" {
		t.Fatalf("create returned %+v, %v", p, err)
	}
	if p, err := c.AcceptVPCPeering(ctx, p.ID); err != nil || p.Status != client.Active {
		t.Errorf("accept returned %+v, %v", p, err)
	}
	_, err = c.RejectVPCPeering(ctx, p.ID)
	wantError(t, err, http.StatusConflict, "VPC.22105")
}

func TestVPCWithItselfIsRejected(t *testing.T) {
	t.Parallel()
	s := harness.NewSandbox(t)
	c := s.As(t, s.Project)
	clusterVPC := s.CreatePeering(t, s.OtherVPC).RequestVPCInfo.VPCID
	_, err := c.CreatePeering(t.Context(), s.ClusterID,
		client.PeeringCreate{Name: "n", VPCID: strings.ToUpper(clusterVPC)})
	wantError(t, err, http.StatusBadRequest, "CS.22102")
	_, err = c.CreateVPCPeering(t.Context(), client.VPCPeeringCreate{
		Name:           "n",
		RequestVPCInfo: client.VPCReference{VPCID: s.PeerVPC},
		AcceptVPCInfo:  client.VPCReference{VPCID: strings.ReplaceAll(s.PeerVPC, "-", "")},
	})
	wantError(t, err, http.StatusBadRequest, "VPC.22102")
}

func TestSecondPeeringOfVPCsIsRejectedOnBothRoots(t *testing.T) {
	t.Parallel()
	s := harness.NewSandbox(t)
	c := s.As(t, s.Project)
	created := s.CreatePeering(t, s.PeerVPC)
	_, err := c.CreatePeering(t.Context(), s.ClusterID, client.PeeringCreate{Name: "m", VPCID: s.PeerVPC})
	wantError(t, err, http.StatusBadRequest, "CS.22104")
	if err == nil || !strings.Contains(err.Error(), created.ID) {
		t.Errorf("the error does not name peering %s: %v", created.ID, err)
	}
	_, err = c.CreateVPCPeering(t.Context(), client.VPCPeeringCreate{
		Name:           "m",
		RequestVPCInfo: client.VPCReference{VPCID: s.PeerVPC},
		AcceptVPCInfo:  client.VPCReference{VPCID: created.RequestVPCInfo.VPCID, TenantID: harness.ServiceTenant},
	})
	wantError(t, err, http.StatusConflict, "VPC.22104")
}

// wantError checks the status and the code of an error of the service.
func wantError(t *testing.T, err error, status int, code string) {
	t.Helper()
	got, ok := errors.AsType[*client.Error](err)
	if !ok || got.Status != status || got.Code != code || got.RequestID == "" {
		t.Errorf("got error %v, want %d %s", err, status, code)
	}
}
