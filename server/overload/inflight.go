package overload

import "sync"

// InFlight limits how many requests of one key are in flight. It is safe for
// concurrent use.
type InFlight struct {
	limit int

	mu     sync.Mutex
	counts map[string]int
}

// NewInFlight returns a limiter that admits limit requests of each key at a
// time; with a limit of 0 it admits all.
func NewInFlight(limit int) *InFlight {
	return &InFlight{limit: limit, counts: map[string]int{}}
}

// Limit returns the number of requests that one key may have in flight.
func (f *InFlight) Limit() int {
	return f.limit
}

// Acquire counts a request of key. It returns false if the key is at its limit;
// otherwise the caller must call Release when the request is done.
func (f *InFlight) Acquire(key string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.limit > 0 && f.counts[key] >= f.limit {
		return false
	}
	f.counts[key]++
	return true
}

// Release ends a request of key.
func (f *InFlight) Release(key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.counts[key]--; f.counts[key] == 0 {
		delete(f.counts, key)
	}
}
