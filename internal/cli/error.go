package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/cli/command"
	"github.com/peering/peering/internal/cli/output"
)

// errorOutput is an error in JSON and YAML.
type errorOutput struct {
	// Kind is the name of the exit code.
	Kind string `json:"kind"`
	// Code, Status, RequestID and Violations are those of the service's
	// response.
	Code       string             `json:"code,omitempty"`
	Message    string             `json:"message"`
	Status     int                `json:"status,omitempty"`
	RequestID  string             `json:"request_id,omitempty"`
	Violations []client.Violation `json:"violations,omitempty"`
	// RetryAfter is the number of seconds after which a retry may succeed.
	RetryAfter int `json:"retry_after,omitempty"`
	// Help is the command that explains the usage.
	Help string `json:"help,omitempty"`
}

// printError prints an error of a command on standard error.
func printError(env *command.Env, commandPath string, err error) {
	shown := errorOutput{Kind: exitNames[exitCode(err)], Message: errorMessage(err)}
	if apiErr, ok := errors.AsType[*client.Error](err); ok {
		if _, ok := errors.AsType[*client.WaitError](err); !ok { // its message has more
			shown.Message = apiErr.Message
		}
		shown.Code, shown.Status, shown.RequestID = apiErr.Code, apiErr.Status, apiErr.RequestID
		shown.Violations, shown.RetryAfter = apiErr.Violations, int(apiErr.RetryAfter.Seconds())
	}
	if _, ok := errors.AsType[command.UsageError](err); ok {
		shown.Help = commandPath + " --help"
	}
	_ = env.Notice("error", shown, func() string { // there is nowhere else to report to
		text := "peering: " + output.Printable(errorMessage(err))
		if shown.Help != "" {
			text += fmt.Sprintf("\nSee '%s'.", shown.Help)
		}
		return text
	})
}

// errorMessage returns what went wrong and, unless it is obvious, what to do.
func errorMessage(err error) string {
	waitErr, isWait := errors.AsType[*client.WaitError](err)
	urlErr, isURL := errors.AsType[*url.Error](err)
	switch {
	case isWait:
		return waitMessage(waitErr)
	case errors.Is(err, context.Canceled):
		return "interrupted" + unknownOutcome(err)
	case !isURL:
		return err.Error()
	case errors.Is(err, context.DeadlineExceeded):
		return urlErr.URL + " did not respond in time" + unknownOutcome(err)
	}
	text := fmt.Sprintf("%s is unreachable: %v%s", urlErr.URL, urlErr.Err, unknownOutcome(err))
	if _, ok := errors.AsType[*net.OpError](err); ok {
		text += "\nIs the server running? 'peering serve' starts one; --endpoint and PEERING_ENDPOINT select another."
	}
	return text
}

// unknownOutcome warns that the service may have made the change all the same.
func unknownOutcome(err error) string {
	if client.IsOutcomeUnknown(err) {
		return "; the change may have been made"
	}
	return ""
}
