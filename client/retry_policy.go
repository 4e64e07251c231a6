package client

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// A RetryPolicy configures how often and when requests are retried. Zero fields
// have their defaults.
type RetryPolicy struct {
	// Attempts is the maximum number of attempts per call. With 1 nothing is
	// retried, and creates get no random Idempotency-Key. The default is 4.
	Attempts int
	// Base and Max bound the backoff. The delay before the first retry is
	// random between 0 and Base; the bound doubles with each further retry, up
	// to Max. The defaults are 100 ms and 5 s.
	Base, Max time.Duration
	// MaxRetryAfter is the longest Retry-After that the client waits for, in
	// addition to the backoff. If the service sends a longer one, the call
	// returns the error at once. The default is 30 s.
	MaxRetryAfter time.Duration
	// AttemptTimeout bounds one attempt, including reading the response. The
	// default is 15 s.
	AttemptTimeout time.Duration
	// Timeout bounds a call with all its attempts and delays. The context of
	// the call may end it earlier. The default is 1 minute.
	Timeout time.Duration
	// Budget is the number of retries that all calls of the client share. Each
	// retry takes one. A successful call gives back one if it was retried, else
	// a fifth of one. While the budget is empty, calls return errors at once.
	// The default is 100.
	Budget int
}

func (p RetryPolicy) withDefaults() RetryPolicy {
	setDefault(&p.Attempts, 4)
	setDefault(&p.Base, 100*time.Millisecond)
	setDefault(&p.Max, 5*time.Second)
	setDefault(&p.MaxRetryAfter, 30*time.Second)
	setDefault(&p.AttemptTimeout, 15*time.Second)
	setDefault(&p.Timeout, time.Minute)
	setDefault(&p.Budget, 100)
	return p
}

func setDefault[T comparable](value *T, def T) {
	var zero T
	if *value == zero {
		*value = def
	}
}

func (p RetryPolicy) validate() error {
	if p.Attempts < 0 || p.Base < 0 || p.Max < 0 || p.MaxRetryAfter < 0 ||
		p.AttemptTimeout < 0 || p.Timeout < 0 || p.Budget < 0 {
		return errors.New("RetryPolicy has a negative field")
	}
	return nil
}

// backoff returns the delay after the given number of attempts: exponential
// with full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter").
func (p RetryPolicy) backoff(attempts int, random func(time.Duration) time.Duration) time.Duration {
	bound := p.Base
	for range attempts - 1 {
		if bound >= p.Max {
			break
		}
		bound *= 2
	}
	return random(min(bound, p.Max))
}

// timing is the client's source of time and randomness. Tests replace it.
type timing struct {
	now func() time.Time
	// sleep blocks for d. It returns the context's error if the context ends
	// first.
	sleep func(ctx context.Context, d time.Duration) error
	// random returns a duration in [0, d).
	random func(d time.Duration) time.Duration
}

func systemTiming() timing {
	return timing{now: time.Now, sleep: sleep, random: random}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func random(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	return rand.N(d) //nolint:gosec // jitter does not need a cryptographic source
}
