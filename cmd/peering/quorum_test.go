package main

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/peering/peering/client"
)

// TestServersWithoutQuorum kills two of three members and starts them again. The servers run on.
func TestServersWithoutQuorum(t *testing.T) {
	members := startMembers(t)
	store := []string{"--etcd-endpoints", endpointsOf(members)}
	servers := []*running{startOn(t, store...), startOn(t, store...)}
	made, err := servers[0].as(t, project).CreatePeering(t.Context(), clusterID, client.PeeringCreate{Name: "before", VPCID: peerVPC})
	if err != nil {
		t.Fatal(err)
	}
	want, err := servers[1].as(t, project).ShowPeering(t.Context(), clusterID, made.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range members[1:] {
		m.kill()
	}
	for _, s := range servers {
		wantUnavailableInTime(t, s, http.MethodGet, csPath+"/"+made.ID, "")
		wantUnavailableInTime(t, s, http.MethodGet, vpcPath+"/"+made.ID, "")
		wantUnavailableInTime(t, s, http.MethodPost, csPath, `{"name":"without","vpc_id":"`+otherVPC+`"}`)
		wantNoQuorum(t, s)
	}

	for _, m := range members[1:] {
		m.start(t)
	}
	for i, s := range servers {
		c := s.as(t, project)
		if shown := showWhenBack(t, c, made.ID); shown != want {
			t.Errorf("shown %+v, want %+v", shown, want)
		}
		vpc := strings.Repeat(strconv.Itoa(i), 32)
		if _, err := c.CreatePeering(t.Context(), clusterID, client.PeeringCreate{Name: "after", VPCID: vpc}); err != nil {
			t.Error(err)
		}
		if status := probe(t, s.admin+"/readyz"); status != http.StatusOK {
			t.Errorf("/readyz answered %d", status)
		}
	}
}

// wantUnavailableInTime fails the test where a request is not answered 503 in the time that the service promises.
func wantUnavailableInTime(t *testing.T, s *running, method, path, body string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, s.endpoint+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	got := sendRequest(t, r, "Content-Type", "application/json", "X-Project-Id", project)
	if strings.HasPrefix(path, csPath) {
		wantFields(t, got, false, http.StatusServiceUnavailable, "CS.22108", "")
	} else {
		wantFields(t, got, true, http.StatusServiceUnavailable, "VPC.22108", "")
	}
	if got.header.Get("Retry-After") == "" {
		t.Error("there is no Retry-After")
	}
}

// wantNoQuorum fails the test where a server is ready, or does not say why it is not.
func wantNoQuorum(t *testing.T, s *running) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.admin+"/readyz", http.NoBody)
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
		shown, err := c.ShowPeering(ctx, clusterID, id)
		if err == nil {
			return shown
		}
		if !client.IsUnavailable(err) {
			t.Fatal(err)
		}
	}
}
