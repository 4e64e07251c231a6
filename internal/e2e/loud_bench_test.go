package e2e_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/peering/peering/internal/e2e/harness"
)

// BenchmarkLoudProject times the creations of a quiet project, 50 per second, by itself and beside a loud one, with the
// limits of the server as they are by default. The quiet one has so many connections that none of its requests waits for
// one.
//
//   - quiet-p50-ms, quiet-p99-ms: by itself
//   - beside/quiet: the p99 as a ratio to that of the same round, beside a project that sends as fast as it is answered on 32
//     connections, from its first request on, so that its burst is in it
//   - flooded/quiet: the same with one that does so on 512, in spite of refusals, from half a second after it has come: until
//     then it opens connections, and most of its requests are refused at once
//   - opened/quiet: the same with that half second
//   - loud/s, flood/s: how many creations per second the loud one got
//
// The three take turns, each round in another order, and the figures are medians of many rounds: the machine stalls now and
// then, and so does etcd when it compacts. The ratios are those of phases of one round, as a machine that others use is
// several times slower for a minute, and as fast as before in the next.
func BenchmarkLoudProject(b *testing.B) {
	const rounds, rate, phase = 6, 50, 4 * time.Second
	projects := []struct {
		connections int
		onset       time.Duration
	}{{0, 0}, {32, 0}, {512, time.Second / 2}}
	p := harness.StartProcess(b, "--data-dir", b.TempDir(), "--quota-tenant", "1000000", "--log-level", "error")
	var p50, p99, opened, got [3][]float64
	for b.Loop() {
		for round := range rounds {
			for turn := range projects {
				i := (round + turn) % len(projects)
				connections, onset := projects[i].connections, projects[i].onset
				var before, opening, quiet, loud answers
				request := ofProject(uuid.NewString())
				perSecond(b, p.Endpoint, 64, rate, time.Second/2, request, &before)
				stop := beLoud(b, p.Endpoint, connections, &loud)
				perSecond(b, p.Endpoint, 64, rate, onset, request, &opening)
				perSecond(b, p.Endpoint, 64, rate, phase, request, &quiet)
				got[i] = append(got[i], loud.count(http.StatusCreated)/(onset+phase).Seconds())
				stop()
				if b.Failed() {
					b.FailNow() // what follows would say the same
				}
				created := quiet.took[http.StatusCreated]
				p50[i] = append(p50[i], milliseconds(created, 50))
				p99[i] = append(p99[i], milliseconds(created, 99))
				opening.take(&quiet)
				opened[i] = append(opened[i], milliseconds(opening.took[http.StatusCreated], 99))
			}
		}
	}
	b.ReportMetric(median(p50[0]), "quiet-p50-ms")
	b.ReportMetric(median(p99[0]), "quiet-p99-ms")
	b.ReportMetric(median(ratios(p99[1], p99[0])), "beside/quiet")
	b.ReportMetric(median(ratios(p99[2], p99[0])), "flooded/quiet")
	b.ReportMetric(median(ratios(opened[2], p99[0])), "opened/quiet")
	b.ReportMetric(median(got[1]), "loud/s")
	b.ReportMetric(median(got[2]), "flood/s")
	b.ReportMetric(0, "ns/op") // it says nothing of phases with a length of their own
}

// ratios answers each of a divided by that of b.
func ratios(a, b []float64) []float64 {
	r := make([]float64, len(a))
	for i := range a {
		r[i] = a[i] / b[i]
	}
	return r
}

// ofProject answers requests that create peerings of a project.
func ofProject(projectID string) func() string {
	return func() string { return harness.RawCreate(projectID) }
}

// beLoud has a project create peerings on many connections, as fast as they are answered, until stop is called.
func beLoud(b *testing.B, endpoint string, connections int, a *answers) (stop func()) {
	b.Helper()
	ctx, cancel := context.WithCancel(b.Context())
	var sending sync.WaitGroup
	sending.Go(func() { untilEnd(ctx, b, endpoint, connections, ofProject(uuid.NewString()), a) })
	return func() {
		cancel()
		sending.Wait()
	}
}
