package server

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"
)

// maxBuckets is how many buckets a generation has at most, some 10 MiB.
const maxBuckets = 1 << 16

// buckets are token buckets by key. A bucket that is full says nothing, so it is forgotten: buckets are kept in two
// generations of the time that an empty one takes to fill up, and one that is in neither is full. Only with more than
// maxBuckets keys in that time are buckets forgotten that were not.
type buckets struct {
	name  string
	rate  rate.Limit
	burst int
	fill  time.Duration
	now   func() time.Time

	mu          sync.Mutex
	recent, old map[string]*rate.Limiter
	turned      time.Time
}

func newBuckets(name string, l Limits, now func() time.Time) *buckets {
	b := &buckets{name: name, rate: rate.Limit(l.Rate), burst: l.Burst, now: now}
	if b.rate > 0 {
		b.fill = time.Duration(min(float64(l.Burst)/l.Rate*float64(time.Second), math.MaxInt64/2))
	}
	return b
}

// spread is how long the burst of a project takes beside others.
const spread = 5 * time.Second

// newPaces answers the buckets of what projects may have carried out beside others, for which no longer than maxWait is
// waited: what they may send on average, and bursts over the time of spread. A tenth of a second's worth comes at once.
func newPaces(l Limits, now func() time.Time) *buckets {
	if l.Rate > 0 {
		l.Rate = max(l.Rate, float64(l.Burst)/spread.Seconds())
		l.Burst = max(1, int(l.Rate/10))
	}
	b := newBuckets("pace", l, now)
	b.fill += maxWait // what is waited for is owed
	return b
}

// balance is what is left in a bucket.
type balance struct {
	of *buckets
	// refused tells that there is nothing to take, or was not.
	refused bool
	// left is how many may be taken at once; for so many seconds it stays that.
	left, seconds int
}

// look answers the balance of a key without taking anything.
func (b *buckets) look(key string) balance {
	if b.rate == 0 {
		return balance{of: b}
	}
	now := b.now()
	b.mu.Lock()
	limiter := b.find(key, now)
	b.mu.Unlock()
	if limiter == nil {
		return balance{of: b, left: b.burst}
	}
	left := b.balance(limiter, now)
	left.refused = left.left == 0
	return left
}

// take takes one from the bucket of a key, if there is one, and answers what is left.
func (b *buckets) take(key string) balance {
	if b.rate == 0 {
		return balance{of: b}
	}
	now := b.now()
	limiter := b.open(key, now)
	taken := limiter.AllowN(now, 1)
	left := b.balance(limiter, now)
	left.refused = !taken
	return left
}

// reserve takes one from the bucket of a key before it is there, and answers in which time it will be. Where that is longer
// than maxWait, it takes nothing and answers maxWait.
func (b *buckets) reserve(key string) time.Duration {
	if b.rate == 0 {
		return 0
	}
	now := b.now()
	one := b.open(key, now).ReserveN(now, 1)
	wait := one.DelayFrom(now)
	if wait > maxWait {
		one.CancelAt(now)
	}
	return min(wait, maxWait)
}

// open answers the bucket of a key, which may be full, to take from it.
func (b *buckets) open(key string, now time.Time) *rate.Limiter {
	b.mu.Lock()
	defer b.mu.Unlock()
	limiter := b.find(key, now)
	if limiter == nil {
		limiter = rate.NewLimiter(b.rate, b.burst)
	}
	b.recent[key] = limiter
	return limiter
}

// find answers the bucket of a key, nil where it is full. The caller holds mu.
func (b *buckets) find(key string, now time.Time) *rate.Limiter {
	if now.Sub(b.turned) >= b.fill || len(b.recent) >= maxBuckets {
		b.old, b.recent, b.turned = b.recent, map[string]*rate.Limiter{}, now
	}
	if limiter := b.recent[key]; limiter != nil {
		return limiter
	}
	return b.old[key]
}

func (b *buckets) balance(limiter *rate.Limiter, now time.Time) balance {
	tokens := limiter.TokensAt(now)
	left := math.Floor(max(tokens, 0))
	wait := math.Ceil((left + 1 - tokens) / float64(b.rate))
	return balance{of: b, left: int(left), seconds: int(min(max(wait, 1), math.MaxInt32))}
}

// show writes the balance in the form of draft-ietf-httpapi-ratelimit-headers-11. In its words, the effective window of
// what is left ends when there is one more; so it does for Retry-After.
func (b balance) show(h http.Header) {
	if b.of.rate == 0 {
		return
	}
	window := max(1, int(math.Ceil(b.of.fill.Seconds())))
	h.Set("RateLimit-Policy", fmt.Sprintf("%q;q=%d;w=%d", b.of.name, b.of.burst, window))
	h.Set("RateLimit", fmt.Sprintf("%q;r=%d;t=%d", b.of.name, b.left, b.seconds))
	if b.refused {
		h.Set(echo.HeaderRetryAfter, strconv.Itoa(b.seconds))
	}
}
