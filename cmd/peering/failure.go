package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"

	"github.com/peering/peering/client"
)

// failure is an error as JSON and YAML show it.
type failure struct {
	// Kind is the exit code in a word.
	Kind string `json:"kind"`
	// Code, Status, RequestID and Violations are the service's, where it is the service that refused.
	Code       string             `json:"code,omitempty"`
	Message    string             `json:"message"`
	Status     int                `json:"status,omitempty"`
	RequestID  string             `json:"request_id,omitempty"`
	Violations []client.Violation `json:"violations,omitempty"`
	// RetryAfter is after how many seconds the same is worth another try.
	RetryAfter int `json:"retry_after,omitempty"`
	// Help is the command that says what is right.
	Help string `json:"help,omitempty"`
}

// printError prints an error of a command on standard error; there is no other place to say it.
func (p *program) printError(commandPath string, err error) {
	f := failure{Kind: exitKinds[exitCode(err)], Message: explain(err)}
	if refused, ok := errors.AsType[*client.Error](err); ok {
		if _, ok := errors.AsType[*client.WaitError](err); !ok { // whose text says more
			f.Message = refused.Message
		}
		f.Code, f.Status, f.RequestID = refused.Code, refused.Status, refused.RequestID
		f.Violations, f.RetryAfter = refused.Violations, int(refused.RetryAfter.Seconds())
	}
	if _, ok := errors.AsType[usageError](err); ok {
		f.Help = commandPath + " --help"
	}
	_ = p.format.writeNotice(p.stderr, "error", f, func() string {
		text := "peering: " + printable(explain(err))
		if f.Help != "" {
			text += fmt.Sprintf("\nSee '%s'.", f.Help)
		}
		return text
	})
}

// writeNotice writes what stands on standard error, where more than one may come: an object with one member, or a text.
func (f format) writeNotice(w io.Writer, name string, value any, text func() string) error {
	if f == formatYAML {
		if _, err := io.WriteString(w, "---\n"); err != nil {
			return err
		}
	}
	return f.write(w, map[string]any{name: value}, text)
}

// explain says what went wrong and, where it is not obvious, what to do.
func explain(err error) string {
	waited, isWait := errors.AsType[*client.WaitError](err)
	failed, isURL := errors.AsType[*url.Error](err)
	switch {
	case isWait:
		return explainWait(waited)
	case errors.Is(err, context.Canceled):
		return "interrupted" + mayHaveChanged(err)
	case !isURL:
		return err.Error()
	case errors.Is(err, context.DeadlineExceeded):
		return failed.URL + " did not answer in time" + mayHaveChanged(err)
	}
	text := fmt.Sprintf("%s can't be reached: %v%s", failed.URL, failed.Err, mayHaveChanged(err))
	if _, ok := errors.AsType[*net.OpError](err); ok {
		text += "\nIs the server running? 'peering serve' starts one; --endpoint and PEERING_ENDPOINT name another."
	}
	return text
}

func mayHaveChanged(err error) string {
	if client.IsOutcomeUnknown(err) {
		return "; the change may have been made all the same"
	}
	return ""
}
