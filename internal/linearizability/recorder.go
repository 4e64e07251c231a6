// Package linearizability records histories of concurrent clients and checks
// them. It is for tests only.
//
// A Workload runs random operations against a service, and a Recorder keeps
// every call with its response. Check hands the histories to porcupine, which
// verifies that they are linearizable: that each operation could have taken
// effect atomically at some point between its call and its response.
//
// Clients operate on scopes. A scope is a few tenants, their VPCs and a
// cluster, few enough for operations to conflict. Operations on different
// scopes are independent, so each scope is checked on its own, and the workload
// moves on to a new scope before the history of the old one gets too long to
// check.
package linearizability

import (
	"sync"
	"time"

	"github.com/peering/peering/internal/peering"
)

// A Recorder holds the histories of all scopes. It is safe for concurrent use.
type Recorder struct {
	quotas peering.Quotas
	start  time.Time

	mu     sync.Mutex
	scopes []*scope
	// completed counts the operations that got a definite response. changed is
	// closed and replaced whenever it grows.
	completed int
	changed   chan struct{}
}

// NewRecorder returns an empty Recorder for a service that enforces quotas.
func NewRecorder(quotas peering.Quotas) *Recorder {
	return &Recorder{quotas: quotas, start: time.Now(), changed: make(chan struct{})}
}

// Completed returns the number of operations that have got a definite response,
// and a channel that is closed when the number next grows.
func (r *Recorder) Completed() (n int, changed <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.completed, r.changed
}

func (r *Recorder) complete() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.completed++
	close(r.changed)
	r.changed = make(chan struct{})
}

// add numbers a scope and adds it to the recorder.
func (r *Recorder) add(s *scope) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s.number = len(r.scopes)
	r.scopes = append(r.scopes, s)
}

// now returns the time since the recorder was made, in nanoseconds.
func (r *Recorder) now() int64 {
	return int64(time.Since(r.start))
}
