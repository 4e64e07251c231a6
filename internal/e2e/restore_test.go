package e2e_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/cli"
	"github.com/peering/peering/internal/e2e/harness"
)

// runCommand runs a command that needs no server.
func runCommand(t *testing.T, args ...string) (code int, output string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out := &harness.Buffer{}
	code = harness.Run(ctx, args, out, out, harness.NoEnv)
	return code, out.String()
}

// TestBackupRestoresIntoOtherStore backs up a running or a stopped server and
// restores into a store of the same or the other kind.
func TestBackupRestoresIntoOtherStore(t *testing.T) {
	t.Parallel()
	embedded := func(t *testing.T) []string {
		return []string{"--data-dir", filepath.Join(t.TempDir(), "data")}
	}
	cluster := func(t *testing.T) []string {
		endpoint, _ := startEtcd(t)
		return []string{"--etcd-endpoints", endpoint}
	}
	tests := []struct {
		name     string
		from, to func(*testing.T) []string
		running  bool
	}{
		{"embedded to embedded", embedded, embedded, false},
		{"running server to embedded", embedded, embedded, true},
		{"embedded to cluster", embedded, cluster, false},
		{"cluster to embedded", cluster, embedded, true},
		{"cluster to cluster", cluster, cluster, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			from, to, file := tt.from(t), tt.to(t), filepath.Join(t.TempDir(), "backup")
			s := harness.StartWith(t, from...)
			want := populate(t, s.As(t, harness.Project))
			if !tt.running {
				s.Stop()
			}
			code, out := runCommand(t, append([]string{"backup", file}, from...)...)
			harness.WantOutput(t, code, out, cli.ExitOK, nil)
			code, out = runCommand(t, append([]string{"restore", file}, to...)...)
			harness.WantOutput(t, code, out, cli.ExitOK, []string{"restored peerings: 3, routes: 1, clusters: 1"})
			code, out = runCommand(t, append([]string{"restore", file}, to...)...)
			harness.WantOutput(t, code, out, cli.ExitFailure, []string{"already"})

			wantRestored(t, harness.StartWith(t, to...).As(t, harness.Project), want)
		})
	}
}

// populate creates three peerings, one of them with a route, and returns them.
func populate(t *testing.T, c *client.Client) []client.Peering {
	t.Helper()
	created, err := c.CreatePeering(t.Context(), harness.ClusterID,
		client.PeeringCreate{Name: "first", VPCID: harness.PeerVPC})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.AcceptVPCPeering(t.Context(), created.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := c.CreateRoute(t.Context(), harness.ClusterID, created.ID, "192.168.0.0/16"); err != nil {
		t.Fatal(err)
	}
	for _, vpc := range []string{harness.OtherVPC, harness.UnknownID} {
		_, err := c.CreatePeering(t.Context(), harness.ClusterID, client.PeeringCreate{Name: "more", VPCID: vpc})
		if err != nil {
			t.Fatal(err)
		}
	}
	return listPeerings(t, c)
}

// wantRestored checks that a server has the restored peerings and enforces
// their invariants.
func wantRestored(t *testing.T, c *client.Client, want []client.Peering) {
	t.Helper()
	if got := listPeerings(t, c); !slices.EqualFunc(got, want, func(a, b client.Peering) bool {
		return a.ID == b.ID && a.Name == b.Name && a.Status == b.Status && a.AcceptVPCInfo.VPCID == b.AcceptVPCInfo.VPCID
	}) || len(want) != 3 {
		t.Errorf("list returned %+v, want %+v", got, want)
	}
	if routes, err := c.ListRoutes(t.Context(), harness.ClusterID, want[0].ID); err != nil || len(routes) != 1 {
		t.Errorf("list of routes returned %+v, %v; want one", routes, err)
	}
	request := client.PeeringCreate{Name: "again", VPCID: harness.PeerVPC}
	if _, err := c.CreatePeering(t.Context(), harness.ClusterID, request); !client.IsConflict(err) {
		t.Errorf("create of a second peering of the VPCs returned %v", err)
	}
	if err := c.DeletePeering(t.Context(), harness.ClusterID, want[0].ID); err != nil {
		t.Error(err)
	}
	if _, err := c.CreatePeering(t.Context(), harness.ClusterID, request); err != nil {
		t.Errorf("create after delete returned %v", err)
	}
}

// listPeerings returns the peerings of the example's cluster.
func listPeerings(t *testing.T, c *client.Client) []client.Peering {
	t.Helper()
	all, err := c.ListPeerings(t.Context(), harness.ClusterID)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestBackupFails(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	existing, absent := filepath.Join(dir, "existing"), filepath.Join(dir, "absent")
	if err := os.WriteFile(existing, []byte("kept"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		args []string
		code int
		want []string
	}{
		{"without file", []string{}, cli.ExitUsage, nil},
		{"of two stores", []string{"f", "--data-dir", dir, "--etcd-endpoints", "http://127.0.0.1:1"}, cli.ExitUsage, nil},
		{"into existing file", []string{existing, "--data-dir", dir}, cli.ExitFailure, []string{existing, "exists"}},
		{"of empty directory", []string{absent, "--data-dir", dir}, cli.ExitFailure, []string{dir, "no data"}},
		{"of missing directory", []string{filepath.Join(dir, "f"), "--data-dir", absent}, cli.ExitFailure,
			[]string{absent, "no data"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, out := runCommand(t, append([]string{"backup"}, tt.args...)...)
			harness.WantOutput(t, code, out, tt.code, tt.want)
			if _, err := os.Stat(absent); !os.IsNotExist(err) {
				t.Errorf("%s was created: %v", absent, err)
			}
		})
	}
	if kept, err := os.ReadFile(existing); err != nil || string(kept) != "kept" {
		t.Errorf("the file is now %q, %v", kept, err)
	}
	if left, err := fs.Glob(os.DirFS(dir), ".*"); err != nil || len(left) > 0 {
		t.Errorf("temporary files are left: %v, %v", left, err)
	}
}
