package e2e_test

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/peering/peering/internal/e2e/harness"
)

// latencies collects the response times of requests by status. It is safe for
// concurrent use.
type latencies struct {
	mu       sync.Mutex
	byStatus map[int][]time.Duration
}

func (l *latencies) add(status int, took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.byStatus == nil {
		l.byStatus = map[int][]time.Duration{}
	}
	l.byStatus[status] = append(l.byStatus[status], took)
}

// merge adds the latencies of other.
func (l *latencies) merge(other *latencies) {
	for status, took := range other.byStatus {
		for _, d := range took {
			l.add(status, d)
		}
	}
}

// count returns the number of responses with one of the statuses.
func (l *latencies) count(statuses ...int) float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, status := range statuses {
		n += len(l.byStatus[status])
	}
	return float64(n)
}

// percentile returns a percentile in milliseconds, 0 without values.
func percentile(took []time.Duration, percent int) float64 {
	if len(took) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(took))
	return sorted[min(len(sorted)*percent/100, len(sorted)-1)].Seconds() * 1000
}

// sendEach sends a request for every value received from next, on the given
// number of connections.
func sendEach(b *testing.B, endpoint string, connections int, next <-chan struct{}, request func() string,
	l *latencies) {
	b.Helper()
	var wg sync.WaitGroup
	for range connections {
		wg.Go(func() {
			var c *harness.RawHTTP
			for range next {
				var err error
				if c == nil { // connect late: the server closes connections that send nothing
					if c, err = harness.DialRaw(b.Context(), endpoint); err != nil {
						b.Error(err)
						return
					}
					defer c.Close() //nolint:errcheck,gocritic // everything was read; there is one per connection
				}
				start := time.Now()
				status, err := c.Do(request())
				if err != nil {
					b.Error(err)
					return
				}
				l.add(status, time.Since(start))
			}
		})
	}
	wg.Wait()
}

// closedLoop sends requests on each connection as fast as the server responds
// until ctx is done.
func closedLoop(ctx context.Context, b *testing.B, endpoint string, connections int, request func() string,
	l *latencies) {
	b.Helper()
	next := make(chan struct{})
	go func() {
		defer close(next)
		for {
			select {
			case next <- struct{}{}:
			case <-ctx.Done():
				return
			}
		}
	}()
	sendEach(b, endpoint, connections, next, request, l)
}

// closedLoopFor is closedLoop for the duration d.
func closedLoopFor(b *testing.B, endpoint string, connections int, d time.Duration, request func() string,
	l *latencies) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), d)
	defer cancel()
	closedLoop(ctx, b, endpoint, connections, request, l)
}

// openLoop sends rate requests per second for the duration d, without waiting
// for responses.
func openLoop(b *testing.B, endpoint string, connections int, rate float64, d time.Duration, request func() string,
	l *latencies) {
	b.Helper()
	next := make(chan struct{}, int(rate*d.Seconds())+1)
	go func() {
		defer close(next)
		start, sent := time.Now(), 0.0
		for range time.Tick(time.Millisecond) {
			elapsed := time.Since(start)
			for ; sent < rate*min(elapsed, d).Seconds(); sent++ {
				next <- struct{}{}
			}
			if elapsed >= d {
				return
			}
		}
	}()
	sendEach(b, endpoint, connections, next, request, l)
}

// BenchmarkOverload measures goodput at three times the load that saturates the
// server. Server and load generator run on one processor each; the figures mean
// less if they share one.
//
//   - peak/s: peerings created per second on 16 connections, which saturate the
//     server; more connections only add latency
//   - kept: goodput at three times the peak's request rate, relative to the peak
//   - refused: share of requests refused at that rate
//   - refusal-p50-ms, refusal-p99-ms: latency of these refusals
func BenchmarkOverload(b *testing.B) {
	const saturating, connections, phase = 16, 512, time.Second
	b.Setenv("GOMAXPROCS", "2") // the default on one processor
	p := harness.StartProcess(b, "--data-dir", b.TempDir(), "--quota-tenant", "1000000", "--max-writes", "48")
	if !pinToSeparateCPUs(b, p.Process.Pid) {
		b.Log("the server and the load generator share a processor")
	}
	request := func() string { return harness.RawCreate(uuid.NewString()) }
	var peak, overload latencies
	for b.Loop() {
		var saturated latencies
		closedLoopFor(b, p.Endpoint, saturating, phase/2, request, &saturated)
		peakRate := saturated.count(http.StatusCreated) / (phase / 2).Seconds()
		openLoop(b, p.Endpoint, connections, 3*peakRate, phase, request, &overload)
		closedLoopFor(b, p.Endpoint, saturating, phase/2, request, &saturated)
		peak.merge(&saturated)
	}
	seconds := float64(b.N) * phase.Seconds()
	refused := overload.byStatus[http.StatusServiceUnavailable]
	b.ReportMetric(peak.count(http.StatusCreated)/seconds, "peak/s")
	b.ReportMetric(overload.count(http.StatusCreated)/peak.count(http.StatusCreated), "kept")
	b.ReportMetric(float64(len(refused))/overload.count(http.StatusCreated, http.StatusServiceUnavailable), "refused")
	b.ReportMetric(percentile(refused, 50), "refusal-p50-ms")
	b.ReportMetric(percentile(refused, 99), "refusal-p99-ms")
	b.ReportMetric(0, "ns/op") // meaningless, as the phases have a fixed length
}

// BenchmarkSlowConnections measures the latency of a client while 1,000 other
// connections are slow. Every connection that the server closes is replaced.
//
//   - alone-p99-ms, p99-ms: the client's p99 without and with slow connections
//   - closed-p50-s, closed-max-s: time until the server closed a slow connection
func BenchmarkSlowConnections(b *testing.B) {
	const connections, phase = 1000, 5 * time.Second
	needFiles(b, 2*connections)
	p := harness.StartProcess(b, append(longListFlags,
		"--data-dir", b.TempDir(), "--log-level", "error", "--rate", "0")...)
	projects := createLongLists(b, p.Endpoint, 6)
	measure := func(d time.Duration) []time.Duration {
		ctx, cancel := context.WithTimeout(b.Context(), d)
		defer cancel()
		var took []time.Duration
		runNormalClient(ctx, b, p.Endpoint, func(d time.Duration) { took = append(took, d) })
		return took
	}
	var alone, contended, closed []time.Duration
	var mu sync.Mutex
	for b.Loop() {
		alone = append(alone, measure(phase/5)...)
		ctx, cancel := context.WithCancel(b.Context())
		var slow sync.WaitGroup
		begin := make(chan struct{}, 8)
		for i := range connections {
			slow.Go(func() {
				for ctx.Err() == nil {
					took, err := runSlowClient(ctx, p.Endpoint, projects[i/3%len(projects)], i%3, begin)
					if ctx.Err() != nil {
						return
					}
					if err != nil {
						b.Error(err)
						return
					}
					mu.Lock()
					closed = append(closed, took)
					mu.Unlock()
				}
			})
		}
		contended = append(contended, measure(phase)...)
		cancel()
		slow.Wait()
	}
	b.ReportMetric(percentile(alone, 99), "alone-p99-ms")
	b.ReportMetric(percentile(contended, 99), "p99-ms")
	b.ReportMetric(percentile(closed, 50)/1000, "closed-p50-s")
	b.ReportMetric(percentile(closed, 100)/1000, "closed-max-s")
	b.ReportMetric(0, "ns/op") // meaningless, as the phases have a fixed length
}
