package e2e_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/peering/peering/internal/e2e/harness"
)

// wantSecure checks the headers that every answer has.
func wantSecure(t *testing.T, h http.Header, encrypted bool) {
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

func TestSecurityHeaders(t *testing.T) {
	s := harness.StartWith(t, append(slowly(4), "--data-dir", t.TempDir())...)
	for _, tt := range []struct {
		name, method, path string
		status             int
	}{
		{"an answer", "GET", harness.CSPath, 200},
		{"a refusal", "GET", harness.CSPath + "/7", 400},
		{"an unknown path", "GET", "/", 404},
		{"an unknown method", "PATCH", harness.CSPath, 405},
		{"HEAD", "HEAD", harness.CSPath, 405},
		{"a long URI", "GET", harness.CSPath + "?" + strings.Repeat("x", 8<<10), 414},
		{"no credentials", "GET", harness.VPCPath, 401},
		{"a third answer", "GET", harness.CSPath, 200},
		{"a fourth answer", "GET", harness.CSPath, 200},
		{"too many requests", "GET", harness.CSPath, 429},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := harness.Send(t, tt.method, s.Endpoint+tt.path, "", "Origin", "https://console.example.com")
			if got.Status != tt.status {
				t.Errorf("answered %d %s", got.Status, got.Body)
			}
			wantSecure(t, got.Header, false)
		})
	}
}

func TestOptionsOfNothingHasSecurityHeaders(t *testing.T) {
	s := harness.Start(t, t.TempDir())
	c := harness.MustDialRaw(t, s.Endpoint)
	if _, err := io.WriteString(c, "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(c.Reader, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // it is not read
	if resp.StatusCode != http.StatusNotFound {
		t.Errorf("answered %s", resp.Status)
	}
	wantSecure(t, resp.Header, false)
}

func TestPagesOfOtherOrigins(t *testing.T) {
	const console = "https://console.example.com"
	s := harness.StartWith(t, "--cors-origins", console+",http://localhost:3000", "--data-dir", t.TempDir())
	preflight := []string{"Access-Control-Request-Method", "PUT", "Access-Control-Request-Headers", "x-auth-token,content-type"}
	for _, tt := range []struct {
		name, origin string
		allowed      bool
	}{
		{"the first", console, true},
		{"the second", "http://localhost:3000", true},
		{"another scheme", "http://console.example.com", false},
		{"another port", console + ":8443", false},
		{"a longer name", console + ".example.org", false},
		{"a name below", "https://a.console.example.com", false},
		{"null", "null", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want := ""
			if tt.allowed {
				want = tt.origin
			}
			asked := harness.Send(t, http.MethodOptions, s.Endpoint+harness.VPCPath+"/"+harness.UnknownID, "", append(preflight, "Origin", tt.origin)...)
			if asked.Status != http.StatusNoContent || asked.Header.Get("Access-Control-Allow-Origin") != want {
				t.Errorf("before: answered %d with %v", asked.Status, asked.Header)
			}
			if methods := asked.Header.Get("Access-Control-Allow-Methods"); strings.Contains(methods, "PUT") != tt.allowed {
				t.Errorf("methods are %q", methods)
			}
			if headers := strings.ToLower(asked.Header.Get("Access-Control-Allow-Headers")); strings.Contains(headers, "x-auth-token") != tt.allowed {
				t.Errorf("headers are %q", headers)
			}
			got := harness.Send(t, http.MethodGet, s.Endpoint+harness.CSPath, "", "Origin", tt.origin)
			if got.Status != http.StatusOK || got.Header.Get("Access-Control-Allow-Origin") != want {
				t.Errorf("answered %d with %v", got.Status, got.Header)
			}
			if exposed := got.Header.Get("Access-Control-Expose-Headers"); strings.Contains(exposed, "Retry-After") != tt.allowed {
				t.Errorf("exposed are %q", exposed)
			}
			if got.Header.Get("Access-Control-Allow-Credentials") != "" || got.Header.Get("Vary") != "Origin" {
				t.Errorf("headers are %v", got.Header)
			}
		})
	}
}
