package client_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/peering/peering/client"
	"github.com/peering/peering/client/clienttest"
)

var (
	faultCreates = flag.Int("fault.creates", 1000, "number of peerings that TestCreatesUnderFaults creates")
	faultSeed    = flag.Uint64("fault.seed", 0, "seed of the faults; 0 picks a random one")
)

const (
	faultClients  = 32
	faultAttempts = 6
	// faultPercent is the percentage of attempts with a fault. The last attempt
	// that the policy allows never has one, so every create must succeed.
	faultPercent = 25
)

// faultInjector injects faults into creates. The fault of an attempt depends on
// nothing but the seed, the create and the number of the attempt.
type faultInjector struct {
	seed uint64
	next http.Handler

	mu       sync.Mutex
	attempts map[string]uint64
	injected map[string]int // attempts by fault
}

// injectedFaults are the faults by name.
var injectedFaults = map[string]clienttest.Fault{
	"reset before": clienttest.Reset(),
	"reset after":  clienttest.ResetAfter(),
	"delay":        clienttest.Delay(20 * time.Millisecond),
	"429":          clienttest.Status(http.StatusTooManyRequests, 0),
	"503 before":   clienttest.Status(http.StatusServiceUnavailable, 0),
	"503 after":    clienttest.StatusAfter(http.StatusServiceUnavailable, 0),
	"truncated":    clienttest.Truncate(),
	"shortened":    clienttest.Shorten(),
	"late":         deliverLate,
}

// deliverLate is a fault that delivers a request after its client has timed out,
// so the retry may arrive first.
func deliverLate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		<-r.Context().Done()
		r = r.Clone(context.WithoutCancel(r.Context()))
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(httptest.NewRecorder(), r)
	})
}

func (f *faultInjector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	next := f.next
	if r.Method == http.MethodPost {
		next = f.fault(r)(next)
	}
	next.ServeHTTP(w, r)
}

// fault returns the fault of an attempt to create a peering.
func (f *faultInjector) fault(r *http.Request) clienttest.Fault {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return clienttest.Reset()
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	var create struct{ Peering struct{ Name string } }
	if err := json.Unmarshal(body, &create); err != nil {
		return clienttest.Reset()
	}
	number, _ := strconv.ParseUint(create.Peering.Name[1:], 10, 64) // this test generates the names
	f.mu.Lock()
	defer f.mu.Unlock()
	attempt := f.attempts[create.Peering.Name]
	f.attempts[create.Peering.Name]++
	random := rand.New(rand.NewPCG(f.seed, number<<8|attempt))
	if random.IntN(100) >= faultPercent || attempt == faultAttempts-1 {
		f.injected["none"]++
		return func(next http.Handler) http.Handler { return next }
	}
	names := slices.Sorted(maps.Keys(injectedFaults))
	name := names[random.IntN(len(names))]
	if name == "late" && random.IntN(4) > 0 {
		name = "reset after" // each late delivery costs a timeout
	}
	f.injected[name]++
	return injectedFaults[name]
}

// TestCreatesUnderFaults creates peerings concurrently through a proxy that
// injects faults, and checks that the service has each of them exactly once.
func TestCreatesUnderFaults(t *testing.T) {
	seed := *faultSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("-fault.seed %d -fault.creates %d", seed, *faultCreates)
	s := clienttest.NewServer(t, clienttest.WithQuota(1<<30))
	proxy, newClient := newFaultyProxy(t, s, seed)
	created := make([]string, *faultCreates) // ids
	var creates sync.WaitGroup
	for worker := range faultClients {
		c := newClient(workerProject(worker))
		creates.Go(func() {
			for i := worker; i < len(created); i += faultClients {
				p, err := c.CreateVPCPeering(t.Context(), client.VPCPeeringCreate{
					Name:           "n" + strconv.Itoa(i),
					RequestVPCInfo: client.VPCReference{VPCID: uuid.NewString()},
					AcceptVPCInfo:  client.VPCReference{VPCID: uuid.NewString(), TenantID: uuid.NewString()},
				})
				if err != nil {
					t.Errorf("create %d: %v", i, err)
				}
				created[i] = p.ID
			}
		})
	}
	creates.Wait()
	proxy.Close() // waits for late deliveries
	t.Logf("the service received %d creates", s.Requests("createVpcPeering"))
	checkCreatedOnce(t, s, created)
}

func workerProject(worker int) string { return fmt.Sprintf("%032x", worker+1) }

// newFaultyProxy starts a proxy to the server that injects faults. newClient
// returns a client that uses the proxy.
func newFaultyProxy(
	t *testing.T, s *clienttest.Server, seed uint64,
) (proxy *httptest.Server, newClient func(project string) *client.Client) {
	t.Helper()
	target, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	upstream := &http.Transport{MaxIdleConnsPerHost: 2 * faultClients}
	faults := &faultInjector{seed: seed, attempts: map[string]uint64{}, injected: map[string]int{}}
	faults.next = &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport: upstream,
		ErrorLog:  log.New(io.Discard, "", 0),
	}
	proxy = httptest.NewServer(faults)
	downstream := &http.Transport{MaxIdleConnsPerHost: faultClients}
	t.Cleanup(func() {
		downstream.CloseIdleConnections()
		upstream.CloseIdleConnections()
		proxy.Close()
		t.Logf("attempts by fault: %v", faults.injected)
		for name := range injectedFaults {
			if faults.injected[name] == 0 {
				t.Errorf("no attempt had the fault %q", name)
			}
		}
	})
	newClient = func(project string) *client.Client {
		c, err := client.New(proxy.URL,
			client.WithProject(project),
			client.WithHTTPClient(&http.Client{Transport: downstream}),
			client.WithRetryPolicy(client.RetryPolicy{
				Attempts:       faultAttempts,
				Base:           time.Millisecond,
				Max:            20 * time.Millisecond,
				AttemptTimeout: 2 * time.Second,
			}))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	return proxy, newClient
}

// checkCreatedOnce fails the test unless the service has exactly the created
// peerings: created[i] is the id of the one that is called n<i>.
func checkCreatedOnce(t *testing.T, s *clienttest.Server, created []string) {
	t.Helper()
	names := map[string]string{} // by id
	for worker := range faultClients {
		for p, err := range s.Client(workerProject(worker)).AllVPCPeerings(t.Context(), client.VPCPeeringQuery{}) {
			if err != nil {
				t.Fatal(err)
			}
			names[p.ID] = p.Name
		}
	}
	if len(names) != len(created) {
		t.Errorf("the service has %d peerings, want %d", len(names), len(created))
	}
	for i, id := range created {
		if names[id] != "n"+strconv.Itoa(i) {
			t.Errorf("create %d returned id %q, which is called %q", i, id, names[id])
		}
	}
}
