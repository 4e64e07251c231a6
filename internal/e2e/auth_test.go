package e2e_test

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/e2e/harness"
)

func TestTokensAndSignaturesAreAccepted(t *testing.T) {
	t.Parallel()
	s := harness.SharedWithIdentities(t)
	name := uuid.NewString()
	created, err := s.By(t, harness.Requester).CreateVPCPeering(t.Context(), client.VPCPeeringCreate{
		Name:           name,
		RequestVPCInfo: client.VPCReference{VPCID: uuid.NewString()},
		AcceptVPCInfo:  client.VPCReference{VPCID: uuid.NewString()},
	})
	if err != nil || created.RequestVPCInfo.TenantID != harness.RequesterTenant {
		t.Fatalf("create returned %+v, %v", created, err)
	}
	signed := client.WithCredentials(harness.Requester.AccessKey(), harness.Requester.SecretKey())
	for name, c := range map[string]*client.Client{
		"token":                  s.By(t, harness.Requester),
		"token without project":  s.With(t, client.WithToken(harness.Requester.Token())),
		"token of a reader":      s.By(t, harness.RequesterReader),
		"signature":              s.With(t, signed),
		"signature with project": s.With(t, signed, client.WithProject(harness.RequesterTenant)),
		"signature with project in upper case": s.With(t, signed,
			client.WithProject(strings.ToUpper(harness.RequesterTenant))),
	} {
		t.Run(name, func(t *testing.T) {
			if shown, err := c.ShowVPCPeering(t.Context(), created.ID); err != nil || shown.ID != created.ID {
				t.Errorf("show returned %+v, %v", shown, err)
			}
			page, err := c.ListVPCPeerings(t.Context(), client.VPCPeeringQuery{Name: created.Name, Status: client.Active})
			if err != nil || len(page.Peerings) != 1 {
				t.Errorf("list returned %+v, %v", page, err)
			}
		})
	}
	c := s.With(t, signed)
	p, err := c.UpdateVPCPeering(t.Context(), created.ID, client.VPCPeeringUpdate{Name: new("renamed")})
	if err != nil || p.Name != "renamed" {
		t.Errorf("update returned %+v, %v", p, err)
	}
	if err := c.DeleteVPCPeering(t.Context(), created.ID); err != nil {
		t.Error(err)
	}
}

func TestClusterRequiresItsProject(t *testing.T) {
	t.Parallel()
	s := harness.SharedWithIdentities(t)
	c := s.With(t, client.WithCredentials(harness.ClusterAdmin.AccessKey(), harness.ClusterAdmin.SecretKey()),
		client.WithProject(harness.ClusterProject))
	id, err := c.CreateCluster(t.Context(), client.ClusterCreate{Name: "n"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.By(t, harness.ClusterReader).ShowCluster(t.Context(), id); err != nil {
		t.Error(err)
	}
	outsider := s.With(t, client.WithToken(harness.Outsider.Token()), client.WithProject(harness.ClusterProject))
	wantError(t, s.By(t, harness.ClusterReader).DeleteCluster(t.Context(), id), http.StatusForbidden, "CS.10005")
	wantError(t, outsider.DeleteCluster(t.Context(), id), http.StatusForbidden, "CS.10006")
	wantError(t, s.By(t, harness.ExpiredAdmin).DeleteCluster(t.Context(), id), http.StatusUnauthorized, "CS.10007")
}

func TestCredentialsFileIsReloaded(t *testing.T) {
	t.Parallel()
	file := harness.CredentialsFile(t, harness.Requester)
	s := harness.StartWith(t, "--auth", "file:"+file, "--data-dir", t.TempDir())
	list := func(identity harness.Identity) error {
		_, err := s.By(t, identity).ListVPCPeerings(t.Context(), client.VPCPeeringQuery{})
		return err
	}
	if err := list(harness.Requester); err != nil {
		t.Fatal(err)
	}
	wantError(t, list(harness.Accepter), http.StatusUnauthorized, "VPC.0008")
	if err := os.Rename(harness.CredentialsFile(t, harness.Accepter), file); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(30 * time.Second); list(harness.Accepter) != nil; {
		if time.Now().After(end) {
			t.Fatal("the new file is not in force after 30 seconds")
		}
	}
	wantError(t, list(harness.Requester), http.StatusUnauthorized, "VPC.0008")
}
