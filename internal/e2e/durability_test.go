package e2e_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/cli"
	"github.com/peering/peering/internal/e2e/harness"
)

// TestKilledServerKeepsChanges checks after each kill that every acknowledged
// change is stored.
func TestKilledServerKeepsChanges(t *testing.T) {
	dir := t.TempDir()
	want := map[string]client.Status{}
	for round := range harness.Scale(1, 3) {
		p := harness.StartProcess(t, "--data-dir", dir)
		c := harness.NewClient(t, p.Endpoint, client.WithProject(harness.Project))
		wantStatuses(t, c, want)
		for i := range 5 {
			created, err := c.CreatePeering(t.Context(), harness.ClusterID, client.PeeringCreate{
				Name: "n", VPCID: fmt.Sprintf("%032x", 100*round+i),
			})
			if err != nil {
				t.Fatal(err)
			}
			want[created.ID] = created.Status
			if i%2 == 1 {
				accepted, err := c.AcceptVPCPeering(t.Context(), created.ID)
				if err != nil {
					t.Fatal(err)
				}
				want[created.ID] = accepted.Status
			}
		}
		if err := p.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = p.Wait() // reports the kill
	}
	c := harness.Start(t, dir).As(t, harness.Project)
	wantStatuses(t, c, want)
	found, err := c.ListPeerings(t.Context(), harness.ClusterID)
	if err != nil || len(found) != len(want) {
		t.Errorf("listed %d peerings, want %d: %v", len(found), len(want), err)
	}
}

// wantStatuses checks the statuses of peerings by id.
func wantStatuses(t *testing.T, c *client.Client, want map[string]client.Status) {
	t.Helper()
	for id, status := range want {
		if got, err := c.ShowPeering(t.Context(), harness.ClusterID, id); err != nil || got.Status != status {
			t.Errorf("peering %s is %s, want %s: %v", id, got.Status, status, err)
		}
	}
}

func TestSecondServerOnDataDirectoryFails(t *testing.T) {
	dir := t.TempDir()
	harness.Start(t, dir)
	log := &harness.Buffer{}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second) // in case it starts
	defer cancel()
	code := harness.Run(ctx, harness.ServeArgs("--data-dir", dir), log, log, harness.NoEnv)
	if code != cli.ExitFailure || !strings.Contains(log.String(), dir+" is in use by another process") {
		t.Errorf("exited with %d: %s", code, log)
	}
}

// BenchmarkStart measures the time from starting a server on an empty directory
// to the first created peering.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		s := harness.Start(b, b.TempDir())
		s.CreatePeering(b, harness.PeerVPC)
		b.StopTimer()
		s.Stop()
		b.StartTimer()
	}
}
