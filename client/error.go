package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
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
}

// Error answers the message with the code, the status and the request id.
func (e *Error) Error() string {
	return fmt.Sprintf("%s (%s, status %d, request %s)", e.Message, e.Code, e.Status, e.RequestID)
}

// newError reads the body of either root.
func newError(resp *http.Response, body []byte) *Error {
	e := &Error{
		Status:    resp.StatusCode,
		Message:   http.StatusText(resp.StatusCode),
		RequestID: resp.Header.Get("X-Request-Id"),
	}
	if resp.StatusCode/100 == 3 {
		e.Message = redirect(resp)
	}
	if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil {
		e.RetryAfter = time.Duration(seconds) * time.Second
	}
	var vpc gen.VPCError
	if json.Unmarshal(body, &vpc) == nil && vpc.Code != "" {
		e.Code, e.Message, e.Violations = vpc.Code, vpc.Message, vpc.Details
		return e
	}
	var cs gen.CSError
	if json.Unmarshal(body, &cs) == nil && cs.ErrorID != "" {
		e.Code, e.Message, e.Violations = cs.ErrorID, cs.ErrorCause, violations(cs.ErrorJSONOpt)
	}
	return e
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

// IsNotFound tells whether an error says that the cluster, the peering or the route does not exist, or is not the
// caller's.
func IsNotFound(err error) bool {
	return has(err, func(e *Error) bool {
		return e.Status == http.StatusNotFound || e.Code == "CS.20005" || e.Code == "CS.22103" || e.Code == "CS.22110"
	})
}

// IsConflict tells whether an error says that the VPCs are peered already, that the route exists, that the cluster has
// live peerings, or that the status of the peering does not allow what was asked for.
func IsConflict(err error) bool {
	return has(err, func(e *Error) bool {
		return e.Status == http.StatusConflict || e.Code == "CS.22104" || e.Code == "CS.22105" || e.Code == "CS.22109" || e.Code == "CS.22111"
	})
}

// IsForbidden tells whether an error says that the caller is not known or may not do what was asked for.
func IsForbidden(err error) bool {
	return has(err, func(e *Error) bool {
		return e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden
	})
}

// IsUnavailable tells whether an error says that the service could not answer. A change may have been made all the same.
func IsUnavailable(err error) bool {
	return has(err, func(e *Error) bool { return e.Status == http.StatusServiceUnavailable })
}

func has(err error, what func(*Error) bool) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && what(e)
}
