package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/peering/peering/client"
)

// nextOf answers the link to the next page of a list.
func nextOf(t *testing.T, got answered) string {
	t.Helper()
	var page struct {
		Links []struct{ Href string } `json:"peerings_links"`
	}
	if err := json.Unmarshal([]byte(got.body), &page); err != nil || len(page.Links) != 1 {
		t.Fatalf("answered %d %s: %v", got.status, got.body, err)
	}
	return page.Links[0].Href
}

func TestTrustedProxies(t *testing.T) {
	const trusted, public = "127.0.0.9", "203.0.113.7"
	s := startOn(t, "--trusted-proxies", trusted+"/32,198.51.100.0/24", "--data-dir", t.TempDir())
	for range 2 {
		_, err := s.as(t, project).CreateVPCPeering(t.Context(), client.VPCPeeringCreate{
			Name: "n", RequestVPCInfo: client.VPCReference{VPCID: uuid.NewString()}, AcceptVPCInfo: client.VPCReference{VPCID: uuid.NewString()},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	own := strings.TrimPrefix(s.endpoint, "http://")
	for _, tt := range []struct {
		name, from string
		headers    []string
		link       string
		remote     string
		encrypted  bool
	}{
		{"nobody trusted", "127.0.0.1", []string{
			"X-Forwarded-For", public, "X-Forwarded-Proto", "https", "X-Forwarded-Host", "peering.example.com",
		}, "http://" + own, "127.0.0.1", false},
		{"a trusted proxy", trusted, []string{
			"X-Forwarded-For", public, "X-Forwarded-Proto", "https", "X-Forwarded-Host", "peering.example.com",
		}, "https://peering.example.com", public, true},
		{"two trusted proxies", trusted, []string{
			"X-Forwarded-For", "192.0.2.1, " + public + ", 198.51.100.3",
		}, "http://" + own, public, false},
		{"a client that pretends to be one behind a proxy", trusted, []string{
			"X-Forwarded-For", "192.0.2.1", "X-Forwarded-For", public,
			"X-Forwarded-Host", "evil.example.com", "X-Forwarded-Host", "peering.example.com:8443",
		}, "http://peering.example.com:8443", public, false},
		{"a private address is not trusted by itself", trusted, []string{"X-Forwarded-For", public + ", 10.0.0.1"}, "http://" + own, "10.0.0.1", false},
		{"no address", trusted, []string{"X-Forwarded-For", "localhost"}, "http://" + own, trusted, false},
		{"neither scheme nor host", trusted, []string{"X-Forwarded-Proto", "ftp", "X-Forwarded-Host", "a/b"}, "http://" + own, trusted, false},
		{"a user in the host", trusted, []string{"X-Forwarded-Host", "a@b"}, "http://" + own, trusted, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.endpoint+vpcPath+"?limit=1", http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			got := sendWith(t, from(t, tt.from), r, append(tt.headers, "X-Project-Id", project)...)
			if next := nextOf(t, got); !strings.HasPrefix(next, tt.link+vpcPath+"?") {
				t.Errorf("the next page is at %s, want it below %s", next, tt.link)
			}
			wantSecure(t, got.header, tt.encrypted)
			line := logLine(t, s, got.header.Get("X-Request-Id"))
			if line["remote"] != tt.remote {
				t.Errorf("the log has remote %v, want %s", line["remote"], tt.remote)
			}
		})
	}
}

func TestNoProxyIsTrustedByDefault(t *testing.T) {
	s := start(t, t.TempDir())
	got := send(t, http.MethodGet, s.endpoint+csPath, "", "X-Forwarded-For", "203.0.113.7", "X-Forwarded-Proto", "https")
	wantSecure(t, got.header, false)
	if line := logLine(t, s, got.header.Get("X-Request-Id")); line["remote"] != "127.0.0.1" {
		t.Errorf("the log has remote %v", line["remote"])
	}
}

// logLine answers the line of a request in the log of a server. It is there before a short answer is sent.
func logLine(t *testing.T, s *running, requestID string) map[string]any {
	t.Helper()
	for line := range strings.Lines(s.log.String()) {
		var attrs map[string]any
		if json.Unmarshal([]byte(line), &attrs) == nil && attrs["request_id"] == requestID {
			return attrs
		}
	}
	t.Fatalf("request %s is not in the log:\n%s", requestID, s.log)
	return nil
}
