package main

import (
	"context"
	"errors"
	"fmt"
	"net"
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
)

const exitCodeHelp = `Exit codes:
  0  done
  1  failed for another reason than those below
  2  the command line, or a value in it, is wrong
  3  the peering or the cluster does not exist
  4  the VPCs are peered already, or the peering's status does not allow it
  5  not allowed
  6  the service does not answer`

// usageError is a command line that is wrong.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// exitCode answers the exit code for an error.
func exitCode(err error) int {
	_, isUsage := errors.AsType[usageError](err)
	refused, _ := errors.AsType[*client.Error](err)
	switch {
	case isUsage, refused != nil && len(refused.Violations) > 0:
		return exitUsage
	case client.IsNotFound(err):
		return exitNotFound
	case client.IsConflict(err):
		return exitConflict
	case client.IsForbidden(err):
		return exitForbidden
	case client.IsUnavailable(err), noAnswer(err):
		return exitUnavailable
	default:
		return exitFailure
	}
}

// noAnswer tells whether a request of the client got no answer.
func noAnswer(err error) bool {
	_, ok := errors.AsType[*url.Error](err)
	return ok
}

// explain says what went wrong and, where it is not obvious, what to do.
func explain(err error) string {
	failed, ok := errors.AsType[*url.Error](err)
	if !ok {
		return err.Error()
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return failed.URL + " did not answer in time; the change may have been made all the same"
	}
	text := fmt.Sprintf("%s can't be reached: %v", failed.URL, failed.Err)
	if _, ok := errors.AsType[*net.OpError](err); ok {
		text += "\nIs the server running? 'peering serve' starts one; --endpoint and PEERING_ENDPOINT name another."
	}
	return text
}
