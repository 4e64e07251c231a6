package cli

import (
	"context"
	"errors"
	"net/url"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/cli/command"
)

// The exit codes; the help of the program explains each.
const (
	ExitOK = iota
	ExitFailure
	ExitUsage
	ExitNotFound
	ExitConflict
	ExitForbidden
	ExitUnavailable
	ExitTimeout
)

const exitCodeHelp = `Exit codes:
  0  success
  1  failure for a reason not listed below
  2  invalid command line, value or configuration file
  3  the peering, cluster or route does not exist
  4  the VPCs are already peered, a quota is exhausted, or the peering's status does not allow the change
  5  not authenticated or not permitted
  6  the service is unreachable, unavailable or limits the rate
  7  the change succeeded, but --wait did not end within --timeout`

// exitNames are the names of the exit codes in JSON and YAML.
var exitNames = [...]string{"ok", "failure", "usage", "not_found", "conflict", "forbidden", "unavailable", "timeout"}

// exitCode returns the exit code for an error.
func exitCode(err error) int {
	_, isUsage := errors.AsType[command.UsageError](err)
	waitErr, _ := errors.AsType[*client.WaitError](err)
	apiErr, _ := errors.AsType[*client.Error](err)
	switch {
	case isUsage, client.IsInvalid(err), apiErr != nil && len(apiErr.Violations) > 0:
		return ExitUsage
	case waitErr != nil && errors.Is(waitErr.Err, context.DeadlineExceeded):
		return ExitTimeout
	case waitErr != nil && waitErr.Err == nil:
		return ExitConflict
	case client.IsNotFound(err):
		return ExitNotFound
	case client.IsConflict(err), client.IsQuotaExceeded(err):
		return ExitConflict
	case client.IsUnauthorized(err), client.IsForbidden(err):
		return ExitForbidden
	case client.IsUnavailable(err), client.IsRateLimited(err), noResponse(err):
		return ExitUnavailable
	default:
		return ExitFailure
	}
}

// noResponse reports whether a request of the client got no response.
func noResponse(err error) bool {
	_, ok := errors.AsType[*url.Error](err)
	return ok && !errors.Is(err, context.Canceled)
}
