package e2e_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/peering/peering/internal/e2e/harness"
)

// wantSecurityHeaders checks the headers that every response has.
func wantSecurityHeaders(t *testing.T, h http.Header, encrypted bool) {
	t.Helper()
	want := map[string]string{
		"X-Content-Type-Options":  "nosniff",
		"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
		"Referrer-Policy":         "no-referrer",
		"Cache-Control":           "no-store",

		"Strict-Transport-Security":   "",
		"Access-Control-Allow-Origin": "",
	}
	if encrypted {
		want["Strict-Transport-Security"] = "max-age=31536000"
	}
	for name, value := range want {
		if h.Get(name) != value {
			t.Errorf("%s is %q, want %q", name, h.Get(name), value)
		}
	}
}

func TestSecurityHeadersOnEveryStatus(t *testing.T) {
	t.Parallel()
	s := harness.StartWith(t, append(withoutRefill(4), "--data-dir", t.TempDir())...)
	for _, tt := range []struct {
		name, method, path string
		status             int
	}{
		{"success", "GET", harness.CSPath, 200},
		{"invalid request", "GET", harness.CSPath + "/7", 400},
		{"unknown path", "GET", "/", 404},
		{"unknown method", "PATCH", harness.CSPath, 405},
		{"HEAD", "HEAD", harness.CSPath, 405},
		{"long URI", "GET", harness.CSPath + "?" + strings.Repeat("x", 8<<10), 414},
		{"no credentials", "GET", harness.VPCPath, 401},
		{"third success", "GET", harness.CSPath, 200},
		{"fourth success", "GET", harness.CSPath, 200},
		{"too many requests", "GET", harness.CSPath, 429},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := harness.Send(t, tt.method, s.Endpoint+tt.path, "", "Origin", "https://console.example.com")
			if got.Status != tt.status {
				t.Errorf("got %d %s, want %d", got.Status, got.Body, tt.status)
			}
			wantSecurityHeaders(t, got.Header, false)
		})
	}
}

func TestSecurityHeadersOnOptionsAsterisk(t *testing.T) {
	t.Parallel()
	s := harness.Shared(t)
	c := harness.MustDialRaw(t, s.Endpoint)
	if _, err := io.WriteString(c, "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(c.Reader, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // only the headers matter
	if resp.StatusCode != http.StatusNotFound {
		t.Errorf("got %s, want 404", resp.Status)
	}
	wantSecurityHeaders(t, resp.Header, false)
}

func TestCrossOriginRequests(t *testing.T) {
	t.Parallel()
	const console = "https://console.example.com"
	s := harness.StartWith(t, "--cors-origins", console+",http://localhost:3000", "--data-dir", t.TempDir())
	preflight := []string{
		"Access-Control-Request-Method", "PUT", "Access-Control-Request-Headers", "x-auth-token,content-type",
	}
	for _, tt := range []struct {
		name, origin string
		allowed      bool
	}{
		{"first allowed origin", console, true},
		{"second allowed origin", "http://localhost:3000", true},
		{"other scheme", "http://console.example.com", false},
		{"other port", console + ":8443", false},
		{"longer domain", console + ".example.org", false},
		{"subdomain", "https://a.console.example.com", false},
		{"null", "null", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want := ""
			if tt.allowed {
				want = tt.origin
			}
			preflighted := harness.Send(t, http.MethodOptions, s.Endpoint+harness.VPCPath+"/"+harness.UnknownID, "",
				append(preflight, "Origin", tt.origin)...)
			if preflighted.Status != http.StatusNoContent || preflighted.Header.Get("Access-Control-Allow-Origin") != want {
				t.Errorf("the preflight request got %d with %v", preflighted.Status, preflighted.Header)
			}
			methods := preflighted.Header.Get("Access-Control-Allow-Methods")
			if strings.Contains(methods, "PUT") != tt.allowed {
				t.Errorf("the allowed methods are %q", methods)
			}
			headers := strings.ToLower(preflighted.Header.Get("Access-Control-Allow-Headers"))
			if strings.Contains(headers, "x-auth-token") != tt.allowed {
				t.Errorf("the allowed headers are %q", headers)
			}
			got := harness.Send(t, http.MethodGet, s.Endpoint+harness.CSPath, "", "Origin", tt.origin)
			if got.Status != http.StatusOK || got.Header.Get("Access-Control-Allow-Origin") != want {
				t.Errorf("got %d with %v", got.Status, got.Header)
			}
			exposed := got.Header.Get("Access-Control-Expose-Headers")
			if strings.Contains(exposed, "Retry-After") != tt.allowed {
				t.Errorf("the exposed headers are %q", exposed)
			}
			if got.Header.Get("Access-Control-Allow-Credentials") != "" || got.Header.Get("Vary") != "Origin" {
				t.Errorf("the headers are %v", got.Header)
			}
		})
	}
}

func TestRequestIDOfClientIsKeptIfValid(t *testing.T) {
	t.Parallel()
	s := harness.Shared(t)
	for _, tt := range []struct {
		name, sent string
		kept       bool
	}{
		{"plain", "abc-1.2_3", true},
		{"64 characters", strings.Repeat("a", 64), true},
		{"65 characters", strings.Repeat("a", 65), false},
		{"quotes", `a"b`, false},
		{"empty", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			resp := harness.Send(t, http.MethodGet, s.Endpoint+harness.CSPath, "", "X-Request-Id", tt.sent)
			got := resp.Header.Get("X-Request-Id")
			if (got == tt.sent) != tt.kept || got == "" {
				t.Errorf("sent request id %q, got %q", tt.sent, got)
			}
		})
	}
}
