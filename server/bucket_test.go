package server

import (
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"
)

// clock is one that a test moves.
type clock struct{ time.Time }

func (c *clock) now() time.Time { return c.Time }

func newTestBuckets(perSecond float64, burst int) (*buckets, *clock) {
	c := &clock{time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)}
	return newBuckets("project", Limits{Rate: perSecond, Burst: burst}, c.now), c
}

// wantTaken takes so many from a bucket and fails the test where not exactly so many of them are there.
func wantTaken(t *testing.T, b *buckets, key string, times, want int) {
	t.Helper()
	taken := 0
	for range times {
		if !b.take(key).refused {
			taken++
		}
	}
	if taken != want {
		t.Errorf("%d of %d were taken from %q, want %d", taken, times, key, want)
	}
}

func TestBucketsFillUp(t *testing.T) {
	b, c := newTestBuckets(2, 4)
	wantTaken(t, b, "one", 10, 4)
	wantTaken(t, b, "other", 10, 4)
	c.Time = c.Add(time.Second)
	wantTaken(t, b, "one", 10, 2)
	c.Time = c.Add(3 * time.Second)
	wantTaken(t, b, "one", 10, 4)
}

func TestFullBucketsAreForgotten(t *testing.T) {
	b, c := newTestBuckets(2, 4) // full after two seconds
	for i := range 1000 {
		b.take(strconv.Itoa(i))
	}
	wantTaken(t, b, "busy", 10, 4)
	for range 4 {
		c.Time = c.Add(time.Second)
		wantTaken(t, b, "busy", 10, 2)
	}
	if n := len(b.recent) + len(b.old); n > 2 {
		t.Errorf("%d buckets are kept", n)
	}
}

func TestBucketsAreBounded(t *testing.T) {
	b, _ := newTestBuckets(1, 1000000)
	for i := range 5 * maxBuckets {
		b.take(strconv.Itoa(i))
	}
	if n := len(b.recent) + len(b.old); n > 2*maxBuckets {
		t.Errorf("%d buckets are kept", n)
	}
	if got := b.look("0"); got.left != 1000000 {
		t.Errorf("a bucket that was forgotten has %d left", got.left)
	}
}

func TestWhatPacesOweIsNotForgotten(t *testing.T) {
	c := &clock{time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)}
	paces := newPaces(Limits{Rate: 5, Burst: 10}, c.now)
	for range 6 {
		paces.reserve("loud")
	}
	for range 2 {
		c.Time = c.Add(300 * time.Millisecond)
		paces.reserve("quiet")
	}
	if wait := paces.reserve("loud"); wait != 600*time.Millisecond {
		t.Errorf("the next waits %v, want 600ms", wait)
	}
}

func TestLookingTakesNothing(t *testing.T) {
	b, _ := newTestBuckets(1, 2)
	for range 10 {
		if got := b.look("k"); got.refused || got.left != 2 {
			t.Errorf("looks like %+v", got)
		}
	}
	if len(b.recent) > 0 {
		t.Error("looking makes a bucket")
	}
	wantTaken(t, b, "k", 3, 2)
	if got := b.look("k"); !got.refused || got.left != 0 {
		t.Errorf("looks like %+v", got)
	}
}

func TestBalanceInHeaders(t *testing.T) {
	for _, tt := range []struct {
		name                      string
		perSecond                 float64
		burst, taken              int
		after                     time.Duration
		limit, policy, retryAfter string
	}{
		{"the first", 100, 200, 1, 0, `"project";r=199;t=1`, `"project";q=200;w=2`, ""},
		{"the last", 100, 200, 200, 0, `"project";r=0;t=1`, `"project";q=200;w=2`, ""},
		{"one too many", 100, 200, 201, 0, `"project";r=0;t=1`, `"project";q=200;w=2`, "1"},
		{"less than one per second", 0.25, 1, 2, 0, `"project";r=0;t=4`, `"project";q=1;w=4`, "4"},
		{"a second later", 0.25, 1, 2, time.Second, `"project";r=0;t=3`, `"project";q=1;w=4`, "3"},
		{"a burst of less than a second", 1000, 1, 1, 0, `"project";r=0;t=1`, `"project";q=1;w=1`, ""},
		{"no burst of whole seconds", 3, 10, 1, 0, `"project";r=9;t=1`, `"project";q=10;w=4`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, c := newTestBuckets(tt.perSecond, tt.burst)
			for range tt.taken - 1 {
				b.take("k")
			}
			c.Time = c.Add(tt.after)
			h := http.Header{}
			b.take("k").show(h)
			if h.Get("RateLimit") != tt.limit || h.Get("RateLimit-Policy") != tt.policy || h.Get("Retry-After") != tt.retryAfter {
				t.Errorf("headers are %v", h)
			}
		})
	}
}

func TestConcurrentTaking(t *testing.T) {
	b, _ := newTestBuckets(1, 100)
	var mu sync.Mutex
	var taking sync.WaitGroup
	taken := 0
	for range 8 {
		taking.Go(func() {
			for range 100 {
				if !b.take("k").refused {
					mu.Lock()
					taken++
					mu.Unlock()
				}
			}
		})
	}
	taking.Wait()
	if taken != 100 {
		t.Errorf("%d were taken of 100", taken)
	}
}
