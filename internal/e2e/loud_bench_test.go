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

// BenchmarkLoudProject measures the latency of a quiet project, which creates
// 50 peerings per second, alone and under contention with a loud project, with
// the server's default limits.
//
//   - quiet-p50-ms, quiet-p99-ms: alone
//   - loud/quiet: p99 while the loud project sends on 32 connections as fast
//     as the server responds, including its initial burst, relative to the p99
//     alone in the same round
//   - flood/quiet: the same with 512 connections, from half a second after they
//     open: until then most of their requests are refused at once
//   - onset/quiet: the same including that half second
//   - loud/s, flood/s: peerings per second that the loud project created
//
// The three phases alternate in every round, each round in a different order,
// and the figures are medians over all rounds, because the machine and etcd's
// compaction stall now and then. The ratios compare phases of one round,
// because the speed of a shared machine changes from minute to minute.
func BenchmarkLoudProject(b *testing.B) {
	const rounds, rate, phase = 6, 50, 4 * time.Second
	loudProjects := []struct {
		connections int
		onset       time.Duration
	}{{0, 0}, {32, 0}, {512, time.Second / 2}}
	p := harness.StartProcess(b, "--data-dir", b.TempDir(), "--quota-tenant", "1000000", "--log-level", "error")
	var p50, p99, onsetP99, created [3][]float64
	for b.Loop() {
		for round := range rounds {
			for offset := range loudProjects {
				i := (round + offset) % len(loudProjects)
				connections, onset := loudProjects[i].connections, loudProjects[i].onset
				var warmup, opening, quiet, loud latencies
				request := createBy(uuid.NewString())
				// 64 connections, so that no request waits for one.
				openLoop(b, p.Endpoint, 64, rate, time.Second/2, request, &warmup)
				stop := startLoud(b, p.Endpoint, connections, &loud)
				openLoop(b, p.Endpoint, 64, rate, onset, request, &opening)
				openLoop(b, p.Endpoint, 64, rate, phase, request, &quiet)
				created[i] = append(created[i], loud.count(http.StatusCreated)/(onset+phase).Seconds())
				stop()
				if b.Failed() {
					b.FailNow() // further rounds would repeat the errors
				}
				took := quiet.byStatus[http.StatusCreated]
				p50[i] = append(p50[i], percentile(took, 50))
				p99[i] = append(p99[i], percentile(took, 99))
				opening.merge(&quiet)
				onsetP99[i] = append(onsetP99[i], percentile(opening.byStatus[http.StatusCreated], 99))
			}
		}
	}
	b.ReportMetric(median(p50[0]), "quiet-p50-ms")
	b.ReportMetric(median(p99[0]), "quiet-p99-ms")
	b.ReportMetric(median(ratios(p99[1], p99[0])), "loud/quiet")
	b.ReportMetric(median(ratios(p99[2], p99[0])), "flood/quiet")
	b.ReportMetric(median(ratios(onsetP99[2], p99[0])), "onset/quiet")
	b.ReportMetric(median(created[1]), "loud/s")
	b.ReportMetric(median(created[2]), "flood/s")
	b.ReportMetric(0, "ns/op") // meaningless, as the phases have a fixed length
}

// ratios returns a[i]/b[i] for every i.
func ratios(a, b []float64) []float64 {
	r := make([]float64, len(a))
	for i := range a {
		r[i] = a[i] / b[i]
	}
	return r
}

// createBy returns a function that returns requests of a project to create a
// peering.
func createBy(projectID string) func() string {
	return func() string { return harness.RawCreate(projectID) }
}

// startLoud starts a project that creates peerings on the given number of
// connections as fast as the server responds, until stop is called.
func startLoud(b *testing.B, endpoint string, connections int, l *latencies) (stop func()) {
	b.Helper()
	ctx, cancel := context.WithCancel(b.Context())
	var wg sync.WaitGroup
	wg.Go(func() { closedLoop(ctx, b, endpoint, connections, createBy(uuid.NewString()), l) })
	return func() {
		cancel()
		wg.Wait()
	}
}
