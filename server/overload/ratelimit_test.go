package overload_test

import (
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/peering/peering/server/overload"
)

// clock is a clock that tests advance.
type clock struct{ time.Time }

func (c *clock) now() time.Time { return c.Time }

func (c *clock) advance(d time.Duration) { c.Time = c.Add(d) }

func newRateLimiter(perSecond float64, burst int) (*overload.RateLimiter, *clock) {
	c := &clock{time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)}
	return overload.NewRateLimiter("project", perSecond, burst, c.now), c
}

// wantAdmitted sends requests of key and checks how many are within the limit.
func wantAdmitted(t *testing.T, l *overload.RateLimiter, key string, requests, want int) {
	t.Helper()
	admitted := 0
	for range requests {
		if !l.Take(key).Exceeded {
			admitted++
		}
	}
	if admitted != want {
		t.Errorf("%d of %d requests of %q were admitted, want %d", admitted, requests, key, want)
	}
}

func TestRateLimiterRefillsEachKey(t *testing.T) {
	l, c := newRateLimiter(2, 4)
	wantAdmitted(t, l, "a", 10, 4)
	wantAdmitted(t, l, "b", 10, 4)
	c.advance(time.Second)
	wantAdmitted(t, l, "a", 10, 2)
	c.advance(3 * time.Second)
	wantAdmitted(t, l, "a", 10, 4)
}

func TestRateLimiterWithoutRateAdmitsAll(t *testing.T) {
	l, _ := newRateLimiter(0, 1)
	wantAdmitted(t, l, "a", 10, 10)
	h := http.Header{}
	l.Take("a").SetHeaders(h)
	if l.Peek("a").Exceeded || len(h) > 0 {
		t.Errorf("got headers %v and quota %+v", h, l.Peek("a"))
	}
}

// The limiter drops the least recently used bucket, so a key in use keeps its
// own.
func TestRateLimiterIsBounded(t *testing.T) {
	const maxBuckets = 1 << 16
	l, _ := newRateLimiter(1, 5)
	wantAdmitted(t, l, "idle", 10, 5)
	wantAdmitted(t, l, "busy", 10, 5)
	for i := range maxBuckets {
		l.Take(strconv.Itoa(i))
		if i%1000 == 0 {
			wantAdmitted(t, l, "busy", 1, 0)
		}
	}
	wantAdmitted(t, l, "busy", 1, 0)
	if got := l.Peek("idle"); got.Remaining != 5 {
		t.Errorf("the bucket of an idle key was kept: %+v", got)
	}
}

func TestPeekTakesNoToken(t *testing.T) {
	l, _ := newRateLimiter(1, 2)
	for range 10 {
		if got := l.Peek("a"); got.Exceeded || got.Remaining != 2 {
			t.Errorf("got %+v", got)
		}
	}
	wantAdmitted(t, l, "a", 3, 2)
	if got := l.Peek("a"); !got.Exceeded || got.Remaining != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestQuotaHeaders(t *testing.T) {
	for _, tt := range []struct {
		name                      string
		perSecond                 float64
		burst, requests           int
		advance                   time.Duration
		limit, policy, retryAfter string
	}{
		{"first request", 100, 200, 1, 0, `"project";r=199;t=1`, `"project";q=200;w=2`, ""},
		{"last token", 100, 200, 200, 0, `"project";r=0;t=1`, `"project";q=200;w=2`, ""},
		{"one request too many", 100, 200, 201, 0, `"project";r=0;t=1`, `"project";q=200;w=2`, "1"},
		{"less than one per second", 0.25, 1, 2, 0, `"project";r=0;t=4`, `"project";q=1;w=4`, "4"},
		{"a second later", 0.25, 1, 2, time.Second, `"project";r=0;t=3`, `"project";q=1;w=4`, "3"},
		{"window below one second", 1000, 1, 1, 0, `"project";r=0;t=1`, `"project";q=1;w=1`, ""},
		{"window of no whole seconds", 3, 10, 1, 0, `"project";r=9;t=1`, `"project";q=10;w=4`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, c := newRateLimiter(tt.perSecond, tt.burst)
			for range tt.requests - 1 {
				l.Take("a")
			}
			c.advance(tt.advance)
			h := http.Header{}
			l.Take("a").SetHeaders(h)
			if h.Get("RateLimit") != tt.limit || h.Get("RateLimit-Policy") != tt.policy || h.Get("Retry-After") != tt.retryAfter {
				t.Errorf("got headers %v", h)
			}
		})
	}
}

func TestConcurrentTakesShareOneBucket(t *testing.T) {
	l, _ := newRateLimiter(1, 100)
	var wg sync.WaitGroup
	var admitted atomic.Int64
	for range 8 {
		wg.Go(func() {
			for range 100 {
				if !l.Take("a").Exceeded {
					admitted.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if n := admitted.Load(); n != 100 {
		t.Errorf("%d requests were admitted, want 100", n)
	}
}
