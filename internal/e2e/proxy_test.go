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

// nextLink returns the link to the next page of a list.
func nextLink(t *testing.T, got harness.Response) string {
	t.Helper()
	var page struct {
		Links []struct{ Href string } `json:"peerings_links"`
	}
	if err := json.Unmarshal([]byte(got.Body), &page); err != nil || len(page.Links) != 1 {
		t.Fatalf("got %d %s, want one link: %v", got.Status, got.Body, err)
	}
	return page.Links[0].Href
}

func TestForwardedHeadersOfTrustedProxies(t *testing.T) {
	t.Parallel()
	const trusted, public = "127.0.0.9", "203.0.113.7"
	s := harness.StartWith(t, "--trusted-proxies", trusted+"/32,198.51.100.0/24", "--data-dir", t.TempDir())
	for range 2 {
		_, err := s.As(t, harness.Project).CreateVPCPeering(t.Context(), client.VPCPeeringCreate{
			Name:           "n",
			RequestVPCInfo: client.VPCReference{VPCID: uuid.NewString()},
			AcceptVPCInfo:  client.VPCReference{VPCID: uuid.NewString()},
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
		{"untrusted client", "127.0.0.1", []string{
			"X-Forwarded-For", public, "X-Forwarded-Proto", "https", "X-Forwarded-Host", "peering.example.com",
		}, "http://" + own, "127.0.0.1", false},
		{"trusted proxy", trusted, []string{
			"X-Forwarded-For", public, "X-Forwarded-Proto", "https", "X-Forwarded-Host", "peering.example.com",
		}, "https://peering.example.com", public, true},
		{"two trusted proxies", trusted, []string{
			"X-Forwarded-For", "192.0.2.1, " + public + ", 198.51.100.3",
		}, "http://" + own, public, false},
		{"client that forges the headers", trusted, []string{
			"X-Forwarded-For", "192.0.2.1", "X-Forwarded-For", public,
			"X-Forwarded-Host", "evil.example.com", "X-Forwarded-Host", "peering.example.com:8443",
		}, "http://peering.example.com:8443", public, false},
		{"private address is not trusted", trusted, []string{"X-Forwarded-For", public + ", 10.0.0.1"}, "http://" + own,
			"10.0.0.1", false},
		{"invalid address", trusted, []string{"X-Forwarded-For", "localhost"}, "http://" + own, trusted, false},
		{"invalid scheme and host", trusted, []string{"X-Forwarded-Proto", "ftp", "X-Forwarded-Host", "a/b"}, "http://" + own,
			trusted, false},
		{"user in host", trusted, []string{"X-Forwarded-Host", "a@b"}, "http://" + own, trusted, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.Endpoint+harness.VPCPath+"?limit=1", http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			got := harness.SendWith(t, httpClientAt(t, tt.from), r, append(tt.headers, "X-Project-Id", harness.Project)...)
			if next := nextLink(t, got); !strings.HasPrefix(next, tt.link+harness.VPCPath+"?") {
				t.Errorf("the link to the next page is %s, want one under %s", next, tt.link)
			}
			wantSecurityHeaders(t, got.Header, tt.encrypted)
			line := logLine(t, s, got.Header.Get("X-Request-Id"))
			if line["remote"] != tt.remote {
				t.Errorf("the logged remote address is %v, want %s", line["remote"], tt.remote)
			}
		})
	}
}

func TestNoProxyIsTrustedByDefault(t *testing.T) {
	t.Parallel()
	s := harness.Shared(t)
	got := harness.Send(t, http.MethodGet, s.Endpoint+harness.CSPath, "",
		"X-Forwarded-For", "203.0.113.7", "X-Forwarded-Proto", "https")
	wantSecurityHeaders(t, got.Header, false)
	if line := logLine(t, s, got.Header.Get("X-Request-Id")); line["remote"] != "127.0.0.1" {
		t.Errorf("the logged remote address is %v, want 127.0.0.1", line["remote"])
	}
}

// logLine returns the line of a request in the log of a server. The server
// writes it before it sends a short response.
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
