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

// answers are how long the answers to many requests took, by status.
type answers struct {
	mu   sync.Mutex
	took map[int][]time.Duration
}

func (a *answers) add(status int, took time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.took == nil {
		a.took = map[int][]time.Duration{}
	}
	a.took[status] = append(a.took[status], took)
}

// take adds the other's answers.
func (a *answers) take(other *answers) {
	for status, took := range other.took {
		for _, t := range took {
			a.add(status, t)
		}
	}
}

// count answers how many answers have one of the statuses.
func (a *answers) count(statuses ...int) float64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := 0
	for _, status := range statuses {
		n += len(a.took[status])
	}
	return float64(n)
}

// milliseconds answers within which time so many of a hundred came.
func milliseconds(took []time.Duration, percent int) float64 {
	if len(took) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(took))
	return sorted[min(len(sorted)*percent/100, len(sorted)-1)].Seconds() * 1000
}

// sendAll sends a request on one of so many connections for everything that comes out of next.
func sendAll(b *testing.B, endpoint string, connections int, next <-chan struct{}, request func() string, a *answers) {
	b.Helper()
	var sending sync.WaitGroup
	for range connections {
		sending.Go(func() {
			var c *harness.RawHTTP
			for range next {
				var err error
				if c == nil { // one that sends nothing for long is closed
					if c, err = harness.DialRaw(b.Context(), endpoint); err != nil {
						b.Error(err)
						return
					}
					defer c.Close() //nolint:errcheck,gocritic // all was read; it is one per connection
				}
				begin := time.Now()
				status, err := c.Do(request())
				if err != nil {
					b.Error(err)
					return
				}
				a.add(status, time.Since(begin))
			}
		})
	}
	sending.Wait()
}

// asFastAsAnswered has so many connections each send one request after another for a time.
func asFastAsAnswered(b *testing.B, endpoint string, connections int, d time.Duration, request func() string, a *answers) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), d)
	defer cancel()
	untilEnd(ctx, b, endpoint, connections, request, a)
}

// untilEnd is asFastAsAnswered until the end of ctx.
func untilEnd(ctx context.Context, b *testing.B, endpoint string, connections int, request func() string, a *answers) {
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
	sendAll(b, endpoint, connections, next, request, a)
}

// perSecond sends so many requests per second, whether or not those before are answered.
func perSecond(b *testing.B, endpoint string, connections int, rate float64, d time.Duration, request func() string, a *answers) {
	b.Helper()
	next := make(chan struct{}, int(rate*d.Seconds())+1)
	go func() {
		defer close(next)
		begin, sent := time.Now(), 0.0
		for range time.Tick(time.Millisecond) {
			passed := time.Since(begin)
			for ; sent < rate*min(passed, d).Seconds(); sent++ {
				next <- struct{}{}
			}
			if passed >= d {
				return
			}
		}
	}()
	sendAll(b, endpoint, connections, next, request, a)
}

// BenchmarkOverload sends a server three times what saturates it. The server and what sends the load have one processor each;
// where there is only one, the figures say less.
//
//   - peak/s: creations per second at 16 connections, which saturate it; more make it slower, but do no more
//   - kept: the part of the peak that is left at three times as many requests per second
//   - refused: the part of the requests that is refused then, and in which time half and 99 of 100 of these are
func BenchmarkOverload(b *testing.B) {
	const saturating, connections, phase = 16, 512, time.Second
	b.Setenv("GOMAXPROCS", "2") // as on a machine with one processor
	p := harness.StartProcess(b, "--data-dir", b.TempDir(), "--quota-tenant", "1000000", "--max-writes", "48")
	if !apart(b, p.Process.Pid) {
		b.Log("the server shares the processors with what sends the load")
	}
	anybody := func() string { return harness.RawCreate(uuid.NewString()) }
	var peak, over answers
	for b.Loop() {
		var now answers
		asFastAsAnswered(b, p.Endpoint, saturating, phase/2, anybody, &now)
		perSecond(b, p.Endpoint, connections, 3*now.count(http.StatusCreated)/(phase/2).Seconds(), phase, anybody, &over)
		asFastAsAnswered(b, p.Endpoint, saturating, phase/2, anybody, &now)
		peak.take(&now)
	}
	seconds := float64(b.N) * phase.Seconds()
	refused := over.took[http.StatusServiceUnavailable]
	b.ReportMetric(peak.count(http.StatusCreated)/seconds, "peak/s")
	b.ReportMetric(over.count(http.StatusCreated)/peak.count(http.StatusCreated), "kept")
	b.ReportMetric(float64(len(refused))/over.count(http.StatusCreated, http.StatusServiceUnavailable), "refused")
	b.ReportMetric(milliseconds(refused, 50), "refusal-p50-ms")
	b.ReportMetric(milliseconds(refused, 99), "refusal-p99-ms")
	b.ReportMetric(0, "ns/op") // it says nothing of phases with a length of their own
}

// BenchmarkSlowConnections times the requests of a client while 1,000 connections are slow: as many as are closed come anew.
//
//   - alone-p99-ms, p99-ms: of the client's requests, without and with slow connections
//   - closed-p50-s, closed-max-s: after which time slow connections were closed
func BenchmarkSlowConnections(b *testing.B) {
	const connections, phase = 1000, 5 * time.Second
	needFiles(b, 2*connections)
	p := harness.StartProcess(b, append(slowFlags, "--data-dir", b.TempDir(), "--log-level", "error", "--rate", "0")...)
	projects := longLists(b, p.Endpoint, 6)
	usual := func(d time.Duration) []time.Duration {
		ctx, cancel := context.WithTimeout(b.Context(), d)
		defer cancel()
		var took []time.Duration
		goOnAsUsual(ctx, b, p.Endpoint, func(d time.Duration) { took = append(took, d) })
		return took
	}
	var alone, beside, closed []time.Duration
	var mu sync.Mutex
	for b.Loop() {
		alone = append(alone, usual(phase/5)...)
		ctx, cancel := context.WithCancel(b.Context())
		var hostile sync.WaitGroup
		begin := make(chan struct{}, 8)
		for i := range connections {
			hostile.Go(func() {
				for ctx.Err() == nil {
					took, err := beSlow(ctx, p.Endpoint, projects[i/3%len(projects)], i%3, begin)
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
		beside = append(beside, usual(phase)...)
		cancel()
		hostile.Wait()
	}
	b.ReportMetric(milliseconds(alone, 99), "alone-p99-ms")
	b.ReportMetric(milliseconds(beside, 99), "p99-ms")
	b.ReportMetric(milliseconds(closed, 50)/1000, "closed-p50-s")
	b.ReportMetric(milliseconds(closed, 100)/1000, "closed-max-s")
	b.ReportMetric(0, "ns/op") // as above
}
