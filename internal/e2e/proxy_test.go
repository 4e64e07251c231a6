package e2e_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/e2e/harness"
)

// nextOf answers the link to the next page of a list.
func nextOf(t *testing.T, got harness.Response) string {
	t.Helper()
	var page struct {
		Links []struct{ Href string } `json:"peerings_links"`
	}
	if err := json.Unmarshal([]byte(got.Body), &page); err != nil || len(page.Links) != 1 {
		t.Fatalf("answered %d %s: %v", got.Status, got.Body, err)
	}
	return page.Links[0].Href
}

func TestTrustedProxies(t *testing.T) {
	const trusted, public = "127.0.0.9", "203.0.113.7"
	s := harness.StartWith(t, "--trusted-proxies", trusted+"/32,198.51.100.0/24", "--data-dir", t.TempDir())
	for range 2 {
		_, err := s.As(t, harness.Project).CreateVPCPeering(t.Context(), client.VPCPeeringCreate{
			Name: "n", RequestVPCInfo: client.VPCReference{VPCID: uuid.NewString()}, AcceptVPCInfo: client.VPCReference{VPCID: uuid.NewString()},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	own := strings.TrimPrefix(s.Endpoint, "http://")
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
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.Endpoint+harness.VPCPath+"?limit=1", http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			got := harness.SendWith(t, from(t, tt.from), r, append(tt.headers, "X-Project-Id", harness.Project)...)
			if next := nextOf(t, got); !strings.HasPrefix(next, tt.link+harness.VPCPath+"?") {
				t.Errorf("the next page is at %s, want it below %s", next, tt.link)
			}
			wantSecure(t, got.Header, tt.encrypted)
			line := logLine(t, s, got.Header.Get("X-Request-Id"))
			if line["remote"] != tt.remote {
				t.Errorf("the log has remote %v, want %s", line["remote"], tt.remote)
			}
		})
	}
}

func TestNoProxyIsTrustedByDefault(t *testing.T) {
	s := harness.Start(t, t.TempDir())
	got := harness.Send(t, http.MethodGet, s.Endpoint+harness.CSPath, "", "X-Forwarded-For", "203.0.113.7", "X-Forwarded-Proto", "https")
	wantSecure(t, got.Header, false)
	if line := logLine(t, s, got.Header.Get("X-Request-Id")); line["remote"] != "127.0.0.1" {
		t.Errorf("the log has remote %v", line["remote"])
	}
}

// logLine answers the line of a request in the log of a server. It is there before a short answer is sent.
func logLine(t *testing.T, s *harness.Server, requestID string) map[string]any {
	t.Helper()
	for line := range strings.Lines(s.Log.String()) {
		var attrs map[string]any
		if json.Unmarshal([]byte(line), &attrs) == nil && attrs["request_id"] == requestID {
			return attrs
		}
	}
	t.Fatalf("request %s is not in the log:\n%s", requestID, s.Log)
	return nil
}
