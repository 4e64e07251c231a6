package e2e_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/peering/peering/internal/e2e/harness"
)

func TestMetrics(t *testing.T) {
	t.Parallel()
	s := harness.StartWith(t, append(withoutRefill(3), "--data-dir", t.TempDir())...)
	harness.Send(t, http.MethodGet, s.Endpoint+harness.CSPath, "")
	harness.Send(t, http.MethodGet, s.Endpoint+harness.CSPath+"/"+harness.UnknownID, "")
	harness.Send(t, http.MethodPost, s.Endpoint+harness.CSPath, exampleRequest, "Content-Type", "application/json")
	harness.Send(t, http.MethodPost, s.Endpoint+harness.CSPath, exampleRequest, "Content-Type", "application/json")
	for _, path := range []string{"/secret-path", "/v1.0/" + harness.Project} {
		harness.Send(t, "BREW", s.Endpoint+path, "")
	}
	text := harness.Get(t, s.Admin+"/metrics", http.StatusOK)
	for _, want := range []string{
		`peering_http_requests_total{method="GET",operation="listPeerings",status="200"} 1`,
		`peering_http_requests_total{method="GET",operation="showPeering",status="400"} 1`,
		`peering_http_requests_total{method="POST",operation="createPeering",status="201"} 1`,
		`peering_http_requests_total{method="POST",operation="createPeering",status="429"} 1`,
		`peering_http_requests_total{method="other",operation="none",status="404"} 2`,
		`peering_http_request_duration_seconds_count{method="POST",operation="createPeering",status="201"} 1`,
		`peering_http_request_duration_seconds_bucket{method="POST",operation="createPeering",status="201",le="10"} 1`,
		`peering_http_refused_total{reason="rate"} 1`,
		`peering_http_requests_in_flight{kind="read"} 0`,
		`peering_http_requests_in_flight{kind="write"} 0`,
		`peering_connections_open{listener="api"} `,
		"go_goroutines ", "process_open_fds ", "go_build_info{", "etcd_disk_wal_fsync_duration_seconds_count ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	for line := range strings.Lines(text) {
		for _, secret := range []string{
			harness.Project, `"` + harness.ClusterID, harness.UnknownID, "secret-path", "BREW", "127.0.0.1",
		} {
			if strings.Contains(line, secret) {
				t.Errorf("the metrics contain %s: %s", secret, line)
			}
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

func TestMetricsOfExternalEtcdAreNotExported(t *testing.T) {
	t.Parallel()
	endpoint, _ := startEtcd(t)
	s := harness.StartWith(t, "--etcd-endpoints", endpoint)
	text := harness.Get(t, s.Admin+"/metrics", http.StatusOK)
	if strings.Contains(text, "etcd_") || !strings.Contains(text, "go_goroutines ") {
		t.Errorf("the metrics are\n%s", text)
	}
}

func TestAdminEndpointsAreSeparateFromAPI(t *testing.T) {
	t.Parallel()
	s := harness.Shared(t)
	for _, path := range []string{
		"/healthz", "/readyz", "/metrics", "/debug/pprof/", "/debug/pprof/heap", "/debug/pprof/cmdline",
	} {
		harness.Get(t, s.Admin+path, http.StatusOK)
		if got := harness.Send(t, http.MethodGet, s.Endpoint+path, ""); got.Status != http.StatusNotFound {
			t.Errorf("%s on the API returned %d, want 404", path, got.Status)
		}
	}
	for _, path := range []string{harness.CSPath, harness.VPCPath, "/"} {
		harness.Get(t, s.Admin+path, http.StatusNotFound)
	}
}

// adminStatus returns the status of a response of the admin listener.
func adminStatus(t *testing.T, url string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // only the status matters
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode
}
