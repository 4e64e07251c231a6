package e2e_test

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/e2e/harness"
)

// TestLossOfQuorum kills two of three etcd members and restarts them while the
// servers keep running.
func TestLossOfQuorum(t *testing.T) {
	harness.Long(t)
	members := startEtcdCluster(t)
	store := []string{"--etcd-endpoints", endpointsOf(members)}
	servers := []*harness.Server{harness.StartWith(t, store...), harness.StartWith(t, store...)}
	created := servers[0].CreatePeering(t, harness.PeerVPC)
	want, err := servers[1].As(t, harness.Project).ShowPeering(t.Context(), harness.ClusterID, created.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range members[1:] {
		m.kill()
	}
	for _, s := range servers {
		wantUnavailableInTime(t, s, http.MethodGet, harness.CSPath+"/"+created.ID, "")
		wantUnavailableInTime(t, s, http.MethodGet, harness.VPCPath+"/"+created.ID, "")
		wantUnavailableInTime(t, s, http.MethodPost, harness.CSPath, `{"name":"without","vpc_id":"`+harness.OtherVPC+`"}`)
		wantNotReady(t, s, "no quorum")
	}

	for _, m := range members[1:] {
		m.start(t)
	}
	for i, s := range servers {
		c := s.As(t, harness.Project)
		if got := showWhenAvailable(t, c, created.ID); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		s.CreatePeering(t, strings.Repeat(strconv.Itoa(i), 32))
		if status := adminStatus(t, s.Admin+"/readyz"); status != http.StatusOK {
			t.Errorf("/readyz returned %d", status)
		}
	}
}

// wantUnavailableInTime fails the test unless a request returns 503 within the
// time that the service promises.
func wantUnavailableInTime(t *testing.T, s *harness.Server, method, path, body string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, s.Endpoint+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	got := harness.SendRequest(t, r, "Content-Type", "application/json", "X-Project-Id", harness.Project)
	if strings.HasPrefix(path, harness.CSPath) {
		wantErrorBody(t, got, false, http.StatusServiceUnavailable, "CS.22108", "")
	} else {
		wantErrorBody(t, got, true, http.StatusServiceUnavailable, "VPC.22108", "")
	}
	if got.Header.Get("Retry-After") == "" {
		t.Error("the response has no Retry-After")
	}
}

// wantNotReady fails the test unless /readyz returns 503 with a reason.
func wantNotReady(t *testing.T, s *harness.Server, reason string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.Admin+"/readyz", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil || resp.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(body), reason) {
		t.Errorf("/readyz returned %d %s, want 503 and %q: %v", resp.StatusCode, body, reason, err)
	}
}

// showWhenAvailable returns a peering as soon as the service is available
// again. Until then the only error may be that it is unavailable.
func showWhenAvailable(t *testing.T, c *client.Client, id string) client.Peering {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		p, err := c.ShowPeering(ctx, harness.ClusterID, id)
		if err == nil {
			return p
		}
		if !client.IsUnavailable(err) {
			t.Fatal(err)
		}
	}
}
