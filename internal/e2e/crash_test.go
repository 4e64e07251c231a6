package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/e2e/harness"
)

// seedVariable names the environment variable that repeats the choices of a randomised test.
const seedVariable = "PEERING_TEST_SEED"

func seeded(t *testing.T) *rand.Rand {
	t.Helper()
	seed := rand.Uint64()
	if s := os.Getenv(seedVariable); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%s=%d", seedVariable, seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// audit is what a client knows of the peerings of a cluster.
type audit struct {
	mu sync.Mutex
	// known are the peerings that were answered, unanswered the names of those for which no answer came.
	known      map[string]client.Peering
	unanswered map[string]bool
	asked      int
}

// ask creates a peering under a name of its own, and tells whether it was answered.
func (a *audit) ask(ctx context.Context, c *client.Client) bool {
	a.mu.Lock()
	a.asked++
	name, vpc := fmt.Sprint("n", a.asked), fmt.Sprintf("%032x", a.asked)
	a.unanswered[name] = true
	a.mu.Unlock()
	made, err := c.CreatePeering(ctx, harness.ClusterID, client.PeeringCreate{Name: name, VPCID: vpc})
	a.mu.Lock()
	defer a.mu.Unlock()
	if err != nil {
		return false
	}
	a.known[made.ID] = made
	delete(a.unanswered, name)
	return true
}

// check fails the test where the listed peerings are not those that were answered. One for which no answer came may be
// there; from then on it has to stay.
func (a *audit) check(t *testing.T, listed []client.Peering) {
	t.Helper()
	seen := map[string]bool{}
	for _, p := range listed {
		seen[p.ID] = true
		p.RequestVPCInfo.VPCCIDR, p.RequestVPCInfo.SubnetCIDR = "", "" // lists show more
		if a.unanswered[p.Name] {
			a.known[p.ID] = p
			delete(a.unanswered, p.Name)
		}
		if known, ok := a.known[p.ID]; !ok || known != p {
			t.Errorf("listed %+v, answered %+v", p, known)
		}
	}
	for id := range a.known {
		if !seen[id] {
			t.Errorf("peering %s was answered and is gone", id)
		}
	}
	clear(a.unanswered) // what did not come into being by now never will
}

// TestCrashAudit kills a server in the middle of creations, again and again. After each start, all that was answered is
// there as it was, and nothing else.
func TestCrashAudit(t *testing.T) {
	const kills, clients = 60, 4
	r, dir := seeded(t), t.TempDir()
	a := &audit{known: map[string]client.Peering{}, unanswered: map[string]bool{}}
	starts := make([]time.Duration, 0, kills)
	for range kills {
		begin := time.Now()
		p := harness.StartProcess(t, "--data-dir", dir, "--quota-cluster", "1000000", "--quota-pending", "1000000")
		starts = append(starts, time.Since(begin))
		c := harness.NewClient(t, p.Endpoint, client.WithProject(harness.Project))
		listed, err := c.ListPeerings(t.Context(), harness.ClusterID)
		if err != nil {
			t.Fatal(err)
		}
		a.check(t, listed)
		answered, ended := make(chan struct{}), make(chan struct{})
		var asking sync.WaitGroup
		for range clients {
			asking.Go(func() {
				for a.ask(t.Context(), c) {
					answered <- struct{}{}
				}
			})
		}
		go func() {
			asking.Wait()
			close(ended)
		}()
		for range 1 + r.IntN(20) {
			select {
			case <-answered:
			case <-ended: // a busy machine: nobody was answered in time
			}
		}
		go func() {
			for range answered { // until all have noticed
			}
		}()
		if err := p.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		<-ended
		close(answered)
		_ = p.Wait() // it says that the process was killed
	}
	if len(a.known) < kills {
		t.Errorf("%d peerings were made between %d kills; that says little", len(a.known), kills)
	}
	slices.Sort(starts)
	t.Logf("%d kills, %d peerings; from start to ready: median %s, p99 %s, longest %s",
		kills, len(a.known), starts[kills/2], starts[kills*99/100], starts[kills-1])
}

// retries counts what the retries of one idempotency key were answered.
type retries struct {
	ids   map[string]bool
	first int
}

// retry sends a creation with a key until it is answered, first to one server and then to the other.
func retry(ctx context.Context, endpoints func(int) string, which int, key, body string) (harness.Response, error) {
	for ; ; which++ {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoints(which)+harness.CSPath, strings.NewReader(body))
		if err != nil {
			return harness.Response{}, err
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", key)
		resp, err := http.DefaultClient.Do(r)
		if ctx.Err() != nil {
			return harness.Response{}, ctx.Err()
		}
		if err != nil {
			continue // the server was killed
		}
		text, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode == http.StatusServiceUnavailable {
			continue
		}
		return harness.Response{Status: resp.StatusCode, Header: resp.Header, Body: string(text)}, nil
	}
}

// TestExactlyOnce has many retries of each of 1,000 keys at a time, over two servers of which one is killed meanwhile.
func TestExactlyOnce(t *testing.T) {
	const keys, most, workers = 1000, 50, 4
	r := seeded(t)
	etcdEndpoint, _ := startEtcd(t)
	flags := []string{
		"--etcd-endpoints", etcdEndpoint, "--quota-cluster", "1000000", "--quota-pending", "1000000", "--rate", "0", "--max-writes", "0",
	}
	one, other := harness.StartProcess(t, flags...), harness.StartProcess(t, flags...)
	var mu sync.Mutex
	endpoints := []string{one.Endpoint, other.Endpoint}
	endpoint := func(i int) string {
		mu.Lock()
		defer mu.Unlock()
		return endpoints[i%len(endpoints)]
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	attempts := make([]int, keys)
	for i := range attempts {
		attempts[i] = 1 + r.IntN(8)
		if i%10 == 0 {
			attempts[i] = most
		}
	}
	next := make(chan int)
	go func() {
		defer close(next)
		for key := range keys {
			if key == keys/2 {
				_ = other.Process.Kill() // in the middle of what its clients have asked for
				_ = other.Wait()
				mu.Lock()
				endpoints = endpoints[:1]
				mu.Unlock()
			}
			next <- key
		}
	}()
	var working sync.WaitGroup
	for range workers {
		working.Go(func() {
			for key := range next {
				wantOnce(t, ctx, endpoint, key, attempts[key])
			}
		})
	}
	working.Wait()
	listed, err := harness.NewClient(t, one.Endpoint, client.WithProject(harness.Project)).ListPeerings(t.Context(), harness.ClusterID)
	names := map[string]bool{}
	for _, p := range listed {
		names[p.Name] = true
	}
	if err != nil || len(listed) != keys || len(names) != keys {
		t.Errorf("%d peerings of %d keys are there, want %d: %v", len(listed), len(names), keys, err)
	}
}

// wantOnce sends so many retries of a key at a time, and fails the test where they are not all answered the same.
func wantOnce(t *testing.T, ctx context.Context, endpoint func(int) string, key, attempts int) {
	t.Helper()
	got := retries{ids: map[string]bool{}}
	body := fmt.Sprintf(`{"name":"k%d","vpc_id":"%032x"}`, key, key+1)
	var mu sync.Mutex
	var sending sync.WaitGroup
	for i := range attempts {
		sending.Go(func() {
			a, err := retry(ctx, endpoint, i, fmt.Sprint("key-", key), body)
			var made struct{ Peering client.Peering }
			mu.Lock()
			defer mu.Unlock()
			if err != nil || a.Status != http.StatusCreated || json.Unmarshal([]byte(a.Body), &made) != nil {
				t.Errorf("key %d: %v, %d %s", key, err, a.Status, a.Body)
				return
			}
			got.ids[made.Peering.ID] = true
			if a.Header.Get("Idempotency-Replayed") == "" {
				got.first++
			}
		})
	}
	sending.Wait()
	// The first answer is lost where its server was killed.
	if len(got.ids) != 1 || got.first > 1 {
		t.Errorf("key %d: peerings %v, %d first answers", key, got.ids, got.first)
	}
}
