package iam

import (
	"sync"
	"time"
)

const (
	// maxFailures is after how many failures in a row nobody is asked any more.
	maxFailures = 5
	// pause is how long nobody is asked then, before one request may try.
	pause = 5 * time.Second
)

// A circuit keeps requests from somebody who fails: they would all wait for an answer that does not come. Its zero value is
// closed.
type circuit struct {
	mu       sync.Mutex
	failures int
	// reopens is when one request may try, tries whether one does.
	reopens time.Time
	tries   bool
}

// closed tells whether a request may go out; its outcome must be reported.
func (c *circuit) closed(now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failures < maxFailures {
		return true
	}
	if c.tries || now.Before(c.reopens) {
		return false
	}
	c.tries = true
	return true
}

// report takes the outcome of a request and tells whether it ended a time of failure.
func (c *circuit) report(failed bool, now time.Time) (recovered bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tries = false
	if failed {
		c.failures++
		c.reopens = now.Add(pause)
		return false
	}
	recovered = c.failures >= maxFailures
	c.failures = 0
	return recovered
}
