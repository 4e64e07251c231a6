package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/peering/peering/gen"
)

// A Violation is one place where a request violates the contract.
type Violation = gen.Violation

// An Error is an error response of the service. A call that got no response
// returns another error, which wraps that of net/http.
type Error struct {
	// Status is the HTTP status.
	Status int
	// Code is the service's error code, such as CS.22103 or VPC.2204. It is
	// empty if the response did not come from the service, for example if it
	// came from a proxy.
	Code string
	// Message describes the error.
	Message string
	// Violations lists the invalid parts of the request, if any.
	Violations []Violation
	// RequestID identifies the request in the service's log.
	RequestID string
	// RetryAfter is the minimum delay before another call, 0 if the response
	// has no Retry-After header.
	RetryAfter time.Duration

	attempts int
	// maybeProcessed reports whether the service may have processed an attempt
	// whose result is not known.
	maybeProcessed bool
	// outcomeUnknown reports whether that is still open after this response.
	outcomeUnknown bool
	// idempotent reports whether processing the request twice has the same
	// effect as processing it once.
	idempotent bool
}

// Error returns the message, the code, the status, the request id and, if there
// was more than one, the number of attempts.
func (e *Error) Error() string {
	var details []string
	if e.Code != "" {
		details = append(details, e.Code)
	}
	details = append(details, fmt.Sprintf("status %d", e.Status))
	if e.RequestID != "" {
		details = append(details, "request "+e.RequestID)
	}
	return fmt.Sprintf("%s (%s%s)", e.Message, strings.Join(details, ", "), afterAttempts(e.attempts))
}

// afterAttempts returns the suffix of an error message for a retried call.
func afterAttempts(n int) string {
	if n < 2 {
		return ""
	}
	return fmt.Sprintf(", after %d attempts", n)
}

// Retryable reports whether the same call may succeed later and is safe to
// make: the request had no effect, or is idempotent. A create must be repeated
// with the same IdempotencyKey. The SDK has already retried the call as often as
// its RetryPolicy allows.
func (e *Error) Retryable() bool {
	return isTransientStatus(e.Status) && (e.idempotent || !e.outcomeUnknown)
}

func (e *Error) hasCode(codes ...string) bool { return slices.Contains(codes, e.Code) }

// isCode reports whether err is an *Error with the code.
func isCode(err error, code string) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.hasCode(code)
}

// noResponseError is the error of a call that got no response.
type noResponseError struct {
	err      error
	attempts int
	// outcomeUnknown reports whether the service may have made the change.
	outcomeUnknown bool
	// retryable reports whether the same call may succeed later and is safe to
	// make.
	retryable bool
}

// Error implements error.
func (e *noResponseError) Error() string { return e.err.Error() + afterAttempts(e.attempts) }

// Unwrap returns why there was no response.
func (e *noResponseError) Unwrap() error { return e.err }

// newError returns the Error of an error response from either root.
func newError(resp *http.Response, body *bufferedBody) *Error {
	c := body.call
	e := &Error{
		Status:         resp.StatusCode,
		Message:        http.StatusText(resp.StatusCode),
		RequestID:      resp.Header.Get("X-Request-Id"),
		RetryAfter:     retryAfter(resp.Header, time.Now),
		attempts:       c.attempts,
		maybeProcessed: c.maybeProcessed,
		outcomeUnknown: c.maybeProcessed && isWrite(c.request) && !isConclusive(resp.StatusCode),
		idempotent:     isIdempotent(c.request),
	}
	if resp.StatusCode/100 == 3 {
		e.Message = redirectMessage(resp)
	}
	var vpc gen.VPCError
	if json.Unmarshal(body.data, &vpc) == nil && vpc.Code != "" {
		e.Code, e.Message, e.Violations = vpc.Code, vpc.Message, vpc.Details
		return e
	}
	var cs gen.CSError
	if json.Unmarshal(body.data, &cs) == nil && cs.ErrorID != "" {
		e.Code, e.Message, e.Violations = cs.ErrorID, cs.ErrorCause, parseViolations(cs.ErrorJSONOpt)
	}
	return e
}

// retryAfter returns the delay in Retry-After, which is in seconds or until a
// date (RFC 9110, section 10.2.3). It returns 0 if the header is missing,
// invalid or in the past.
func retryAfter(h http.Header, now func() time.Time) time.Duration {
	value := h.Get("Retry-After")
	if value == "" {
		return 0
	}
	if seconds, err := strconv.ParseInt(value, 10, 32); err == nil {
		return max(0, time.Duration(seconds)*time.Second)
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(0, date.Sub(now()))
	}
	return 0
}

// redirectMessage returns the message for a redirect, which the SDK does not
// follow, so the endpoint is probably wrong.
func redirectMessage(resp *http.Response) string {
	location, err := resp.Location()
	if err != nil {
		return "The endpoint responded with a redirect, which is not followed."
	}
	return fmt.Sprintf("The endpoint redirects to %s://%s, which is not followed.", location.Scheme, location.Host)
}

// parseViolations parses error_json_opt, which contains one empty object if
// there are no violations.
func parseViolations(text string) []Violation {
	var list []Violation
	if json.Unmarshal([]byte(text), &list) != nil || len(list) == 0 || list[0] == (Violation{}) {
		return nil
	}
	return list
}
