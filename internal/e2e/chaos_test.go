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

// Both allow longer runs than make test-long.
var (
	chaosOperations = flag.Int("chaos.operations", 0,
		"minimum `number` of operations in each run of TestChaos; 0 means 200, or 800 in long tests")
	chaosRate = flag.Float64("chaos.rate", 0,
		"operations per second below which a run of TestChaos fails as inconclusive")
)

// deployment is two server processes over three etcd members.
type deployment struct {
	members []*etcdMember
	flags   []string
	http    *http.Client

	mu      sync.Mutex
	servers []*harness.Process
}

// systems returns the running servers.
func (d *deployment) systems() []linearizability.System {
	d.mu.Lock()
	defer d.mu.Unlock()
	systems := make([]linearizability.System, len(d.servers))
	for i, s := range d.servers {
		systems[i] = sdkSystem{endpoint: s.Endpoint, http: d.http}
	}
	return systems
}

// fault injects a fault and returns a function that repairs it.
type fault struct {
	name   string
	long   bool
	inject func(t *testing.T, d *deployment, r *rand.Rand) (repair func())
}

var faults = []fault{
	{"no fault", true, func(*testing.T, *deployment, *rand.Rand) func() { return func() {} }},
	{"leader killed", false, func(t *testing.T, d *deployment, r *rand.Rand) func() {
		m := d.leader(t, r)
		m.kill()
		return func() {
			m.start(t)
			awaitMember(t, m)
		}
	}},
	{"leader paused", true, func(t *testing.T, d *deployment, r *rand.Rand) func() {
		m := d.leader(t, r)
		m.signal(t, syscall.SIGSTOP)
		return func() {
			m.signal(t, syscall.SIGCONT)
			awaitMember(t, m)
		}
	}},
	{"server killed", true, func(t *testing.T, d *deployment, _ *rand.Rand) func() {
		d.mu.Lock()
		killed := d.servers[0]
		d.mu.Unlock()
		_ = killed.Process.Kill()
		_ = killed.Wait() // reports the kill
		d.mu.Lock()
		d.servers = d.servers[1:]
		d.mu.Unlock()
		return func() {
			restarted := harness.StartProcess(t, d.flags...)
			d.mu.Lock()
			defer d.mu.Unlock()
			d.servers = append(d.servers, restarted)
		}
	}},
	{"member partitioned", true, func(t *testing.T, d *deployment, r *rand.Rand) func() {
		m := d.members[r.IntN(len(d.members))]
		if r.IntN(3) > 0 {
			m = d.leader(t, r)
		}
		m.partition()
		return func() {
			m.rejoin()
			awaitMember(t, m)
		}
	}},
}

// leader returns the leading member, or a random one if there is no leader.
func (d *deployment) leader(t *testing.T, r *rand.Rand) *etcdMember {
	t.Helper()
	if m := leader(t.Context(), d.members); m != nil {
		return m
	}
	return d.members[r.IntN(len(d.members))]
}

// TestChaos lets 16 clients use two server processes over three etcd members
// while faults are injected, and checks that the recorded history is
// linearizable.
func TestChaos(t *testing.T) {
	operations := *chaosOperations
	if operations == 0 {
		operations = harness.Scale(200, 800)
	}
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			if f.long {
				harness.Long(t)
			}
			seed := newRand(t).Uint64()
			quotas := peering.Quotas{Tenant: 3, Cluster: 2, Pending: 2}
			d := startDeployment(t)
			ctx, cancel := context.WithTimeout(t.Context(), 9*time.Minute)
			defer cancel()
			recorder := linearizability.NewRecorder(quotas)
			workload := linearizability.Workload{
				Recorder: recorder, Systems: d.systems, Seed: seed, Clients: 16, Operations: operations,
			}
			ran := make(chan error, 1)
			running, stop := context.WithCancel(ctx)
			begin := time.Now()
			go func() {
				defer stop()
				ran <- workload.Run(ctx)
			}()
			faulty := injectFaults(running, t, d, recorder, f, seed, operations)
			if err := <-ran; err != nil {
				t.Fatal(err)
			}
			total := time.Since(begin)
			verdict := recorder.Check(time.Minute)
			healthyRate := float64(verdict.Operations-faulty.operations) / (total - faulty.duration).Seconds()
			t.Logf("%s; %d faults for %s in total; %.0f operations per second without a fault",
				verdict, faulty.count, faulty.duration.Round(time.Millisecond), healthyRate)
			if len(verdict.Illegal) > 0 || verdict.Undecided > 0 {
				t.Errorf("not linearizable: %s", strings.Join(verdict.Illegal, "\n"))
			}
			if healthyRate < *chaosRate {
				t.Errorf("inconclusive run: %.0f operations per second without a fault, want at least %.0f",
					healthyRate, *chaosRate)
			}
		})
	}
}

func startDeployment(t *testing.T) *deployment {
	t.Helper()
	d := &deployment{members: startEtcdCluster(t)}
	d.flags = []string{
		"--etcd-endpoints", endpointsOf(d.members), "--log-level", "error",
		"--quota-tenant", "3", "--quota-cluster", "2", "--quota-pending", "2",
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	t.Cleanup(transport.CloseIdleConnections)
	d.http = &http.Client{Transport: idempotencyTransport{transport}, Timeout: 5 * time.Second}
	d.servers = []*harness.Process{harness.StartProcess(t, d.flags...), harness.StartProcess(t, d.flags...)}
	return d
}

// faultStats is how many faults were injected, how many operations completed
// during them, and how long they lasted in total.
type faultStats struct {
	count, operations int
	duration          time.Duration
}

// injectFaults injects and repairs a fault again and again until ctx ends. When
// it returns, no fault is left.
func injectFaults(
	ctx context.Context, t *testing.T, d *deployment, recorder *linearizability.Recorder,
	f fault, seed uint64, operations int,
) (stats faultStats) {
	r := rand.New(rand.NewPCG(seed, 1))
	for awaitOperations(ctx, recorder, operations/8) {
		before, _ := recorder.Completed()
		begin := time.Now()
		repair := f.inject(t, d, r)
		awaitOperations(ctx, recorder, max(20, operations/100))
		repair()
		after, _ := recorder.Completed()
		stats.count++
		stats.operations += after - before
		stats.duration += time.Since(begin)
	}
	return stats
}

// awaitOperations waits until n more operations have completed. It returns
// false if ctx ends first.
func awaitOperations(ctx context.Context, recorder *linearizability.Recorder, n int) bool {
	completed, changed := recorder.Completed()
	for target := completed + n; completed < target; completed, changed = recorder.Completed() {
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
	return true
}
