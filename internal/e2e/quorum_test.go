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

// TestServersWithoutQuorum kills two of three members and starts them again. The servers run on.
func TestServersWithoutQuorum(t *testing.T) {
	members := startMembers(t)
	store := []string{"--etcd-endpoints", endpointsOf(members)}
	servers := []*harness.Server{harness.StartWith(t, store...), harness.StartWith(t, store...)}
	made, err := servers[0].As(t, harness.Project).CreatePeering(t.Context(), harness.ClusterID, client.PeeringCreate{Name: "before", VPCID: harness.PeerVPC})
	if err != nil {
		t.Fatal(err)
	}
	want, err := servers[1].As(t, harness.Project).ShowPeering(t.Context(), harness.ClusterID, made.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range members[1:] {
		m.kill()
	}
	for _, s := range servers {
		wantUnavailableInTime(t, s, http.MethodGet, harness.CSPath+"/"+made.ID, "")
		wantUnavailableInTime(t, s, http.MethodGet, harness.VPCPath+"/"+made.ID, "")
		wantUnavailableInTime(t, s, http.MethodPost, harness.CSPath, `{"name":"without","vpc_id":"`+harness.OtherVPC+`"}`)
		wantNoQuorum(t, s)
	}

	for _, m := range members[1:] {
		m.start(t)
	}
	for i, s := range servers {
		c := s.As(t, harness.Project)
		if shown := showWhenBack(t, c, made.ID); shown != want {
			t.Errorf("shown %+v, want %+v", shown, want)
		}
		vpc := strings.Repeat(strconv.Itoa(i), 32)
		if _, err := c.CreatePeering(t.Context(), harness.ClusterID, client.PeeringCreate{Name: "after", VPCID: vpc}); err != nil {
			t.Error(err)
		}
		if status := probe(t, s.Admin+"/readyz"); status != http.StatusOK {
			t.Errorf("/readyz answered %d", status)
		}
	}
}

// wantUnavailableInTime fails the test where a request is not answered 503 in the time that the service promises.
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
		wantFields(t, got, false, http.StatusServiceUnavailable, "CS.22108", "")
	} else {
		wantFields(t, got, true, http.StatusServiceUnavailable, "VPC.22108", "")
	}
	if got.Header.Get("Retry-After") == "" {
		t.Error("there is no Retry-After")
	}
}

// wantNoQuorum fails the test where a server is ready, or does not say why it is not.
func wantNoQuorum(t *testing.T, s *harness.Server) {
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
	if err != nil || resp.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(body), "no quorum") {
		t.Errorf("/readyz answered %d %s: %v", resp.StatusCode, body, err)
	}
}

// showWhenBack shows a peering as soon as the service is there again. Until then it may only be unavailable.
func showWhenBack(t *testing.T, c *client.Client, id string) client.Peering {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		shown, err := c.ShowPeering(ctx, harness.ClusterID, id)
		if err == nil {
			return shown
		}
		if !client.IsUnavailable(err) {
			t.Fatal(err)
		}
	}
}
