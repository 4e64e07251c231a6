package overload

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"
)

// maxBuckets is the number of token buckets that a RateLimiter keeps, about
// 10 MiB. The least recently used one is dropped for a new key.
const maxBuckets = 1 << 16

// RateLimiter limits the rate of requests per key with token buckets. It is
// safe for concurrent use.
type RateLimiter struct {
	name    string
	rate    rate.Limit
	burst   int
	now     func() time.Time
	buckets *lru.Cache[string, *rate.Limiter]
}

// NewRateLimiter returns a limiter that admits perSecond requests per second on
// average and burst at once for each key; with a perSecond of 0 it admits all.
// The name identifies the policy in response headers.
func NewRateLimiter(name string, perSecond float64, burst int, now func() time.Time) *RateLimiter {
	// Buckets do not expire: expirable.LRU cannot be stopped, and a full bucket
	// only costs memory, which is bounded.
	buckets, _ := lru.New[string, *rate.Limiter](maxBuckets) // fails only for a size below 1
	return &RateLimiter{name: name, rate: rate.Limit(perSecond), burst: burst, now: now, buckets: buckets}
}

// Take takes a token of key and returns the resulting quota.
func (l *RateLimiter) Take(key string) Quota {
	if l.rate == 0 {
		return Quota{limiter: l}
	}
	now := l.now()
	bucket := l.bucket(key)
	taken := bucket.AllowN(now, 1)
	quota := l.quota(bucket, now)
	quota.Exceeded = !taken
	return quota
}

// Peek returns the quota of key without taking a token. It is exceeded if no
// token is left.
func (l *RateLimiter) Peek(key string) Quota {
	if l.rate == 0 {
		return Quota{limiter: l}
	}
	bucket, ok := l.buckets.Get(key)
	if !ok {
		return Quota{limiter: l, Remaining: l.burst}
	}
	quota := l.quota(bucket, l.now())
	quota.Exceeded = quota.Remaining == 0
	return quota
}

func (l *RateLimiter) bucket(key string) *rate.Limiter {
	if bucket, ok := l.buckets.Get(key); ok {
		return bucket
	}
	bucket := rate.NewLimiter(l.rate, l.burst)
	if existing, ok, _ := l.buckets.PeekOrAdd(key, bucket); ok {
		return existing
	}
	return bucket
}

func (l *RateLimiter) quota(bucket *rate.Limiter, now time.Time) Quota {
	tokens := bucket.TokensAt(now)
	remaining := math.Floor(max(tokens, 0))
	reset := math.Ceil((remaining + 1 - tokens) / float64(l.rate))
	return Quota{limiter: l, Remaining: int(remaining), Reset: int(min(max(reset, 1), math.MaxInt32))}
}

// Quota is the state of one key's token bucket.
type Quota struct {
	// Exceeded reports that the request is over the limit.
	Exceeded bool
	// Remaining is the number of tokens left, Reset the number of seconds until
	// there is one more.
	Remaining, Reset int

	limiter *RateLimiter
}

// SetHeaders sets RateLimit-Policy and RateLimit
// (draft-ietf-httpapi-ratelimit-headers-11), and Retry-After if the quota is
// exceeded. The effective window ends when the next token arrives. An unlimited
// quota sets nothing.
func (q Quota) SetHeaders(h http.Header) {
	l := q.limiter
	if l.rate == 0 {
		return
	}
	window := min(max(1, math.Ceil(float64(l.burst)/float64(l.rate))), math.MaxInt32)
	h.Set("RateLimit-Policy", fmt.Sprintf("%q;q=%d;w=%.0f", l.name, l.burst, window))
	h.Set("RateLimit", fmt.Sprintf("%q;r=%d;t=%d", l.name, q.Remaining, q.Reset))
	if q.Exceeded {
		h.Set("Retry-After", strconv.Itoa(q.Reset))
	}
}
