package e2e_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/peering/peering/internal/e2e/harness"
	"github.com/peering/peering/internal/iam"
	"github.com/peering/peering/internal/peering"
	"github.com/peering/peering/server"
)

// blockingStore blocks every call until release. It sends to entered when a
// call begins.
type blockingStore struct {
	brokenStore

	entered chan struct{}
	release func()
}

func newBlockingStore() *blockingStore {
	released := make(chan struct{})
	s := &blockingStore{entered: make(chan struct{}, 100), release: sync.OnceFunc(func() { close(released) })}
	s.fail = func() error {
		s.entered <- struct{}{}
		<-released
		return peering.NewNotFound(harness.UnknownID)
	}
	return s
}

// serveLimited serves the API with a store and limits until the test ends.
func serveLimited(
	t *testing.T, store peering.Store, limits server.Limits,
) (endpoint string, registry *prometheus.Registry) {
	t.Helper()
	registry = prometheus.NewRegistry()
	handler, err := server.New(server.Config{
		Peerings:      peering.NewService(store, peering.DefaultRules(), time.Now, newPeeringID),
		Authenticator: iam.NoAuth{},
		Log:           slog.New(slog.DiscardHandler),
		Now:           time.Now,
		Limits:        limits,
		Metrics:       registry,
	})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s.URL, registry
}

// Requests that block in a blockingStore.
var (
	showOne   = operation{"showVpcPeering", http.MethodGet, harness.VPCPath + "/" + harness.UnknownID, ""}
	updateOne = operation{
		"updateVpcPeering", http.MethodPut, harness.VPCPath + "/" + harness.UnknownID, `{"peering":{"name":"n"}}`,
	}
)

// block sends a request of each project and waits until one of them is in the
// store and the others are queued. After release, wait checks their responses.
func (s *blockingStore) block(
	t *testing.T, endpoint string, registry prometheus.Gatherer, o operation, projects ...string,
) (wait func()) {
	t.Helper()
	queued := gauge(t, registry, "peering_http_requests_waiting") + float64(len(projects)-1)
	t.Cleanup(s.release) // so that the server can shut down
	var sent sync.WaitGroup
	for _, p := range projects {
		sent.Go(func() {
			if got := o.send(t, endpoint, p); got.Status != http.StatusNotFound {
				t.Errorf("an admitted request got %d %s, want 404", got.Status, got.Body)
			}
		})
	}
	<-s.entered
	for gauge(t, registry, "peering_http_requests_waiting") != queued {
		if t.Context().Err() != nil {
			t.Fatal("the requests are not queued")
		}
		runtime.Gosched()
	}
	return sent.Wait
}

func TestFullQueueGets503(t *testing.T) {
	t.Parallel()
	for _, blocked := range []operation{showOne, updateOne} {
		t.Run(blocked.id, func(t *testing.T) {
			store := newBlockingStore()
			endpoint, registry := serveLimited(t, store, server.Limits{MaxReads: 1, MaxWrites: 1})
			wait := store.block(t, endpoint, registry, blocked,
				harness.Project, harness.Stranger, harness.Project, harness.Stranger)
			for _, o := range operationsBelow("/") {
				if (o.method == http.MethodGet) != (blocked.method == http.MethodGet) {
					continue
				}
				vpcStyle := strings.HasPrefix(o.path, "/v2.0/")
				code := "CS.22108"
				if vpcStyle {
					code = "VPC.22108"
				}
				got := o.send(t, endpoint, harness.ServiceTenant)
				wantErrorBody(t, got, vpcStyle, http.StatusServiceUnavailable, code, "")
				if !strings.Contains(got.Body, "Nothing was changed.") {
					t.Errorf("%s got %s, want the assurance that nothing was changed", o.id, got.Body)
				}
			}
			if len(store.entered) > 0 {
				t.Error("a rejected request reached the store")
			}
			if n := inFlight(t, registry); n != 4 {
				t.Errorf("unexpected number of requests in flight: %v", n)
			}
			store.release()
			wait()
			if got := blocked.send(t, endpoint, harness.ServiceTenant); got.Status != http.StatusNotFound {
				t.Errorf("a request after release got %d %s, want 404", got.Status, got.Body)
			}
			if n := inFlight(t, registry); n != 0 {
				t.Errorf("%v requests are in flight after all responses, want 0", n)
			}
		})
	}
}

func TestReadsAndWritesHaveSeparateLimits(t *testing.T) {
	t.Parallel()
	store := newBlockingStore()
	endpoint, registry := serveLimited(t, store, server.Limits{MaxReads: 1, MaxWrites: 1})
	wait := store.block(t, endpoint, registry, updateOne, harness.Project)
	waitForRead := store.block(t, endpoint, registry, showOne, harness.Project)
	store.release()
	wait()
	waitForRead()
}

// TestRejectionDoesNotReadBody sends more than the server can process.
func TestRejectionDoesNotReadBody(t *testing.T) {
	t.Parallel()
	store := newBlockingStore()
	endpoint, registry := serveLimited(t, store, server.Limits{MaxWrites: 1})
	wait := store.block(t, endpoint, registry, updateOne,
		harness.Project, harness.Project, harness.Stranger, harness.ServiceTenant)
	c := harness.MustDialRaw(t, endpoint)
	// A rejection closes the connection only if the body has not arrived. That of
	// the last request never does.
	for _, request := range []string{
		harness.RawCreate(harness.Stranger),
		"DELETE " + updateOne.path + " HTTP/1.1\r\nHost: x\r\n\r\n",
		"POST " + harness.VPCPath + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n",
	} {
		if status, err := c.Do(request); status != http.StatusServiceUnavailable || err != nil {
			t.Errorf("got %d, %v; want 503", status, err)
		}
	}
	store.release()
	wait()
	if n, err := c.Reader.Discard(1); n > 0 || err != io.EOF {
		t.Errorf("the connection is still open: %v", err)
	}
}

func TestIncompleteBodiesDoNotBlockOthers(t *testing.T) {
	t.Parallel()
	store := brokenStore{fail: func() error { return peering.NewNotFound(harness.UnknownID) }}
	endpoint, registry := serveLimited(t, store, server.Limits{MaxWrites: 1})
	var slow []*harness.RawHTTP
	for range 5 {
		c := harness.MustDialRaw(t, endpoint)
		_, err := fmt.Fprintf(c, "PUT %s HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Type: application/json\r\n"+
			"X-Project-Id: %s\r\nContent-Length: %d\r\n\r\n",
			updateOne.path, harness.Stranger, len(updateOne.body))
		if err != nil {
			t.Fatal(err)
		}
		// The server sends 100 Continue when it reads the body.
		if line, err := c.Reader.ReadString('\n'); err != nil || !strings.Contains(line, "100") {
			t.Fatalf("got %q, %v; want 100 Continue", line, err)
		}
		slow = append(slow, c)
	}
	if n := inFlight(t, registry); n != 0 {
		t.Errorf("unexpected number of requests in flight: %v", n)
	}
	if got := updateOne.send(t, endpoint, harness.Project); got.Status != http.StatusNotFound {
		t.Errorf("got %d %s, want 404", got.Status, got.Body)
	}
	for _, c := range slow {
		if _, err := c.Reader.Discard(len("\r\n")); err != nil {
			t.Fatal(err)
		}
		if status, err := c.Do(updateOne.body); status != http.StatusNotFound || err != nil {
			t.Errorf("a request got %d, %v after its body; want 404", status, err)
		}
	}
}

func TestProjectUsesAtMostHalfOfTheLimit(t *testing.T) {
	t.Parallel()
	store := newBlockingStore()
	endpoint, registry := serveLimited(t, store, server.Limits{MaxReads: 2})
	wait := store.block(t, endpoint, registry, showOne, harness.Project, harness.Project, harness.Project, harness.Project)
	got := showOne.send(t, endpoint, harness.Project)
	wantErrorBody(t, got, true, http.StatusTooManyRequests, "VPC.22115", "")
	if got.Header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After is %q, want 1", got.Header.Get("Retry-After"))
	}
	waitForOthers := store.block(t, endpoint, registry, showOne,
		harness.Stranger, harness.Stranger, harness.ServiceTenant, harness.ServiceTenant)
	if n := inFlight(t, registry); n != 8 {
		t.Errorf("unexpected number of requests in flight: %v", n)
	}
	store.release()
	wait()
	waitForOthers()
	if got := showOne.send(t, endpoint, harness.Project); got.Status != http.StatusNotFound {
		t.Errorf("a request after release got %d %s, want 404", got.Status, got.Body)
	}
}

// inFlight returns the number of requests that are processed or queued.
func inFlight(t *testing.T, registry prometheus.Gatherer) float64 {
	t.Helper()
	return gauge(t, registry, "peering_http_requests_in_flight")
}

// gauge returns the sum of a metric over its labels.
func gauge(t *testing.T, registry prometheus.Gatherer, name string) float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, f := range families {
		if f.GetName() == name {
			for _, m := range f.GetMetric() {
				sum += m.GetGauge().GetValue()
			}
		}
	}
	return sum
}
