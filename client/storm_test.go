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
	stormCreates = flag.Int("storm.creates", 1000, "how many peerings TestCreationsThroughAStorm makes")
	stormSeed    = flag.Uint64("storm.seed", 0, "what decides on its faults; 0 for a new one")
)

const (
	stormClients  = 32
	stormAttempts = 6
	// stormFaults is how many of a hundred attempts meet a fault; the last one that the policy allows meets none, so that it
	// has to come out well.
	stormFaults = 25
)

// A storm is a proxy in which requests meet faults. Which one an attempt of a creation meets depends on the seed, the
// creation and the attempt alone.
type storm struct {
	seed uint64
	next http.Handler

	mu       sync.Mutex
	attempts map[string]uint64
	met      map[string]int
}

var stormKinds = map[string]clienttest.Fault{
	"reset before": clienttest.Reset(),
	"reset after":  clienttest.ResetAfter(),
	"delay":        clienttest.Delay(20 * time.Millisecond),
	"429":          clienttest.Status(http.StatusTooManyRequests, 0),
	"503 before":   clienttest.Status(http.StatusServiceUnavailable, 0),
	"503 after":    clienttest.StatusAfter(http.StatusServiceUnavailable, 0),
	"truncated":    clienttest.Truncate(),
	"shortened":    clienttest.Shorten(),
	"late":         late,
}

// late lets the service see a request after its client has given up only, so that the second attempt may come first.
func late(next http.Handler) http.Handler {
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

func (s *storm) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	next := s.next
	if r.Method == http.MethodPost {
		next = s.fault(r)(next)
	}
	next.ServeHTTP(w, r)
}

// fault answers what an attempt of a creation meets.
func (s *storm) fault(r *http.Request) clienttest.Fault {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return clienttest.Reset()
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	var wanted struct{ Peering struct{ Name string } }
	if err := json.Unmarshal(body, &wanted); err != nil {
		return clienttest.Reset()
	}
	number, _ := strconv.ParseUint(wanted.Peering.Name[1:], 10, 64) // they are made here
	s.mu.Lock()
	defer s.mu.Unlock()
	attempt := s.attempts[wanted.Peering.Name]
	s.attempts[wanted.Peering.Name]++
	chance := rand.New(rand.NewPCG(s.seed, number<<8|attempt))
	if chance.IntN(100) >= stormFaults || attempt == stormAttempts-1 {
		s.met["none"]++
		return func(next http.Handler) http.Handler { return next }
	}
	kinds := slices.Sorted(maps.Keys(stormKinds))
	kind := kinds[chance.IntN(len(kinds))]
	if kind == "late" && chance.IntN(4) > 0 {
		kind = "reset after" // each of them costs a time-out
	}
	s.met[kind]++
	return stormKinds[kind]
}

// TestCreationsThroughAStorm makes peerings through a proxy with faults, and then looks at what there is: each of them once.
func TestCreationsThroughAStorm(t *testing.T) {
	seed := *stormSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("-storm.seed %d -storm.creates %d", seed, *stormCreates)
	s := clienttest.NewServer(t, clienttest.WithQuota(1<<30))
	through, proxy := inStorm(t, s, seed)
	made := make([]string, *stormCreates) // the ids that were answered
	var creating sync.WaitGroup
	for worker := range stormClients {
		c := through(stormProject(worker))
		creating.Go(func() {
			for i := worker; i < len(made); i += stormClients {
				p, err := c.CreateVPCPeering(t.Context(), client.VPCPeeringCreate{
					Name:           "n" + strconv.Itoa(i),
					RequestVPCInfo: client.VPCReference{VPCID: uuid.NewString()},
					AcceptVPCInfo:  client.VPCReference{VPCID: uuid.NewString(), TenantID: uuid.NewString()},
				})
				if err != nil {
					t.Errorf("creation %d: %v", i, err)
				}
				made[i] = p.ID
			}
		})
	}
	creating.Wait()
	proxy.Close() // it waits for requests that are late
	t.Logf("%d creations came to the service", s.Requests("createVpcPeering"))
	wantEachOnce(t, s, made)
}

func stormProject(worker int) string { return fmt.Sprintf("%032x", worker+1) }

// inStorm answers clients that call through a storm, and its proxy.
func inStorm(t *testing.T, s *clienttest.Server, seed uint64) (through func(project string) *client.Client, proxy *httptest.Server) {
	t.Helper()
	to, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	behind := &http.Transport{MaxIdleConnsPerHost: 2 * stormClients}
	faults := &storm{seed: seed, attempts: map[string]uint64{}, met: map[string]int{}}
	faults.next = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }, Transport: behind, ErrorLog: log.New(io.Discard, "", 0),
	}
	proxy = httptest.NewServer(faults)
	front := &http.Transport{MaxIdleConnsPerHost: stormClients}
	t.Cleanup(func() {
		front.CloseIdleConnections()
		behind.CloseIdleConnections()
		proxy.Close()
		t.Logf("attempts by what they met: %v", faults.met)
		for kind := range stormKinds {
			if faults.met[kind] == 0 {
				t.Errorf("no attempt met %q", kind)
			}
		}
	})
	return func(project string) *client.Client {
		c, err := client.New(proxy.URL, client.WithProject(project), client.WithHTTPClient(&http.Client{Transport: front}),
			client.WithRetryPolicy(client.RetryPolicy{
				Attempts: stormAttempts, Base: time.Millisecond, Max: 20 * time.Millisecond, AttemptTimeout: 2 * time.Second,
			}))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}, proxy
}

// wantEachOnce fails the test unless there are those peerings that were answered, and no others.
func wantEachOnce(t *testing.T, s *clienttest.Server, made []string) {
	t.Helper()
	there := map[string]string{} // names by ids
	for worker := range stormClients {
		for p, err := range s.Client(stormProject(worker)).AllVPCPeerings(t.Context(), client.VPCPeeringQuery{}) {
			if err != nil {
				t.Fatal(err)
			}
			there[p.ID] = p.Name
		}
	}
	if len(there) != len(made) {
		t.Errorf("there are %d peerings, want %d", len(there), len(made))
	}
	for i, id := range made {
		if there[id] != "n"+strconv.Itoa(i) {
			t.Errorf("creation %d was answered %q, which is %q", i, id, there[id])
		}
	}
}
