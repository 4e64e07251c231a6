package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/peering/peering/client"
	"github.com/peering/peering/gen"
	"github.com/peering/peering/internal/e2e/harness"
)

// BenchmarkSDK compares calls of the SDK with the same requests by net/http and
// encoding/json. The two alternate on a server in a separate process. It
// reports the ratios of time and of allocations per call, as medians of the
// rounds.
func BenchmarkSDK(b *testing.B) {
	s := harness.StartProcess(b, "--data-dir", b.TempDir(), "--log-level", "error",
		"--quota-tenant", "1000000", "--quota-pending", "1000000",
		"--rate", "1000000", "--rate-burst", "1000000")
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	httpClient := &http.Client{Transport: transport}
	c, err := client.New(s.Endpoint, client.WithProject(harness.Project), client.WithHTTPClient(httpClient))
	if err != nil {
		b.Fatal(err)
	}
	raw := rawClient{http: httpClient, endpoint: s.Endpoint}
	created, err := c.CreateVPCPeering(b.Context(), newVPCPeering())
	if err != nil {
		b.Fatal(err)
	}
	show := func(ctx context.Context) error {
		_, err := c.ShowVPCPeering(ctx, created.ID)
		return err
	}
	rawShow := func(ctx context.Context) error {
		var body gen.VPCPeeringEnvelope
		return raw.do(ctx, http.MethodGet, "/v2.0/vpc/peerings/"+created.ID, nil, &body)
	}
	list := func(ctx context.Context) error {
		_, err := c.ListVPCPeerings(ctx, client.VPCPeeringQuery{Limit: 10})
		return err
	}
	rawList := func(ctx context.Context) error {
		var body gen.VPCPeeringList
		return raw.do(ctx, http.MethodGet, "/v2.0/vpc/peerings?limit=10", nil, &body)
	}
	create := func(ctx context.Context) error {
		_, err := c.CreateVPCPeering(ctx, newVPCPeering())
		return err
	}
	rawCreate := func(ctx context.Context) error {
		var body gen.VPCPeeringEnvelope
		request := gen.VPCPeeringCreateEnvelope{Peering: newVPCPeering()}
		return raw.do(ctx, http.MethodPost, "/v2.0/vpc/peerings", request, &body)
	}
	b.Run("show", func(b *testing.B) { compareCalls(b, 1000, rawShow, show) })
	b.Run("create", func(b *testing.B) { compareCalls(b, 200, rawCreate, create) })
	b.Run("list", func(b *testing.B) { compareCalls(b, 500, rawList, list) })
}

// newVPCPeering returns a request for a peering between new VPCs.
func newVPCPeering() client.VPCPeeringCreate {
	return client.VPCPeeringCreate{
		Name:           "n",
		RequestVPCInfo: client.VPCReference{VPCID: uuid.NewString()},
		AcceptVPCInfo:  client.VPCReference{VPCID: uuid.NewString(), TenantID: harness.Stranger},
	}
}

// rawClient sends requests by net/http.
type rawClient struct {
	http     *http.Client
	endpoint string
}

// do sends a request like one of the SDK, except for the User-Agent, and decodes
// the response.
func (c rawClient) do(ctx context.Context, method, path string, body, into any) error {
	var reader io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		reader = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.endpoint+path, reader)
	if err != nil {
		return err
	}
	r.Header.Set("X-Project-Id", harness.Project)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", uuid.NewString())
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // the body is read
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("got %s: %s", resp.Status, text)
	}
	return json.Unmarshal(text, into)
}

// compareCalls makes the given number of both calls in each round, alternating
// often, and reports the ratios.
func compareCalls(b *testing.B, calls int, raw, sdk func(context.Context) error) {
	const batch = 20
	var times, allocations []float64
	for b.Loop() {
		var took [2]time.Duration
		var allocated [2]uint64
		for range calls / batch {
			for i, call := range []func(context.Context) error{raw, sdk} {
				d, n := measureCalls(b, batch, call)
				took[i] += d
				allocated[i] += n
			}
		}
		times = append(times, took[1].Seconds()/took[0].Seconds())
		allocations = append(allocations, float64(allocated[1])/float64(allocated[0]))
	}
	b.ReportMetric(median(times), "times-net/http")
	b.ReportMetric(median(allocations), "allocs-net/http")
	b.ReportMetric(0, "ns/op") // meaningless for two alternating workloads
}

// measureCalls returns the time and the number of allocations of calls.
func measureCalls(b *testing.B, times int, call func(context.Context) error) (time.Duration, uint64) {
	b.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begin := time.Now()
	for range times {
		if err := call(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	took := time.Since(begin)
	runtime.ReadMemStats(&after)
	return took, after.Mallocs - before.Mallocs
}

func median(values []float64) float64 {
	return slices.Sorted(slices.Values(values))[len(values)/2]
}
