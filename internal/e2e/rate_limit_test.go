package e2e_test

import (
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/peering/peering/internal/e2e/harness"
)

// withoutRefill returns flags for token buckets that do not refill during a
// test.
func withoutRefill(burst int) []string {
	return []string{"--rate", "0.001", "--rate-burst", strconv.Itoa(burst)}
}

// httpClientAt returns an HTTP client that connects from a loopback address and
// checks responses.
func httpClientAt(t *testing.T, address string) *http.Client {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	base := &http.Transport{DialContext: dialer.DialContext}
	t.Cleanup(base.CloseIdleConnections)
	return &http.Client{Transport: harness.CheckedTransport{T: t, Base: base}}
}

var rateLimit = regexp.MustCompile(`^"(project|address)";r=([0-9]+);t=([1-9][0-9]*)$`)

// wantLimited checks that a response is a 429 of the policy with consistent
// headers.
func wantLimited(t *testing.T, got harness.Response, vpcStyle bool, policy string) {
	t.Helper()
	code := "CS.22115"
	if vpcStyle {
		code = "VPC.22115"
	}
	wantErrorBody(t, got, vpcStyle, http.StatusTooManyRequests, code, "")
	found := rateLimit.FindStringSubmatch(got.Header.Get("RateLimit"))
	if len(found) != 4 || found[1] != policy || found[2] != "0" || found[3] != got.Header.Get("Retry-After") {
		t.Errorf("RateLimit is %q, Retry-After is %q", got.Header.Get("RateLimit"), got.Header.Get("Retry-After"))
	}
}

func TestProjectOverItsRateGets429(t *testing.T) {
	t.Parallel()
	s := harness.StartWith(t, append(withoutRefill(1), "--data-dir", t.TempDir())...)
	first := harness.Send(t, http.MethodGet, s.Endpoint+harness.VPCPath, "", "X-Project-Id", harness.Project)
	if first.Status != http.StatusOK {
		t.Fatalf("the first request got %d %s", first.Status, first.Body)
	}
	for _, o := range operationsBelow("/") {
		t.Run(o.id, func(t *testing.T) {
			got := o.send(t, s.Endpoint, harness.Project)
			wantLimited(t, got, strings.HasPrefix(o.path, "/v2.0/"), "project")
			if policy := got.Header.Get("RateLimit-Policy"); policy != `"project";q=1;w=1000` {
				t.Errorf("RateLimit-Policy is %s", policy)
			}
		})
	}
}

func TestRateLimitHeaders(t *testing.T) {
	t.Parallel()
	s := harness.StartWith(t, append(withoutRefill(3), "--data-dir", t.TempDir())...)
	spellings := []string{
		"9a7b63e1c2d84f0f8e5d6c7b8a901234", "9A7B63E1C2D84F0F8E5D6C7B8A901234", "9a7b63e1-c2d8-4f0f-8e5d-6c7b8a901234",
	}
	for i, spelling := range spellings {
		got := harness.Send(t, http.MethodGet, s.Endpoint+harness.VPCPath, "", "X-Project-Id", spelling)
		found := rateLimit.FindStringSubmatch(got.Header.Get("RateLimit"))
		if got.Status != http.StatusOK || len(found) != 4 || found[1] != "project" || found[2] != strconv.Itoa(2-i) {
			t.Errorf("request %d got %d with RateLimit %q", i, got.Status, got.Header.Get("RateLimit"))
		}
		if policy := got.Header.Get("RateLimit-Policy"); policy != `"project";q=3;w=3000` {
			t.Errorf("RateLimit-Policy is %s", policy)
		}
		if got.Header.Get("Retry-After") != "" {
			t.Error("a successful response has Retry-After")
		}
	}
	// Invalid requests count, too, and have the headers.
	got := harness.Send(t, http.MethodGet, s.Endpoint+harness.VPCPath+"/7", "", "X-Project-Id", harness.Project)
	if got.Status != http.StatusBadRequest || !strings.HasPrefix(got.Header.Get("RateLimit"), `"project";r=2;`) {
		t.Errorf("the invalid request got %d with RateLimit %q", got.Status, got.Header.Get("RateLimit"))
	}
	limited := harness.Send(t, http.MethodGet, s.Endpoint+harness.VPCPath, "", "X-Project-Id", harness.Stranger)
	wantLimited(t, limited, true, "project")
}

func TestRateLimitIsPerProject(t *testing.T) {
	t.Parallel()
	s := harness.StartWith(t, append(withoutRefill(2), "--data-dir", t.TempDir())...)
	for range 20 {
		harness.Send(t, http.MethodGet, s.Endpoint+harness.VPCPath, "", "X-Project-Id", harness.Stranger)
	}
	limited := harness.Send(t, http.MethodGet, s.Endpoint+harness.VPCPath, "", "X-Project-Id", harness.Stranger)
	wantLimited(t, limited, true, "project")
	if got := harness.Send(t, http.MethodGet, s.Endpoint+harness.CSPath, ""); got.Status != http.StatusOK {
		t.Errorf("got %d %s", got.Status, got.Body)
	}
}

func TestRateZeroDisablesRateLimit(t *testing.T) {
	t.Parallel()
	s := harness.StartWith(t, "--rate", "0", "--rate-burst", "1", "--data-dir", t.TempDir())
	for range 20 {
		got := harness.Send(t, http.MethodGet, s.Endpoint+harness.VPCPath, "", "X-Project-Id", harness.Project)
		if got.Status != http.StatusOK || got.Header.Get("RateLimit") != "" || got.Header.Get("RateLimit-Policy") != "" {
			t.Errorf("got %d with %v", got.Status, got.Header)
		}
	}
	if got := harness.Send(t, http.MethodGet, s.Endpoint+harness.VPCPath, ""); got.Status != http.StatusUnauthorized {
		t.Errorf("got %d, want 401", got.Status)
	}
}

func TestAddressWithInvalidCredentialsGets429(t *testing.T) {
	t.Parallel()
	s := harness.StartWith(t, append(withoutRefill(2), "--data-dir", t.TempDir())...)
	get := func(c *http.Client, headers ...string) harness.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.Endpoint+harness.VPCPath, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		return harness.SendWith(t, c, r, headers...)
	}
	guesser, other := httpClientAt(t, "127.0.0.2"), httpClientAt(t, "127.0.0.3")
	for range 2 {
		if got := get(guesser); got.Status != http.StatusUnauthorized {
			t.Errorf("got %d %s", got.Status, got.Body)
		}
	}
	wantLimited(t, get(guesser), true, "address")
	// If valid credentials passed, a client could keep guessing.
	wantLimited(t, get(guesser, "X-Project-Id", harness.Project), true, "address")
	if got := get(other); got.Status != http.StatusUnauthorized {
		t.Errorf("the other address got %d %s", got.Status, got.Body)
	}
	if got := get(other, "X-Project-Id", harness.Project); got.Status != http.StatusOK {
		t.Errorf("the other address got %d %s", got.Status, got.Body)
	}
}

func TestLongURIGets414(t *testing.T) {
	t.Parallel()
	s := harness.Shared(t)
	const limit = 8 << 10
	for _, o := range operationsBelow("/") {
		t.Run(o.id, func(t *testing.T) {
			vpcStyle := strings.HasPrefix(o.path, "/v2.0/")
			code := "CS.22116"
			if vpcStyle {
				code = "VPC.22116"
			}
			uri := o.path + "?x=" + strings.Repeat("x", limit-len(o.path)-len("?x="))
			headers := []string{"Content-Type", "application/json", "X-Project-Id", harness.Project}
			got := harness.Send(t, o.method, s.Endpoint+uri+"x", o.body, headers...)
			wantErrorBody(t, got, vpcStyle, http.StatusRequestURITooLong, code, "")
			if got := harness.Send(t, o.method, s.Endpoint+uri, o.body, headers...); got.Status == http.StatusRequestURITooLong {
				t.Errorf("a URI of %d bytes got %d", len(uri), got.Status)
			}
		})
	}
}
