package e2e_test

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/e2e/harness"
)

func TestTokensAndSignaturesAreKnown(t *testing.T) {
	s := harness.StartWithIdentities(t, "--data-dir", t.TempDir())
	own := client.VPCPeeringCreate{
		Name: "n", RequestVPCInfo: client.VPCReference{VPCID: harness.PeerVPC}, AcceptVPCInfo: client.VPCReference{VPCID: harness.OtherVPC},
	}
	made, err := s.By(t, harness.Requester).CreateVPCPeering(t.Context(), own)
	if err != nil || made.RequestVPCInfo.TenantID != harness.RequesterTenant {
		t.Fatalf("made %+v, %v", made, err)
	}
	for name, c := range map[string]*client.Client{
		"a token":                   s.By(t, harness.Requester),
		"a token without a project": s.With(t, client.WithToken(harness.Requester.Token())),
		"a reader's token":          s.By(t, harness.RequesterReader),
		"keys":                      s.With(t, client.WithCredentials(harness.Requester.AccessKey(), harness.Requester.SecretKey())),
		"keys with a project":       s.With(t, client.WithCredentials(harness.Requester.AccessKey(), harness.Requester.SecretKey()), client.WithProject(harness.RequesterTenant)),
		"keys with a project in capitals": s.With(t, client.WithCredentials(harness.Requester.AccessKey(), harness.Requester.SecretKey()),
			client.WithProject(strings.ToUpper(harness.RequesterTenant))),
	} {
		t.Run(name, func(t *testing.T) {
			if shown, err := c.ShowVPCPeering(t.Context(), made.ID); err != nil || shown.ID != made.ID {
				t.Errorf("shown %+v, %v", shown, err)
			}
			if page, err := c.ListVPCPeerings(t.Context(), client.VPCPeeringQuery{Name: "n", Status: client.Active}); err != nil || len(page.Peerings) != 1 {
				t.Errorf("listed %+v, %v", page, err)
			}
		})
	}
	byKeys := s.With(t, client.WithCredentials(harness.Requester.AccessKey(), harness.Requester.SecretKey()))
	name := "renamed"
	if p, err := byKeys.UpdateVPCPeering(t.Context(), made.ID, client.VPCPeeringUpdate{Name: &name}); err != nil || p.Name != name {
		t.Errorf("renamed %+v, %v", p, err)
	}
	if err := byKeys.DeleteVPCPeering(t.Context(), made.ID); err != nil {
		t.Error(err)
	}
}

func TestClustersOfACaller(t *testing.T) {
	s := harness.StartWithIdentities(t, "--data-dir", t.TempDir())
	c := s.With(t, client.WithCredentials(harness.ClusterAdmin.AccessKey(), harness.ClusterAdmin.SecretKey()), client.WithProject(harness.ClusterProject))
	id, err := c.CreateCluster(t.Context(), client.ClusterCreate{Name: "n"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.By(t, harness.ClusterReader).ShowCluster(t.Context(), id); err != nil {
		t.Error(err)
	}
	wantRefusal(t, s.By(t, harness.ClusterReader).DeleteCluster(t.Context(), id), http.StatusForbidden, "CS.10005")
	wantRefusal(t, s.With(t, client.WithToken(harness.Outsider.Token()), client.WithProject(harness.ClusterProject)).DeleteCluster(t.Context(), id),
		http.StatusForbidden, "CS.10006")
	wantRefusal(t, s.By(t, harness.ExpiredAdmin).DeleteCluster(t.Context(), id), http.StatusUnauthorized, "CS.10007")
}

func TestCredentialsFileIsFollowed(t *testing.T) {
	file := harness.CredentialsFile(t, harness.Requester)
	s := harness.StartWith(t, "--auth", "file:"+file, "--data-dir", t.TempDir())
	list := func(who harness.Identity) error {
		_, err := s.By(t, who).ListVPCPeerings(t.Context(), client.VPCPeeringQuery{})
		return err
	}
	if err := list(harness.Requester); err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, list(harness.Accepter), http.StatusUnauthorized, "VPC.0008")
	if err := os.Rename(harness.CredentialsFile(t, harness.Accepter), file); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(30 * time.Second); list(harness.Accepter) != nil; {
		if time.Now().After(end) {
			t.Fatal("the new file is not in force")
		}
	}
	wantRefusal(t, list(harness.Requester), http.StatusUnauthorized, "VPC.0008")
}
