package e2e_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/e2e/harness"
)

// The seed's example, verbatim.
const seedRequest = `{
      "vpc_id": "f4da5a55-fcd9-4a93-8b86-5b81585e14bb",
      "name": "myVpc"
    }`

func TestSeedExample(t *testing.T) {
	s := harness.Start(t, t.TempDir())
	got := harness.Send(t, http.MethodPost, s.Endpoint+harness.CSPath, seedRequest, "Content-Type", "application/json")
	if got.Status != http.StatusCreated {
		t.Fatalf("answered %d %s", got.Status, got.Body)
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
		t.Errorf("answered %s", got.Body)
	}

	accepted := harness.Send(t, http.MethodPut, s.Endpoint+harness.VPCPath+"/"+id+"/accept", "", "X-Project-Id", harness.Project)
	var bare struct{ ID, Status string }
	if err := json.Unmarshal([]byte(accepted.Body), &bare); err != nil {
		t.Fatal(err)
	}
	if accepted.Status != http.StatusOK || bare.ID != id || bare.Status != "ACTIVE" {
		t.Errorf("accept answered %d %s", accepted.Status, accepted.Body)
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
		t.Errorf("shown as %s and %s", onCluster.Status, onVPC.Status)
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

func TestClusterPeeringsThroughTheSDK(t *testing.T) {
	s := harness.Start(t, t.TempDir())
	ctx, c := t.Context(), s.As(t, harness.Project)

	if found, err := c.ListPeerings(ctx, harness.ClusterID); err != nil || found == nil || len(found) != 0 {
		t.Errorf("an empty list is %v, %v", found, err)
	}
	made, err := c.CreatePeering(ctx, harness.ClusterID, client.PeeringCreate{Name: "partner", VPCID: harness.OtherVPC, AcceptTenantID: harness.Stranger})
	if err != nil {
		t.Fatal(err)
	}
	if made.AcceptVPCInfo != (client.VPCInfo{VPCID: harness.OtherVPC, TenantID: harness.Stranger}) {
		t.Errorf("the accepter is %+v", made.AcceptVPCInfo)
	}
	found, err := c.ListPeerings(ctx, harness.ClusterID)
	if err != nil || len(found) != 1 {
		t.Fatalf("list is %v, %v", found, err)
	}
	if got, want := found[0].RequestVPCInfo.VPCCIDR, "172.16.0.0/23"; got != want {
		t.Errorf("the list shows vpc_cidr %q, want %q", got, want)
	}
	if err := c.DeletePeering(ctx, harness.ClusterID, made.ID); err != nil {
		t.Error(err)
	}
	_, err = c.ShowPeering(ctx, harness.ClusterID, made.ID)
	wantRefusal(t, err, http.StatusBadRequest, "CS.22103")
	wantRefusal(t, c.DeletePeering(ctx, harness.ClusterID, made.ID), http.StatusBadRequest, "CS.22103")
	_, err = c.ListPeerings(ctx, "2000000")
	wantRefusal(t, err, http.StatusBadRequest, "CS.20005")
}

func TestVPCPeeringsThroughTheSDK(t *testing.T) {
	s := harness.Start(t, t.TempDir())
	ctx, requester, accepter, third := t.Context(), s.As(t, harness.Project), s.As(t, harness.Stranger), s.As(t, harness.ServiceTenant)

	wanted := client.VPCPeeringCreate{
		Name:           "partner",
		Description:    "first",
		RequestVPCInfo: client.VPCReference{VPCID: harness.PeerVPC},
		AcceptVPCInfo:  client.VPCReference{VPCID: harness.OtherVPC, TenantID: harness.Stranger},
	}
	made, err := requester.CreateVPCPeering(ctx, wanted)
	if err != nil {
		t.Fatal(err)
	}
	if made.Status != client.PendingAcceptance || made.Description != "first" || made.ExpiresAt == "" {
		t.Errorf("created %+v", made)
	}
	_, err = requester.CreateVPCPeering(ctx, wanted)
	wantRefusal(t, err, http.StatusConflict, "VPC.22104")
	wanted.RequestVPCInfo.TenantID = harness.ServiceTenant
	_, err = requester.CreateVPCPeering(ctx, wanted)
	wantRefusal(t, err, http.StatusForbidden, "VPC.2701")

	renamed, err := requester.UpdateVPCPeering(ctx, made.ID, client.VPCPeeringUpdate{Name: new("second"), Description: new("")})
	if err != nil || renamed.Name != "second" || renamed.Description != "" {
		t.Errorf("renamed %+v, %v", renamed, err)
	}
	_, err = accepter.UpdateVPCPeering(ctx, made.ID, client.VPCPeeringUpdate{Name: new("third")})
	wantRefusal(t, err, http.StatusForbidden, "VPC.2701")

	_, err = requester.AcceptVPCPeering(ctx, made.ID)
	wantRefusal(t, err, http.StatusForbidden, "VPC.2701")
	_, err = requester.RejectVPCPeering(ctx, made.ID)
	wantRefusal(t, err, http.StatusForbidden, "VPC.2701")
	for name, call := range map[string]func() error{
		"show": func() error { _, err := third.ShowVPCPeering(ctx, made.ID); return err },
		"update": func() error {
			_, err := third.UpdateVPCPeering(ctx, made.ID, client.VPCPeeringUpdate{Name: new("x")})
			return err
		},
		"accept": func() error { _, err := third.AcceptVPCPeering(ctx, made.ID); return err },
		"reject": func() error { _, err := third.RejectVPCPeering(ctx, made.ID); return err },
		"delete": func() error { return third.DeleteVPCPeering(ctx, made.ID) },
	} {
		t.Run("to a stranger it is unknown/"+name, func(t *testing.T) {
			wantRefusal(t, call(), http.StatusNotFound, "VPC.2204")
		})
	}

	if p, err := accepter.RejectVPCPeering(ctx, made.ID); err != nil || p.Status != client.Rejected {
		t.Errorf("rejected %+v, %v", p, err)
	}
	if p, err := accepter.RejectVPCPeering(ctx, made.ID); err != nil || p.Status != client.Rejected {
		t.Errorf("rejected again %+v, %v", p, err)
	}
	_, err = accepter.AcceptVPCPeering(ctx, made.ID)
	wantRefusal(t, err, http.StatusConflict, "VPC.22105")
	if err := accepter.DeleteVPCPeering(ctx, made.ID); err != nil {
		t.Error(err)
	}
	_, err = requester.ShowVPCPeering(ctx, made.ID)
	wantRefusal(t, err, http.StatusNotFound, "VPC.2204")
}

func TestOwnVPCsArePeeredAtOnce(t *testing.T) {
	s := harness.Start(t, t.TempDir())
	ctx, c := t.Context(), s.As(t, harness.Project)
	p, err := c.CreateVPCPeering(ctx, client.VPCPeeringCreate{
		Name:           "inner",
		RequestVPCInfo: client.VPCReference{VPCID: harness.PeerVPC},
		AcceptVPCInfo:  client.VPCReference{VPCID: harness.OtherVPC},
	})
	if err != nil || p.Status != client.Active || p.ExpiresAt != "" {
		t.Fatalf("created %+v, %v", p, err)
	}
	if p, err := c.AcceptVPCPeering(ctx, p.ID); err != nil || p.Status != client.Active {
		t.Errorf("accepted %+v, %v", p, err)
	}
	_, err = c.RejectVPCPeering(ctx, p.ID)
	wantRefusal(t, err, http.StatusConflict, "VPC.22105")
}

func TestListFollowsItsPages(t *testing.T) {
	s := harness.Start(t, t.TempDir())
	ctx, c := t.Context(), s.As(t, harness.Project)
	want := map[string]bool{}
	for _, vpc := range []string{harness.OtherVPC, harness.ClusterVPC, harness.UnknownID, "11111111-1111-1111-1111-111111111111"} {
		p, err := c.CreateVPCPeering(ctx, client.VPCPeeringCreate{
			Name:           "to-" + vpc,
			RequestVPCInfo: client.VPCReference{VPCID: harness.PeerVPC},
			AcceptVPCInfo:  client.VPCReference{VPCID: vpc},
		})
		if err != nil {
			t.Fatal(err)
		}
		want[p.ID] = true
	}
	var got []string
	query := client.VPCPeeringQuery{Status: client.Active, VPCID: harness.PeerVPC, TenantID: harness.Project, Limit: 3}
	for pages := 1; ; pages++ {
		page, err := c.ListVPCPeerings(ctx, query)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range page.Peerings {
			got = append(got, p.ID)
		}
		if page.Next == "" {
			if pages != 2 {
				t.Errorf("%d pages", pages)
			}
			break
		}
		query.Marker = page.Next
	}
	if !slices.Equal(got, slices.Sorted(maps.Keys(want))) {
		t.Errorf("walked %v, created %v", got, want)
	}
	one, err := c.ListVPCPeerings(ctx, client.VPCPeeringQuery{ID: got[0], Name: "to-" + harness.OtherVPC})
	if err != nil || len(one.Peerings) != 1 {
		t.Errorf("by id and name: %+v, %v", one, err)
	}
}

// wantRefusal checks that the service refused with a status and a code.
func wantRefusal(t *testing.T, err error, status int, code string) {
	t.Helper()
	refused, ok := errors.AsType[*client.Error](err)
	if !ok || refused.Status != status || refused.Code != code || refused.RequestID == "" {
		t.Errorf("want %d %s, got %v", status, code, err)
	}
}
