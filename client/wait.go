package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A WaitPolicy says how the calls that begin with WaitFor look at what they wait for. Members that are zero have their
// defaults.
type WaitPolicy struct {
	// First is how long to wait before the second look. Each further wait is half as long again, up to Max, and up to a
	// fifth shorter by chance. The defaults are 250 ms and 10 s.
	First, Max time.Duration
	// OnPoll is told what each look has seen, by the goroutine of the call. By default nobody is.
	OnPoll func(Poll)
}

// A Poll is what a call that waits has seen.
type Poll struct {
	// ID is that of the peering or the cluster.
	ID string
	// Status is that of the peering, or the name of the cluster's; DELETED where it is gone, and what was seen before
	// where Err is set.
	Status Status
	// Err is why nothing could be seen this time. The wait goes on.
	Err error
}

func (p WaitPolicy) withDefaults() WaitPolicy {
	defaulted(&p.First, 250*time.Millisecond)
	defaulted(&p.Max, 10*time.Second)
	return p
}

func (p WaitPolicy) check() error {
	if p.First < 0 || p.Max < 0 {
		return errors.New("a member of the WaitPolicy is negative")
	}
	return nil
}

// A WaitError is a wait that ended before what it was for.
type WaitError struct {
	// What and ID say what was waited for: "peering" or "cluster".
	What, ID string
	// Want are the statuses that were waited for.
	Want []Status
	// Last is the status that was seen last, empty where none was.
	Last Status
	// Err is what ended the wait, such as context.DeadlineExceeded or an *Error. It is nil where no status that was wanted
	// can follow the last one.
	Err error
}

// Error says what was waited for, what was seen last, and what ended the wait.
func (e *WaitError) Error() string {
	want := make([]string, len(e.Want))
	for i, s := range e.Want {
		want[i] = string(s)
	}
	text := fmt.Sprintf("wait for %s %s to be %s", e.What, e.ID, strings.Join(want, " or "))
	switch {
	case e.Err == nil:
		return fmt.Sprintf("%s: it is %s, which never becomes that", text, e.Last)
	case e.Last == "":
		return fmt.Sprintf("%s: %v", text, e.Err)
	default:
		return fmt.Sprintf("%s: it was %s when last seen: %v", text, e.Last, e.Err)
	}
}

// Unwrap answers what ended the wait.
func (e *WaitError) Unwrap() error { return e.Err }

// follows are the statuses that a peering can still get.
var follows = map[Status][]Status{
	PendingAcceptance: {Active, Rejected, Expired, Deleted},
	Active:            {Deleted},
	Rejected:          {Deleted},
	Expired:           {Deleted},
	Deleted:           {},
}

// canBecome tells whether a peering in a status may get one of those that are wanted. Of a status that it does not know it
// believes everything.
func canBecome(s Status, want []Status) bool {
	next, known := follows[s]
	return !known || slices.ContainsFunc(want, func(w Status) bool { return slices.Contains(next, w) })
}

// A vigil is one wait.
type vigil struct {
	client *Client
	what   string
	id     string
	want   []Status
	// look answers the status; DELETED for what is not there.
	look func(context.Context) (Status, error)
	last Status
}

// keep looks until the status is one that is wanted.
func (v *vigil) keep(ctx context.Context) error {
	p := v.client.wait
	for delay := p.First; ; delay = min(delay+delay/2, p.Max) {
		status, err := v.look(ctx)
		if err == nil {
			v.last = status
		}
		if p.OnPoll != nil && ctx.Err() == nil && (err == nil || v.goesOn(err)) {
			p.OnPoll(Poll{ID: v.id, Status: v.last, Err: err})
		}
		switch {
		case err == nil && slices.Contains(v.want, status):
			return nil
		case err == nil && !canBecome(status, v.want):
			return v.failed(nil)
		case ctx.Err() != nil:
			return v.failed(context.Cause(ctx))
		case err != nil && !v.goesOn(err):
			return v.failed(err)
		}
		if err := v.client.timing.sleep(ctx, delay-v.client.timing.random(delay/5)); err != nil {
			return v.failed(context.Cause(ctx))
		}
	}
}

// goesOn tells whether a look that failed is made up for by the next one. Before anything was seen it is not: the endpoint
// may be wrong.
func (v *vigil) goesOn(err error) bool { return v.last != "" && IsRetryable(err) }

func (v *vigil) failed(err error) error {
	return &WaitError{What: v.what, ID: v.id, Want: v.want, Last: v.last, Err: err}
}

// until answers what is waited for; without a word that is ACTIVE.
func until(statuses []Status) []Status {
	if len(statuses) == 0 {
		return []Status{Active}
	}
	return statuses
}

// orDeleted answers DELETED for the error which says that what was looked at is not there.
func orDeleted(s Status, err error, codes ...string) (Status, error) {
	if e, ok := errors.AsType[*Error](err); ok && e.is(codes...) {
		return Deleted, nil
	}
	return s, err
}
