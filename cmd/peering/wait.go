package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/peering/peering/client"
)

// awaited waits, where --wait asks for it, for what a call began and answered, and answers what it is then.
func awaited[T any](s *session, begun T, err error, what, id string, want client.Status, wait func() (T, error)) (T, error) {
	if err != nil || !s.wait {
		return begun, err
	}
	s.told = s.progress(fmt.Sprintf("%s %s", what, id), want)
	defer s.told.end()
	return wait()
}

// gone is awaited for a deletion, which answers nothing.
func (s *session) gone(err error, what, id string, wait func() error) error {
	_, err = awaited(s, struct{}{}, err, what, id, client.Deleted, func() (struct{}, error) { return struct{}{}, wait() })
	return err
}

// polled tells what the SDK has seen while it waits.
func (s *session) polled(poll client.Poll) {
	if s.told != nil {
		s.told.polled(poll)
	}
}

// explainWait says how a wait ended. What it was for had begun: the change is made.
func explainWait(e *client.WaitError) string {
	text := fmt.Sprintf("the change is made, but %s %s %s", e.What, e.ID, is(e.Last))
	switch {
	case e.Err == nil:
		return fmt.Sprintf("%s, which never becomes %s", text, wanted(e.Want[0]))
	case errors.Is(e.Err, context.DeadlineExceeded):
		return fmt.Sprintf("%s still, and not %s within --timeout", text, wanted(e.Want[0]))
	case errors.Is(e.Err, context.Canceled):
		return text + " still, and the wait was interrupted"
	default:
		return fmt.Sprintf("%s, as far as is known: %s", text, explain(e.Err))
	}
}

// is says what something is in a status.
func is(s client.Status) string {
	switch s {
	case client.Deleted:
		return "is gone"
	case "":
		return "was not seen"
	default:
		return "is " + string(s)
	}
}

// wanted names a status that is waited for.
func wanted(s client.Status) string {
	if s == client.Deleted {
		return "gone"
	}
	return string(s)
}
