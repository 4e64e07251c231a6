package server

import (
	"sync"
	"time"
)

// present is for how long a project counts as sending requests after its last one.
const present = time.Second

// company knows which projects send requests.
type company struct {
	now func() time.Time

	mu sync.Mutex
	// last is the project that was seen last, before the one before it.
	last, before sighting
}

type sighting struct {
	project string
	at      time.Time
}

// see notes that a project sends a request.
func (c *company) see(project string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last.project != project {
		c.before = c.last
	}
	c.last = sighting{project, c.now()}
}

// of tells whether others than a project send requests.
func (c *company) of(project string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	other := c.last
	if other.project == project {
		other = c.before
	}
	return !other.at.IsZero() && c.now().Sub(other.at) < present
}
