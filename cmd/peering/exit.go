package main

import (
	"context"
	"errors"
	"net/url"

	"github.com/peering/peering/client"
)

// The exit codes.
const (
	exitOK = iota
	exitFailure
	exitUsage
	exitNotFound
	exitConflict
	exitForbidden
	exitUnavailable
	exitTimeout
)

const exitCodeHelp = `Exit codes:
  0  done
  1  failed for another reason than those below
  2  the command line, a value in it, or the configuration file is wrong
  3  the peering, the cluster or the route does not exist
  4  the VPCs are peered already, a quota is used up, or the peering's status does not allow it
  5  not allowed, or not known
  6  the service does not answer, or is asked too much
  7  the change is made, but what --wait waits for did not come within --timeout`

// exitKinds are the exit codes in a word, as errors in JSON and YAML show them.
var exitKinds = [...]string{"ok", "failure", "usage", "not_found", "conflict", "forbidden", "unavailable", "timeout"}

// usageError is a command line that is wrong.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// exitCode answers the exit code for an error.
func exitCode(err error) int {
	_, isUsage := errors.AsType[usageError](err)
	waited, _ := errors.AsType[*client.WaitError](err)
	refused, _ := errors.AsType[*client.Error](err)
	switch {
	case isUsage, client.IsInvalid(err), refused != nil && len(refused.Violations) > 0:
		return exitUsage
	case waited != nil && errors.Is(waited.Err, context.DeadlineExceeded):
		return exitTimeout
	case waited != nil && waited.Err == nil:
		return exitConflict
	case client.IsNotFound(err):
		return exitNotFound
	case client.IsConflict(err), client.IsQuotaExceeded(err):
		return exitConflict
	case client.IsUnauthorized(err), client.IsForbidden(err):
		return exitForbidden
	case client.IsUnavailable(err), client.IsRateLimited(err), noAnswer(err):
		return exitUnavailable
	default:
		return exitFailure
	}
}

// noAnswer tells whether a request of the client got no answer.
func noAnswer(err error) bool {
	_, ok := errors.AsType[*url.Error](err)
	return ok && !errors.Is(err, context.Canceled)
}
