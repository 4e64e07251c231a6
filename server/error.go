package server

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/peering/peering/gen"
	"github.com/peering/peering/internal/peering"
	"github.com/peering/peering/validate"
)

// Failures that come up before the domain is asked, beside the codes of the domain.
const (
	invalidBody          peering.Code = "invalid_body"
	tooLarge             peering.Code = "too_large"
	unsupportedMediaType peering.Code = "unsupported_media_type"
	noAPI                peering.Code = "no_api"
	methodNotAllowed     peering.Code = "method_not_allowed"
	uriTooLong           peering.Code = "uri_too_long"
	tooManyRequests      peering.Code = "too_many_requests"
)

// csError is how the CS root says a code.
type csError struct {
	status             int
	id, name, whatToDo string
}

var csErrors = map[peering.Code]csError{
	peering.Internal: {
		http.StatusInternalServerError, "CS.10001", "Internal error.",
		"Try again; if it fails again, give the request ID to the service's operator.",
	},
	noAPI:             {http.StatusNotFound, "CS.10003", "The API does not exist.", "Check the URL."},
	methodNotAllowed:  {http.StatusMethodNotAllowed, "CS.10003", "The API does not exist.", "Check the method."},
	invalidBody:       {http.StatusBadRequest, "CS.10004", "The request body is incorrect.", "Correct the request body."},
	peering.Forbidden: {http.StatusForbidden, "CS.10005", "No permission.", "Ask somebody who may."},
	peering.WrongProject: {
		http.StatusForbidden, "CS.10006", "The project is not the caller's.", "Name the project that the credentials belong to.",
	},
	peering.TokenExpired:    {http.StatusUnauthorized, "CS.10007", "The token has expired.", "Get a new token."},
	peering.Unauthenticated: {http.StatusUnauthorized, "CS.10008", "Not authenticated.", "Send valid credentials."},
	peering.ClusterNotFound: {
		http.StatusBadRequest, "CS.20005", "The cluster does not exist.", "Check the project ID and the cluster ID.",
	},
	peering.Invalid:     {http.StatusBadRequest, "CS.22101", "A request parameter is incorrect.", "Correct the parameter."},
	peering.SelfPeering: {http.StatusBadRequest, "CS.22102", "A VPC can't be peered with itself.", "Name another VPC."},
	peering.NotFound:    {http.StatusBadRequest, "CS.22103", "The peering does not exist.", "Check the peering ID."},
	peering.AlreadyPeered: {
		http.StatusBadRequest, "CS.22104", "The VPCs are already peered.", "Use the peering that stands, or delete it first.",
	},
	peering.WrongStatus: {
		http.StatusBadRequest, "CS.22105", "The status of the peering does not allow this.", "Look at the peering's status.",
	},
	peering.RouteExists:    {http.StatusBadRequest, "CS.22109", "The route exists.", "Use the route that stands, or delete it first."},
	peering.RouteNotFound:  {http.StatusBadRequest, "CS.22110", "The route does not exist.", "Check the route ID."},
	peering.InvalidNetwork: {http.StatusBadRequest, "CS.22112", "The addresses do not fit.", "Correct the addresses."},
	peering.QuotaExceeded: {
		http.StatusBadRequest, "CS.22113", "The quota is exceeded.",
		"Delete peerings that are not needed, or ask the operator for a higher quota.",
	},
	peering.KeyReused:    {http.StatusBadRequest, "CS.22114", "The idempotency key belongs to another request.", "Take a new key."},
	peering.ClusterInUse: {http.StatusBadRequest, "CS.22111", "The cluster is in use.", "Delete these peerings first."},
	tooLarge: {
		http.StatusRequestEntityTooLarge, "CS.22106", "The request body is too large.", "Send a smaller request body.",
	},
	uriTooLong: {http.StatusRequestURITooLong, "CS.22116", "The URI is too long.", "Send a shorter URI."},
	tooManyRequests: {
		http.StatusTooManyRequests, "CS.22115", "Too many requests.", "Try again after the time that Retry-After gives.",
	},
	unsupportedMediaType: {
		http.StatusUnsupportedMediaType, "CS.22107", "The content type is not supported.",
		"Send the request body as UTF-8 encoded JSON with Content-Type application/json.",
	},
	peering.Unavailable: {
		http.StatusServiceUnavailable, "CS.22108", "The service is unavailable.",
		"Look at what exists, then try again after the time that Retry-After gives.",
	},
}

// vpcError is how the VPC root says a code.
type vpcError struct {
	status int
	code   string
}

var vpcErrors = map[peering.Code]vpcError{
	peering.Unauthenticated: {http.StatusUnauthorized, "VPC.0008"},
	peering.TokenExpired:    {http.StatusUnauthorized, "VPC.0008"},
	peering.WrongProject:    {http.StatusForbidden, "VPC.2701"},
	peering.NotFound:        {http.StatusNotFound, "VPC.2204"},
	peering.ClusterNotFound: {http.StatusNotFound, "VPC.2204"},
	peering.Forbidden:       {http.StatusForbidden, "VPC.2701"},
	peering.Invalid:         {http.StatusBadRequest, "VPC.22101"},
	invalidBody:             {http.StatusBadRequest, "VPC.22101"},
	peering.SelfPeering:     {http.StatusBadRequest, "VPC.22102"},
	peering.AlreadyPeered:   {http.StatusConflict, "VPC.22104"},
	peering.WrongStatus:     {http.StatusConflict, "VPC.22105"},
	peering.QuotaExceeded:   {http.StatusConflict, "VPC.0114"},
	peering.KeyReused:       {http.StatusUnprocessableEntity, "VPC.22114"},
	peering.InvalidNetwork:  {http.StatusBadRequest, "VPC.22101"},
	peering.ClusterInUse:    {http.StatusConflict, "VPC.22113"},
	peering.RouteExists:     {http.StatusConflict, "VPC.22111"},
	peering.RouteNotFound:   {http.StatusNotFound, "VPC.22112"},
	tooLarge:                {http.StatusRequestEntityTooLarge, "VPC.22106"},
	uriTooLong:              {http.StatusRequestURITooLong, "VPC.22116"},
	tooManyRequests:         {http.StatusTooManyRequests, "VPC.22115"},
	unsupportedMediaType:    {http.StatusUnsupportedMediaType, "VPC.22107"},
	peering.Unavailable:     {http.StatusServiceUnavailable, "VPC.22108"},
	noAPI:                   {http.StatusNotFound, "VPC.22109"},
	methodNotAllowed:        {http.StatusMethodNotAllowed, "VPC.22109"},
	peering.Internal:        {http.StatusInternalServerError, "VPC.22110"},
}

// retryAfter is how many seconds a client should wait for a store that did not answer.
const retryAfter = "1"

// challenge is what answers of status 401 ask for (RFC 9110, section 11.6.1): a token of Keystone, or a signature. It is the
// same whatever was wrong.
const challenge = `Keystone realm="peering", SDK-HMAC-SHA256 realm="peering"`

// failure is what an answer says of an error.
type failure struct {
	code       peering.Code
	message    string
	violations []validate.Violation
}

// failureOf tells what the caller may know of an error. Errors that nobody gave a code are internal, and of those the
// caller learns nothing.
func failureOf(err error) failure {
	if e, ok := errors.AsType[*peering.Error](err); ok && e.Code != peering.Internal {
		if e.Field == "" {
			return failure{code: e.Code, message: e.Message}
		}
		violation := validate.Violation{In: validate.Body, Field: e.Field, Reason: e.Message}
		return failure{code: e.Code, message: violation.String(), violations: []validate.Violation{violation}}
	}
	if e, ok := errors.AsType[*validate.Error](err); ok {
		return failure{code: codeOfRefusal(e), message: e.Error(), violations: e.Violations}
	}
	if e, ok := errors.AsType[*echo.HTTPError](err); ok {
		switch e.Code {
		case http.StatusNotFound:
			return failure{code: noAPI, message: "There is no API at this path."}
		case http.StatusMethodNotAllowed:
			return failure{code: methodNotAllowed, message: "The API at this path does not have this method; the header Allow lists those that it has."}
		case http.StatusBadRequest:
			return failure{code: peering.Invalid, message: "The request can't be read."}
		}
	}
	return failure{code: peering.Internal, message: "The request failed because of an internal error."}
}

func codeOfRefusal(e *validate.Error) peering.Code {
	switch {
	case e.Kind == validate.TooLarge:
		return tooLarge
	case e.Kind == validate.UnsupportedMediaType:
		return unsupportedMediaType
	case e.Violations[0].In == validate.Body:
		return invalidBody
	default:
		return peering.Invalid
	}
}

// errorWriter writes every error of the API listener, in the style of the root that the path falls under.
func errorWriter(now func() time.Time) echo.HTTPErrorHandler {
	return func(err error, c echo.Context) {
		if c.Response().Committed {
			return
		}
		f := failureOf(err)
		if f.code == peering.Unavailable {
			c.Response().Header().Set(echo.HeaderRetryAfter, retryAfter)
		}
		status, body := f.csBody(requestIDOf(c), now())
		if vpcRoot(c.Request().URL.Path) {
			status, body = f.vpcBody(requestIDOf(c))
		}
		if status == http.StatusUnauthorized {
			c.Response().Header().Set(echo.HeaderWWWAuthenticate, challenge)
		}
		if c.Request().Method == http.MethodHead {
			_ = c.NoContent(status) // whoever asked is gone if this fails
			return
		}
		text, _ := json.Marshal(body) //nolint:errchkjson // it is texts and numbers
		// With its length known an answer can be sent before its handler is done.
		c.Response().Header().Set(echo.HeaderContentLength, strconv.Itoa(len(text)))
		_ = c.JSONBlob(status, text) // as above
	}
}

func (f failure) csBody(requestID string, now time.Time) (int, any) {
	e := csErrors[f.code]
	return e.status, gen.CSError{
		ErrorID:         e.id,
		ErrorName:       e.name,
		ErrorCause:      f.message,
		ErrorSuggestion: e.whatToDo,
		ErrorJSONOpt:    f.violationsJSON(),
		ErrorTime:       now.UnixMilli(),
		RequestID:       requestID,
	}
}

func (f failure) vpcBody(requestID string) (int, any) {
	e := vpcErrors[f.code]
	message := f.message
	if len(f.violations) > 0 {
		message = "Invalid request: " + message
	}
	return e.status, gen.VPCError{Code: e.code, Message: message, Details: f.details(), RequestID: requestID}
}

func (f failure) details() []gen.Violation {
	details := make([]gen.Violation, len(f.violations))
	for i, v := range f.violations {
		details[i] = gen.Violation{In: gen.ViolationIn(v.In), Field: v.Field, Reason: v.Reason}
	}
	return details
}

// violationsJSON answers the violations in the form of error_json_opt.
func (f failure) violationsJSON() string {
	if len(f.violations) == 0 {
		return "[{}]"
	}
	text, err := json.Marshal(f.details())
	if err != nil {
		return "[{}]"
	}
	return string(text)
}
