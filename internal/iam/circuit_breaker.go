package iam

import (
	"sync"
	"time"
)

const (
	// maxFailures is the number of consecutive failures that opens the circuit.
	maxFailures = 5
	// openDuration is the time from the last failure to the next probe.
	openDuration = 5 * time.Second
)

// A circuitBreaker keeps requests from waiting for a service that keeps
// failing. While it is open, one request at a time may probe the service. The
// zero value is closed. It is safe for concurrent use.
type circuitBreaker struct {
	mu       sync.Mutex
	failures int
	// probeAt is the time from which a probe is allowed, probing reports whether
	// one is in flight.
	probeAt time.Time
	probing bool
}

// allow reports whether a request may be sent. If so, the caller must report
// its outcome.
func (b *circuitBreaker) allow(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failures < maxFailures {
		return true
	}
	if b.probing || now.Before(b.probeAt) {
		return false
	}
	b.probing = true
	return true
}

// report records the outcome of a request that allow permitted. It reports
// whether the circuit was open and is now closed.
func (b *circuitBreaker) report(failed bool, now time.Time) (closed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.probing = false
	if failed {
		b.failures++
		b.probeAt = now.Add(openDuration)
		return false
	}
	closed = b.failures >= maxFailures
	b.failures = 0
	return closed
}
