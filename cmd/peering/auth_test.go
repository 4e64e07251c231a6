package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/peering/peering/client"
)

func TestTokensAndSignaturesAreKnown(t *testing.T) {
	s := startKnowing(t, "--data-dir", t.TempDir())
	own := client.VPCPeeringCreate{
		Name: "n", RequestVPCInfo: client.VPCReference{VPCID: peerVPC}, AcceptVPCInfo: client.VPCReference{VPCID: otherVPC},
	}
	made, err := s.by(t, requester).CreateVPCPeering(t.Context(), own)
	if err != nil || made.RequestVPCInfo.TenantID != requesterTenant {
		t.Fatalf("made %+v, %v", made, err)
	}
	for name, c := range map[string]*client.Client{
		"a token":                   s.by(t, requester),
		"a token without a project": s.with(t, client.WithToken(requester.token())),
		"a reader's token":          s.by(t, requesterReader),
		"keys":                      s.with(t, client.WithCredentials(requester.accessKey(), requester.secretKey())),
		"keys with a project":       s.with(t, client.WithCredentials(requester.accessKey(), requester.secretKey()), client.WithProject(requesterTenant)),
		"keys with a project in capitals": s.with(t, client.WithCredentials(requester.accessKey(), requester.secretKey()),
			client.WithProject(strings.ToUpper(requesterTenant))),
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
	byKeys := s.with(t, client.WithCredentials(requester.accessKey(), requester.secretKey()))
	name := "renamed"
	if p, err := byKeys.UpdateVPCPeering(t.Context(), made.ID, client.VPCPeeringUpdate{Name: &name}); err != nil || p.Name != name {
		t.Errorf("renamed %+v, %v", p, err)
	}
	if err := byKeys.DeleteVPCPeering(t.Context(), made.ID); err != nil {
		t.Error(err)
	}
}

func TestClustersOfACaller(t *testing.T) {
	s := startKnowing(t, "--data-dir", t.TempDir())
	c := s.with(t, client.WithCredentials(clusterAdmin.accessKey(), clusterAdmin.secretKey()), client.WithProject(clusterProject))
	id, err := c.CreateCluster(t.Context(), client.ClusterCreate{Name: "n"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.by(t, clusterReader).ShowCluster(t.Context(), id); err != nil {
		t.Error(err)
	}
	wantRefusal(t, s.by(t, clusterReader).DeleteCluster(t.Context(), id), http.StatusForbidden, "CS.10005")
	wantRefusal(t, s.with(t, client.WithToken(nobody.token()), client.WithProject(clusterProject)).DeleteCluster(t.Context(), id),
		http.StatusForbidden, "CS.10006")
	wantRefusal(t, s.by(t, latecomer).DeleteCluster(t.Context(), id), http.StatusUnauthorized, "CS.10007")
}

func TestCredentialsFileIsFollowed(t *testing.T) {
	file := credentialsFile(t, requester)
	s := startOn(t, "--auth", "file:"+file, "--data-dir", t.TempDir())
	list := func(who identity) error {
		_, err := s.by(t, who).ListVPCPeerings(t.Context(), client.VPCPeeringQuery{})
		return err
	}
	if err := list(requester); err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, list(accepter), http.StatusUnauthorized, "VPC.0008")
	if err := os.Rename(credentialsFile(t, accepter), file); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(30 * time.Second); list(accepter) != nil; {
		if time.Now().After(end) {
			t.Fatal("the new file is not in force")
		}
	}
	wantRefusal(t, list(requester), http.StatusUnauthorized, "VPC.0008")
}

// commandAs runs a client command with an environment.
func (r *running) commandAs(t *testing.T, env map[string]string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	out, errs := &lockedBuffer{}, &lockedBuffer{}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	code = run(ctx, append(args, "--endpoint", r.endpoint), out, errs, func(name string) string { return env[name] })
	return code, out.String(), errs.String()
}

func TestCommandsWithCredentials(t *testing.T) {
	s := startKnowing(t, "--data-dir", t.TempDir())
	byToken := map[string]string{"PEERING_TOKEN": requester.token()}
	byKeys := map[string]string{"PEERING_ACCESS_KEY": requester.accessKey(), "PEERING_SECRET_KEY": requester.secretKey()}
	both := map[string]string{"PEERING_TOKEN": requester.token(), "PEERING_ACCESS_KEY": requester.accessKey(), "PEERING_SECRET_KEY": requester.secretKey()}
	ofCluster := map[string]string{"PEERING_TOKEN": clusterAdmin.token(), "PEERING_PROJECT": clusterProject}
	for _, tt := range []struct {
		name string
		env  map[string]string
		args []string
		code int
		want []string
	}{
		{"create by a token", byToken, []string{"create", "n", "--vpc", peerVPC, "--peer-vpc", otherVPC}, exitOK, []string{requesterTenant, "ACTIVE"}},
		{"list by keys", byKeys, []string{"list"}, exitOK, []string{requesterTenant, "ACTIVE"}},
		{"list of a reader", map[string]string{"PEERING_TOKEN": requesterReader.token()}, []string{"list"}, exitOK, []string{"ACTIVE"}},
		{"create of a reader", map[string]string{"PEERING_TOKEN": requesterReader.token()},
			[]string{"create", "n", "--vpc", noID, "--peer-vpc", otherVPC}, exitForbidden, []string{"VPC.2701", "reader"}},
		{"a cluster", ofCluster, []string{"cluster", "create", "n"}, exitOK, []string{"cluster_running"}},
		{"a cluster without a project", byToken, []string{"cluster", "list"}, exitUsage, []string{"PEERING_PROJECT"}},
		{"another project", byToken, []string{"cluster", "list", "--project", clusterProject}, exitForbidden, []string{"CS.10006"}},
		{"nothing", nil, []string{"list"}, exitUsage, []string{"PEERING_PROJECT", "credentials"}},
		{"a project alone", map[string]string{"PEERING_PROJECT": requesterTenant}, []string{"list"}, exitForbidden, []string{"VPC.0008"}},
		{"an unknown token", map[string]string{"PEERING_TOKEN": secretMark}, []string{"list"}, exitForbidden, []string{"VPC.0008"}},
		{"an old token", map[string]string{"PEERING_TOKEN": latecomer.token()}, []string{"list"}, exitForbidden, []string{"expired"}},
		{"another secret", map[string]string{"PEERING_ACCESS_KEY": requester.accessKey(), "PEERING_SECRET_KEY": secretMark},
			[]string{"list"}, exitForbidden, []string{"VPC.0008"}},
		{"a token and keys", both, []string{"list"}, exitUsage, []string{"two ways"}},
		{"half of the keys", map[string]string{"PEERING_SECRET_KEY": secretMark, "PEERING_PROJECT": requesterTenant}, []string{"list"}, exitUsage, []string{"belong together"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, out, errs := s.commandAs(t, tt.env, tt.args...)
			wantOutput(t, code, out+errs, tt.code, tt.want)
		})
	}
}

func TestServeAndItsCredentials(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "credentials.yaml")
	if err := os.WriteFile(broken, []byte("tokens:\n- {token: "+requester.token()+"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, auth string
		code       int
		want       string
	}{
		{"no way that there is", "open", exitUsage, "file:PATH"},
		{"no path", "file:", exitUsage, "file:PATH"},
		{"no file", "file:" + broken + "x", exitFailure, broken + "x"},
		{"a broken file", "file:" + broken, exitFailure, "line 2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			log := &lockedBuffer{}
			code := run(t.Context(), serveArgs("--data-dir", t.TempDir(), "--auth", tt.auth), log, log, noEnv)
			wantOutput(t, code, log.String(), tt.code, []string{tt.want})
		})
	}
}

func TestPublicAddressesNeedCredentials(t *testing.T) {
	for _, tt := range []struct {
		auth, address string
		encrypted     bool
		allowed, warn bool
	}{
		{"none", "127.0.0.1", false, true, false},
		{"none", "::1", false, true, false},
		{"none", "10.0.0.1", false, false, false},
		{"none", "::", false, false, false},
		{"file:x", "127.0.0.1", false, true, false},
		{"file:x", "10.0.0.1", false, true, true},
		{"file:x", "10.0.0.1", true, true, false},
		{"none", "10.0.0.1", true, false, false},
	} {
		t.Run(fmt.Sprintf("%s at %s, encrypted %t", tt.auth, tt.address, tt.encrypted), func(t *testing.T) {
			log := &lockedBuffer{}
			flags := authFlags{auth: tt.auth}
			err := flags.allows(&net.TCPAddr{IP: net.ParseIP(tt.address), Port: 8080}, tt.address, tt.encrypted, slog.New(slog.NewTextHandler(log, nil)))
			if (err == nil) != tt.allowed || strings.Contains(log.String(), "level=WARN") != tt.warn {
				t.Errorf("answered %v, logged %s", err, log)
			}
		})
	}
}
