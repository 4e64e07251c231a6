package e2e_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/e2e/harness"
)

// seedVariable is the environment variable that repeats the choices of a
// randomized test.
const seedVariable = "PEERING_TEST_SEED"

// newRand returns a random source and logs its seed.
func newRand(t *testing.T) *rand.Rand {
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

// ledger records what a client knows about the peerings of a cluster.
type ledger struct {
	mu sync.Mutex
	// created are the peerings by id whose creation got a response, uncertain
	// the names of those whose creation got none.
	created   map[string]client.Peering
	uncertain map[string]bool
	requests  int
}

// create creates a peering with a new name. It reports whether it got a
// response.
func (l *ledger) create(ctx context.Context, c *client.Client) bool {
	l.mu.Lock()
	l.requests++
	name, vpc := fmt.Sprint("n", l.requests), fmt.Sprintf("%032x", l.requests)
	l.uncertain[name] = true
	l.mu.Unlock()
	p, err := c.CreatePeering(ctx, harness.ClusterID, client.PeeringCreate{Name: name, VPCID: vpc})
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		return false
	}
	l.created[p.ID] = p
	delete(l.uncertain, name)
	return true
}

// check fails the test unless the listed peerings are those that were created.
// An uncertain one may exist or not, but may not appear or vanish later.
func (l *ledger) check(t *testing.T, listed []client.Peering) {
	t.Helper()
	exists := map[string]bool{}
	for _, p := range listed {
		exists[p.ID] = true
		p.RequestVPCInfo.VPCCIDR, p.RequestVPCInfo.SubnetCIDR = "", "" // only lists have these
		if l.uncertain[p.Name] {
			l.created[p.ID] = p
			delete(l.uncertain, p.Name)
		}
		if created, ok := l.created[p.ID]; !ok || created != p {
			t.Errorf("the list has %+v, want %+v", p, created)
		}
	}
	for id := range l.created {
		if !exists[id] {
			t.Errorf("peering %s was created but is not listed", id)
		}
	}
	clear(l.uncertain) // those that do not exist now never will
}

// TestCrashAudit kills a server again and again while clients create peerings.
// After each restart the peerings are exactly those that were created.
func TestCrashAudit(t *testing.T) {
	const clients = 4
	kills := harness.Scale(3, 60)
	r, dir := newRand(t), t.TempDir()
	l := &ledger{created: map[string]client.Peering{}, uncertain: map[string]bool{}}
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
		l.check(t, listed)
		killDuringCreations(t, p, l, c, clients, 1+r.IntN(20))
	}
	if len(l.created) < kills {
		t.Errorf("only %d peerings were created between %d kills, which proves little", len(l.created), kills)
	}
	slices.Sort(starts)
	t.Logf("%d kills, %d peerings; time to ready: median %s, p99 %s, max %s",
		kills, len(l.created), starts[kills/2], starts[kills*99/100], starts[kills-1])
}

// killDuringCreations lets clients create peerings until n were created, and
// kills the server while they continue.
func killDuringCreations(t *testing.T, p *harness.Process, l *ledger, c *client.Client, clients, n int) {
	t.Helper()
	created, ended := make(chan struct{}), make(chan struct{})
	var creating sync.WaitGroup
	for range clients {
		creating.Go(func() {
			for l.create(t.Context(), c) {
				created <- struct{}{}
			}
		})
	}
	go func() {
		creating.Wait()
		close(ended)
	}()
	for range n {
		select {
		case <-created:
		case <-ended: // a busy machine: all creations timed out
		}
	}
	go func() {
		for range created { // until all clients see the kill
		}
	}()
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-ended
	close(created)
	_ = p.Wait() // reports the kill
}
