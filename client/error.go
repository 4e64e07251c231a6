package client

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/peering/peering/gen"
)

// A Violation is one place in which a request does not follow the contract.
type Violation = gen.Violation

// An Error is a request that the service refused or could not carry out. Calls that got no answer have other errors.
type Error struct {
	// Status is the HTTP status.
	Status int
	// Code is the service's code, such as CS.22103 or VPC.2204.
	Code string
	// Message says what was wrong.
	Message string
	// Violations are the places in which the request does not follow the contract, if that was the reason.
	Violations []Violation
	// RequestID names the request in the service's log.
	RequestID string
	// RetryAfter is after how long a repetition is worth it; 0 where the service does not say.
	RetryAfter time.Duration

	attempts int
	// earlier tells whether the service may have carried out an attempt without our knowing.
	earlier bool
	// unknown tells whether that is still open after this answer.
	unknown bool
	// repeatable tells whether the request does no more when it is carried out twice.
	repeatable bool
}

// Error answers the message with the code, the status and the request id.
func (e *Error) Error() string {
	return fmt.Sprintf("%s (%s, status %d, request %s%s)", e.Message, e.Code, e.Status, e.RequestID, after(e.attempts))
}

func after(attempts int) string {
	if attempts < 2 {
		return ""
	}
	return fmt.Sprintf(", after %d attempts", attempts)
}

// Retryable tells whether the call may succeed when it is made again, and is safe to make again: nothing was done, or doing
// it twice does no more. A creation is made again with the same IdempotencyKey. The retry policy has done so already, as
// often as it says.
func (e *Error) Retryable() bool {
	return passing(e.Status) && (e.repeatable || !e.unknown)
}

func (e *Error) is(codes ...string) bool { return slices.Contains(codes, e.Code) }

// noAnswerError is a call that got no answer.
type noAnswerError struct {
	err      error
	attempts int
	// unknown tells whether the service may have carried out what it was asked for.
	unknown bool
	// hopeless tells whether the call would fail alike, or is not safe, when it is made again.
	hopeless bool
}

// Error implements error.
func (e *noAnswerError) Error() string { return e.err.Error() + after(e.attempts) }

// Unwrap answers why there is no answer.
func (e *noAnswerError) Unwrap() error { return e.err }

// newError reads the body of either root.
func newError(resp *http.Response, body *answerBody) *Error {
	c := body.call
	e := &Error{
		Status:     resp.StatusCode,
		Message:    http.StatusText(resp.StatusCode),
		RequestID:  resp.Header.Get("X-Request-Id"),
		RetryAfter: retryAfter(resp.Header, time.Now),
		attempts:   c.attempts,
		earlier:    c.unknown,
		unknown:    c.unknown && changes(c.request) && !settles(resp.StatusCode),
		repeatable: repeatable(c.request),
	}
	if resp.StatusCode/100 == 3 {
		e.Message = redirect(resp)
	}
	var vpc gen.VPCError
	if json.Unmarshal(body.data, &vpc) == nil && vpc.Code != "" {
		e.Code, e.Message, e.Violations = vpc.Code, vpc.Message, vpc.Details
		return e
	}
	var cs gen.CSError
	if json.Unmarshal(body.data, &cs) == nil && cs.ErrorID != "" {
		e.Code, e.Message, e.Violations = cs.ErrorID, cs.ErrorCause, violations(cs.ErrorJSONOpt)
	}
	return e
}

// retryAfter reads Retry-After, which holds seconds or a date (RFC 9110, section 10.2.3); 0 where it says nothing.
func retryAfter(h http.Header, now func() time.Time) time.Duration {
	value := h.Get("Retry-After")
	if value == "" {
		return 0
	}
	if seconds, err := strconv.ParseInt(value, 10, 32); err == nil {
		return max(0, time.Duration(seconds)*time.Second)
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, at.Sub(now()))
	}
	return 0
}

// redirect says where an answer leads. Redirects are not followed, so the endpoint has to be the right one.
func redirect(resp *http.Response) string {
	to, err := resp.Location()
	if err != nil {
		return "The endpoint answers with a redirect, which is not followed."
	}
	return fmt.Sprintf("The endpoint redirects to %s://%s, which is not followed.", to.Scheme, to.Host)
}

// violations reads error_json_opt, which holds one empty object where there are none.
func violations(text string) []Violation {
	var list []Violation
	if json.Unmarshal([]byte(text), &list) != nil || len(list) == 0 || list[0] == (Violation{}) {
		return nil
	}
	return list
}
