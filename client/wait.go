package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A WaitPolicy configures how the WaitFor methods poll. Zero fields have their
// defaults.
type WaitPolicy struct {
	// First is the delay before the second poll. Each further delay is 1.5
	// times as long, up to Max. Jitter shortens every delay by up to a fifth.
	// The defaults are 250 ms and 10 s.
	First, Max time.Duration
	// OnPoll is called with the result of each poll, on the goroutine of the
	// call. It is optional.
	OnPoll func(Poll)
}

// A Poll is the result of one poll of a WaitFor method.
type Poll struct {
	// ID is the id of the peering or the cluster.
	ID string
	// Status is the status of the peering, or the StatusName of the cluster. It
	// is DELETED if the resource no longer exists. If Err is set, it is the
	// status seen before.
	Status Status
	// Err is a temporary error of this poll. The wait continues.
	Err error
}

func (p WaitPolicy) withDefaults() WaitPolicy {
	setDefault(&p.First, 250*time.Millisecond)
	setDefault(&p.Max, 10*time.Second)
	return p
}

func (p WaitPolicy) validate() error {
	if p.First < 0 || p.Max < 0 {
		return errors.New("WaitPolicy has a negative field")
	}
	return nil
}

// A WaitError is returned by the WaitFor methods if the wanted status was not
// reached.
type WaitError struct {
	// What is the kind of resource, "peering" or "cluster", and ID its id.
	What, ID string
	// Want lists the wanted statuses.
	Want []Status
	// Last is the status seen last, empty if no poll succeeded.
	Last Status
	// Err is what ended the wait, such as context.DeadlineExceeded or an
	// *Error. It is nil if a resource with status Last can no longer get a
	// wanted status.
	Err error
}

// Error returns the resource, the wanted statuses, the last status and the
// cause.
func (e *WaitError) Error() string {
	want := make([]string, len(e.Want))
	for i, s := range e.Want {
		want[i] = string(s)
	}
	text := fmt.Sprintf("wait for %s %s to become %s", e.What, e.ID, strings.Join(want, " or "))
	switch {
	case e.Err == nil:
		return fmt.Sprintf("%s: no longer possible from status %s", text, e.Last)
	case e.Last == "":
		return fmt.Sprintf("%s: %v", text, e.Err)
	default:
		return fmt.Sprintf("%s: last status %s: %v", text, e.Last, e.Err)
	}
}

// Unwrap returns Err.
func (e *WaitError) Unwrap() error { return e.Err }

// reachable lists the statuses that a peering can still get.
var reachable = map[Status][]Status{
	PendingAcceptance: {Active, Rejected, Expired, Deleted},
	Active:            {Deleted},
	Rejected:          {Deleted},
	Expired:           {Deleted},
	Deleted:           {},
}

// canReach reports whether a peering with status s can still get one of the
// wanted statuses. It is true for a status that this version does not know,
// such as that of a cluster.
func canReach(s Status, want []Status) bool {
	next, ok := reachable[s]
	return !ok || slices.ContainsFunc(want, func(w Status) bool { return slices.Contains(next, w) })
}

// A waiter polls a resource until it has a wanted status.
type waiter[T any] struct {
	resource string // "peering" or "cluster", for messages
	id       string
	want     []Status
	// poll returns the resource and its status, DELETED if it does not exist.
	poll func(context.Context) (T, Status, error)

	last   T
	status Status // of last, "" before the first poll that succeeded
}

// wait polls until the resource has a wanted status. It returns the resource as
// seen last, and a *WaitError if the status was not reached.
func (w *waiter[T]) wait(ctx context.Context, c *Client) (T, error) {
	for delay := c.wait.First; ; delay = min(delay+delay/2, c.wait.Max) {
		resource, status, err := w.poll(ctx)
		if err == nil {
			w.last, w.status = resource, status
		}
		if c.wait.OnPoll != nil && ctx.Err() == nil && (err == nil || w.isTemporary(err)) {
			c.wait.OnPoll(Poll{ID: w.id, Status: w.status, Err: err})
		}
		switch {
		case err == nil && slices.Contains(w.want, status):
			return w.last, nil
		case err == nil && !canReach(status, w.want):
			return w.last, w.newError(nil)
		case ctx.Err() != nil:
			return w.last, w.newError(context.Cause(ctx))
		case err != nil && !w.isTemporary(err):
			return w.last, w.newError(err)
		}
		if err := c.timing.sleep(ctx, delay-c.timing.random(delay/5)); err != nil {
			return w.last, w.newError(context.Cause(ctx))
		}
	}
}

// isTemporary reports whether the wait continues after an error of a poll.
// Before the first poll that succeeded it does not, because the endpoint may be
// wrong.
func (w *waiter[T]) isTemporary(err error) bool { return w.status != "" && IsRetryable(err) }

func (w *waiter[T]) newError(err error) error {
	return &WaitError{What: w.resource, ID: w.id, Want: w.want, Last: w.status, Err: err}
}

// orActive returns the statuses, ACTIVE if there are none.
func orActive(statuses []Status) []Status {
	if len(statuses) == 0 {
		return []Status{Active}
	}
	return statuses
}
