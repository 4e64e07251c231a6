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

// blockingStore tells of every call and keeps it waiting until it is released.
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

// serveLimited serves the API over a store in this process, with limits.
func serveLimited(t *testing.T, store peering.Store, limits server.Limits) (endpoint string, registry *prometheus.Registry) {
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

// a request that a project's blocking store keeps waiting.
var (
	showOne   = operation{"showVpcPeering", http.MethodGet, harness.VPCPath + "/" + harness.UnknownID, ""}
	updateOne = operation{"updateVpcPeering", http.MethodPut, harness.VPCPath + "/" + harness.UnknownID, `{"peering":{"name":"n"}}`}
)

func (o operation) send(t testing.TB, endpoint, projectID string) harness.Response {
	t.Helper()
	return harness.Send(t, o.method, endpoint+o.path, o.body, "Content-Type", "application/json", "X-Project-Id", projectID)
}

// hold sends requests of as many projects, and returns when one of them is in the store and the others wait for their turn.
// What they are answered is checked when done is called.
func (s *blockingStore) hold(t *testing.T, endpoint string, registry prometheus.Gatherer, o operation, projects ...string) (done func()) {
	t.Helper()
	waiting := gauge(t, registry, "peering_http_requests_waiting") + float64(len(projects)-1)
	t.Cleanup(s.release) // before the server waits for its requests
	var sent sync.WaitGroup
	for _, p := range projects {
		sent.Go(func() {
			if got := o.send(t, endpoint, p); got.Status != http.StatusNotFound {
				t.Errorf("a request that was let through is answered %d %s", got.Status, got.Body)
			}
		})
	}
	<-s.entered
	for gauge(t, registry, "peering_http_requests_waiting") != waiting {
		if t.Context().Err() != nil {
			t.Fatal("requests do not wait for their turn")
		}
		runtime.Gosched()
	}
	return sent.Wait
}

func TestFullSharesAreRefusedAtOnce(t *testing.T) {
	for _, held := range []operation{showOne, updateOne} {
		t.Run(held.id, func(t *testing.T) {
			store := newBlockingStore()
			endpoint, registry := serveLimited(t, store, server.Limits{MaxReads: 1, MaxWrites: 1})
			done := store.hold(t, endpoint, registry, held, harness.Project, harness.Stranger, harness.Project, harness.Stranger)
			for _, o := range allOperations() {
				if (o.method == http.MethodGet) != (held.method == http.MethodGet) {
					continue
				}
				vpcStyle := strings.HasPrefix(o.path, "/v2.0/")
				code := "CS.22108"
				if vpcStyle {
					code = "VPC.22108"
				}
				got := o.send(t, endpoint, harness.ServiceTenant)
				wantFields(t, got, vpcStyle, http.StatusServiceUnavailable, code, "")
				if !strings.Contains(got.Body, "Nothing was changed.") {
					t.Errorf("%s is answered %s", o.id, got.Body)
				}
			}
			if len(store.entered) > 0 {
				t.Error("a refused request came to the store")
			}
			if n := inFlight(t, registry); n != 4 {
				t.Errorf("%v requests are in flight", n)
			}
			store.release()
			done()
			if got := held.send(t, endpoint, harness.ServiceTenant); got.Status != http.StatusNotFound {
				t.Errorf("afterwards answered %d %s", got.Status, got.Body)
			}
			if n := inFlight(t, registry); n != 0 {
				t.Errorf("afterwards %v requests are in flight", n)
			}
		})
	}
}

func TestReadsAndWritesHaveSharesOfTheirOwn(t *testing.T) {
	store := newBlockingStore()
	endpoint, registry := serveLimited(t, store, server.Limits{MaxReads: 1, MaxWrites: 1})
	done := store.hold(t, endpoint, registry, updateOne, harness.Project)
	read := store.hold(t, endpoint, registry, showOne, harness.Project)
	store.release()
	done()
	read()
}

func TestRefusalLooksAtTheHeadOnly(t *testing.T) {
	store := newBlockingStore()
	endpoint, registry := serveLimited(t, store, server.Limits{MaxWrites: 1})
	done := store.hold(t, endpoint, registry, updateOne, harness.Project, harness.Project, harness.Stranger, harness.ServiceTenant)
	c := harness.MustDialRaw(t, endpoint)
	// A refusal ends the connection only where the body is not there, which the last one's never is.
	for _, request := range []string{
		harness.RawCreate(harness.Stranger),
		"DELETE " + updateOne.path + " HTTP/1.1\r\nHost: x\r\n\r\n",
		"POST " + harness.VPCPath + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n",
	} {
		if status, err := c.Do(request); status != http.StatusServiceUnavailable || err != nil {
			t.Errorf("answered %d, %v", status, err)
		}
	}
	store.release()
	done()
	if n, err := c.Reader.Discard(1); n > 0 || err != io.EOF {
		t.Errorf("the connection did not end: %v", err)
	}
}

func TestBodiesThatDoNotArriveHoldNobodyUp(t *testing.T) {
	endpoint, registry := serveLimited(t, brokenStore{fail: func() error { return peering.NewNotFound(harness.UnknownID) }}, server.Limits{MaxWrites: 1})
	var slow []*harness.RawHTTP
	for range 5 {
		c := harness.MustDialRaw(t, endpoint)
		_, err := fmt.Fprintf(c, "PUT %s HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Type: application/json\r\nX-Project-Id: %s\r\nContent-Length: %d\r\n\r\n",
			updateOne.path, harness.Stranger, len(updateOne.body))
		if err != nil {
			t.Fatal(err)
		}
		// The server says that it reads the body.
		if line, err := c.Reader.ReadString('\n'); err != nil || !strings.Contains(line, "100") {
			t.Fatalf("answered %q, %v", line, err)
		}
		slow = append(slow, c)
	}
	if n := inFlight(t, registry); n != 0 {
		t.Errorf("%v requests are in flight", n)
	}
	if got := updateOne.send(t, endpoint, harness.Project); got.Status != http.StatusNotFound {
		t.Errorf("answered %d %s", got.Status, got.Body)
	}
	for _, c := range slow {
		if _, err := c.Reader.Discard(len("\r\n")); err != nil {
			t.Fatal(err)
		}
		if status, err := c.Do(updateOne.body); status != http.StatusNotFound || err != nil {
			t.Errorf("when its body has come a request is answered %d, %v", status, err)
		}
	}
}

func TestProjectHasHalfOfAShareAtMost(t *testing.T) {
	store := newBlockingStore()
	endpoint, registry := serveLimited(t, store, server.Limits{MaxReads: 2})
	done := store.hold(t, endpoint, registry, showOne, harness.Project, harness.Project, harness.Project, harness.Project)
	got := showOne.send(t, endpoint, harness.Project)
	wantFields(t, got, true, http.StatusTooManyRequests, "VPC.22115", "")
	if got.Header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After is %q", got.Header.Get("Retry-After"))
	}
	others := store.hold(t, endpoint, registry, showOne, harness.Stranger, harness.Stranger, harness.ServiceTenant, harness.ServiceTenant)
	if n := inFlight(t, registry); n != 8 {
		t.Errorf("%v requests are in flight", n)
	}
	store.release()
	done()
	others()
	if got := showOne.send(t, endpoint, harness.Project); got.Status != http.StatusNotFound {
		t.Errorf("afterwards answered %d %s", got.Status, got.Body)
	}
}

// inFlight answers how many requests are being carried out or wait for their turn.
func inFlight(t *testing.T, registry prometheus.Gatherer) float64 {
	t.Helper()
	return gauge(t, registry, "peering_http_requests_in_flight")
}

// gauge answers the sum of a metric over its labels.
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

// get answers the body of a URL that the contract does not know.
func get(t *testing.T, url string, want int) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // it was read
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != want {
		t.Errorf("%s answered %d %s, %v", url, resp.StatusCode, text, err)
	}
	return string(text)
}
