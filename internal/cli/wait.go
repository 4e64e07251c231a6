package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/peering/peering/client"
)

// waitFor returns the result of a call and, with --wait, what wait returns
// after the call succeeded.
func waitFor[T any](s *session, result T, err error, what, id string, want client.Status, wait func() (T, error)) (T, error) {
	if err != nil || !s.wait {
		return result, err
	}
	s.progress = startProgress(s.Printer, fmt.Sprintf("%s %s", what, id), want)
	defer s.progress.end()
	return wait()
}

// waitForDeleted is waitFor for a deletion, which has no result.
func (s *session) waitForDeleted(err error, what, id string, wait func() error) error {
	_, err = waitFor(s, struct{}{}, err, what, id, client.Deleted, func() (struct{}, error) { return struct{}{}, wait() })
	return err
}

// onPoll reports the progress of a wait.
func (s *session) onPoll(poll client.Poll) {
	if s.progress != nil {
		s.progress.report(poll)
	}
}

// waitMessage describes how a wait ended. The change itself had succeeded.
func waitMessage(e *client.WaitError) string {
	text := fmt.Sprintf("the change succeeded, but %s %s %s", e.What, e.ID, describeStatus(e.Last))
	switch {
	case e.Err == nil:
		return fmt.Sprintf("%s and can no longer become %s", text, statusName(e.Want[0]))
	case errors.Is(e.Err, context.DeadlineExceeded):
		return fmt.Sprintf("%s and did not become %s within --timeout", text, statusName(e.Want[0]))
	case errors.Is(e.Err, context.Canceled):
		return text + "; the wait was interrupted"
	default:
		return fmt.Sprintf("%s when last seen: %s", text, errorMessage(e.Err))
	}
}

func describeStatus(s client.Status) string {
	switch s {
	case client.Deleted:
		return "is deleted"
	case "":
		return "was not seen"
	default:
		return "is " + string(s)
	}
}

// statusName names a status that a wait is for.
func statusName(s client.Status) string {
	if s == client.Deleted {
		return "deleted"
	}
	return string(s)
}
