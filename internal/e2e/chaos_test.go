package e2e_test

import (
	"context"
	"flag"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/peering/peering/internal/e2e/harness"
	"github.com/peering/peering/internal/linearizability"
	"github.com/peering/peering/internal/peering"
)

// 'make chaos' asks for more than 'make test'.
var (
	operations = flag.Int("chaos.operations", 800, "how many operations are answered at least in each run of TestChaos")
	rate       = flag.Float64("chaos.rate", 0, "with how many operations a second a run says anything")
)

// A rig is two server processes over three etcd members.
type rig struct {
	members []*memberProcess
	flags   []string
	http    *http.Client

	mu      sync.Mutex
	servers []*harness.Process
}

// systems are the servers that live.
func (g *rig) systems() []linearizability.System {
	g.mu.Lock()
	defer g.mu.Unlock()
	systems := make([]linearizability.System, len(g.servers))
	for i, s := range g.servers {
		systems[i] = overHTTP{endpoint: s.Endpoint, http: g.http}
	}
	return systems
}

// A fault breaks something, and answers what mends it.
type fault struct {
	name   string
	strike func(t *testing.T, g *rig, r *rand.Rand) (heal func())
}

var faults = []fault{
	{"nothing is broken", func(*testing.T, *rig, *rand.Rand) func() { return func() {} }},
	{"the leader is killed", func(t *testing.T, g *rig, r *rand.Rand) func() {
		m := g.leader(t, r)
		m.kill()
		return func() {
			m.start(t)
			awaitMember(t, m)
		}
	}},
	{"the leader is paused", func(t *testing.T, g *rig, r *rand.Rand) func() {
		m := g.leader(t, r)
		m.signal(t, syscall.SIGSTOP)
		return func() {
			m.signal(t, syscall.SIGCONT)
			awaitMember(t, m)
		}
	}},
	{"a server is killed", func(t *testing.T, g *rig, _ *rand.Rand) func() {
		g.mu.Lock()
		killed := g.servers[0]
		g.mu.Unlock()
		_ = killed.Process.Kill()
		_ = killed.Wait() // it says that the process was killed
		g.mu.Lock()
		g.servers = g.servers[1:]
		g.mu.Unlock()
		return func() {
			again := harness.StartProcess(t, g.flags...)
			g.mu.Lock()
			defer g.mu.Unlock()
			g.servers = append(g.servers, again)
		}
	}},
	{"a member is cut off", func(t *testing.T, g *rig, r *rand.Rand) func() {
		m := g.members[r.IntN(len(g.members))]
		if r.IntN(3) > 0 {
			m = g.leader(t, r)
		}
		m.cutOff()
		return func() {
			m.connect()
			awaitMember(t, m)
		}
	}},
}

// leader answers the member that leads, any where none says so.
func (g *rig) leader(t *testing.T, r *rand.Rand) *memberProcess {
	t.Helper()
	if m := leader(t.Context(), g.members); m != nil {
		return m
	}
	return g.members[r.IntN(len(g.members))]
}

// TestChaos has 16 clients use two server processes over three etcd members, while things break, and checks that all that
// they were answered could have happened one after the other.
func TestChaos(t *testing.T) {
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			seed := seeded(t).Uint64()
			limits := peering.Quotas{Tenant: 3, Cluster: 2, Pending: 2}
			g := startRig(t)
			ctx, cancel := context.WithTimeout(t.Context(), 9*time.Minute)
			defer cancel()
			h := linearizability.NewRecorder(limits)
			workload := linearizability.Workload{Recorder: h, Systems: g.systems, Seed: seed, Clients: 16, Operations: *operations}
			acted := make(chan error, 1)
			acting, stop := context.WithCancel(ctx)
			begin := time.Now()
			go func() {
				defer stop()
				acted <- workload.Run(ctx)
			}()
			broken := trouble(acting, t, g, h, f, seed)
			if err := <-acted; err != nil {
				t.Fatal(err)
			}
			whole := time.Since(begin)
			verdict := h.Check(time.Minute)
			outside := float64(verdict.Operations-broken.operations) / (whole - broken.time).Seconds()
			t.Logf("%s; broken %d times for %s in all; %.0f operations a second outside of that",
				verdict, broken.times, broken.time.Round(time.Millisecond), outside)
			if len(verdict.Illegal) > 0 || verdict.Undecided > 0 {
				t.Errorf("in %s", strings.Join(verdict.Illegal, "\n"))
			}
			if outside < *rate {
				t.Errorf("the run is void: %.0f operations a second outside of what was broken", outside)
			}
		})
	}
}

func startRig(t *testing.T) *rig {
	t.Helper()
	g := &rig{members: startMembers(t)}
	g.flags = []string{
		"--etcd-endpoints", endpointsOf(g.members), "--log-level", "error",
		"--quota-tenant", "3", "--quota-cluster", "2", "--quota-pending", "2",
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	t.Cleanup(transport.CloseIdleConnections)
	g.http = &http.Client{Transport: keyed{transport}, Timeout: 5 * time.Second}
	g.servers = []*harness.Process{harness.StartProcess(t, g.flags...), harness.StartProcess(t, g.flags...)}
	return g
}

// spell is how often and how long something was broken, and what was answered meanwhile.
type spell struct {
	times, operations int
	time              time.Duration
}

// trouble breaks things, for some time each, until ctx ends. At the end nothing is broken.
func trouble(ctx context.Context, t *testing.T, g *rig, h *linearizability.Recorder, f fault, seed uint64) (all spell) {
	r := rand.New(rand.NewPCG(seed, 1))
	for await(ctx, h, *operations/8) {
		before, _ := h.Completed()
		begin := time.Now()
		heal := f.strike(t, g, r)
		await(ctx, h, max(20, *operations/100))
		heal()
		after, _ := h.Completed()
		all.times++
		all.operations += after - before
		all.time += time.Since(begin)
	}
	return all
}

// await returns when so many more operations were answered, false where ctx ended before.
func await(ctx context.Context, h *linearizability.Recorder, more int) bool {
	n, changed := h.Completed()
	for wanted := n + more; n < wanted; n, changed = h.Completed() {
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
	return true
}
