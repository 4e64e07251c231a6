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

// Codes of errors that occur before the domain is called.
const (
	invalidBody          peering.Code = "invalid_body"
	tooLarge             peering.Code = "too_large"
	unsupportedMediaType peering.Code = "unsupported_media_type"
	noRoute              peering.Code = "no_api"
	methodNotAllowed     peering.Code = "method_not_allowed"
	uriTooLong           peering.Code = "uri_too_long"
	tooManyRequests      peering.Code = "too_many_requests"
)

// csError is the CS root's representation of a code.
type csError struct {
	status               int
	id, name, suggestion string
}

var csErrors = map[peering.Code]csError{
	peering.Internal: {
		http.StatusInternalServerError, "CS.10001", "Internal error.",
		"Try again; if the error persists, report the request ID to the operator.",
	},
	noRoute:           {http.StatusNotFound, "CS.10003", "The API does not exist.", "Check the URL."},
	methodNotAllowed:  {http.StatusMethodNotAllowed, "CS.10003", "The API does not exist.", "Check the method."},
	invalidBody:       {http.StatusBadRequest, "CS.10004", "The request body is incorrect.", "Correct the request body."},
	peering.Forbidden: {http.StatusForbidden, "CS.10005", "No permission.", "Ask a project administrator."},
	peering.WrongProject: {
		http.StatusForbidden, "CS.10006", "The project does not belong to the caller.", "Use the project that the credentials belong to.",
	},
	peering.TokenExpired:    {http.StatusUnauthorized, "CS.10007", "The token has expired.", "Get a new token."},
	peering.Unauthenticated: {http.StatusUnauthorized, "CS.10008", "Not authenticated.", "Send valid credentials."},
	peering.ClusterNotFound: {
		http.StatusBadRequest, "CS.20005", "The cluster does not exist.", "Check the project ID and the cluster ID.",
	},
	peering.Invalid:     {http.StatusBadRequest, "CS.22101", "A request parameter is incorrect.", "Correct the parameter."},
	peering.SelfPeering: {http.StatusBadRequest, "CS.22102", "A VPC can't be peered with itself.", "Use another VPC."},
	peering.NotFound:    {http.StatusBadRequest, "CS.22103", "The peering does not exist.", "Check the peering ID."},
	peering.AlreadyPeered: {
		http.StatusBadRequest, "CS.22104", "The VPCs are already peered.", "Use the existing peering, or delete it first.",
	},
	peering.WrongStatus: {
		http.StatusBadRequest, "CS.22105", "The status of the peering does not allow this.", "Check the peering's status.",
	},
	peering.RouteExists:    {http.StatusBadRequest, "CS.22109", "The route already exists.", "Use the existing route, or delete it first."},
	peering.RouteNotFound:  {http.StatusBadRequest, "CS.22110", "The route does not exist.", "Check the route ID."},
	peering.InvalidNetwork: {http.StatusBadRequest, "CS.22112", "The addresses are not valid here.", "Correct the addresses."},
	peering.QuotaExceeded: {
		http.StatusBadRequest, "CS.22113", "The quota is exceeded.",
		"Delete unused peerings, or ask the operator for a higher quota.",
	},
	peering.KeyReused:    {http.StatusBadRequest, "CS.22114", "The idempotency key was used for another request.", "Use a new key."},
	peering.ClusterInUse: {http.StatusBadRequest, "CS.22111", "The cluster is in use.", "Delete the cluster's peerings first."},
	tooLarge: {
		http.StatusRequestEntityTooLarge, "CS.22106", "The request body is too large.", "Send a smaller request body.",
	},
	uriTooLong: {http.StatusRequestURITooLong, "CS.22116", "The URI is too long.", "Send a shorter URI."},
	tooManyRequests: {
		http.StatusTooManyRequests, "CS.22115", "Too many requests.", "Retry after the delay in Retry-After.",
	},
	unsupportedMediaType: {
		http.StatusUnsupportedMediaType, "CS.22107", "The content type is not supported.",
		"Send the request body as JSON in UTF-8 with Content-Type application/json.",
	},
	peering.Unavailable: {
		http.StatusServiceUnavailable, "CS.22108", "The service is unavailable.",
		"Check what exists, then retry after the delay in Retry-After.",
	},
}

// vpcError is the VPC root's representation of a code.
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
	noRoute:                 {http.StatusNotFound, "VPC.22109"},
	methodNotAllowed:        {http.StatusMethodNotAllowed, "VPC.22109"},
	peering.Internal:        {http.StatusInternalServerError, "VPC.22110"},
}

// retryAfter is the Retry-After, in seconds, of 503 responses and of 429
// responses without a rate limit.
const retryAfter = "1"

// challenge is the WWW-Authenticate header of all 401 responses (RFC 9110,
// section 11.6.1). It does not depend on what was wrong.
const challenge = `Keystone realm="peering", SDK-HMAC-SHA256 realm="peering"`

// failure is the public part of an error.
type failure struct {
	code       peering.Code
	message    string
	violations []validate.Violation
}

// failureOf returns the public part of an error. Errors without a code are
// internal; their text is not public.
func failureOf(err error) failure {
	if e, ok := errors.AsType[*peering.Error](err); ok && e.Code != peering.Internal {
		if e.Field == "" {
			return failure{code: e.Code, message: e.Message}
		}
		violation := validate.Violation{In: validate.Body, Field: e.Field, Reason: e.Message}
		return failure{code: e.Code, message: violation.String(), violations: []validate.Violation{violation}}
	}
	if e, ok := errors.AsType[*validate.Error](err); ok {
		return failure{code: validationCode(e), message: e.Error(), violations: e.Violations}
	}
	if e, ok := errors.AsType[*echo.HTTPError](err); ok {
		switch e.Code {
		case http.StatusNotFound:
			return failure{code: noRoute, message: "No API exists at this path."}
		case http.StatusMethodNotAllowed:
			return failure{code: methodNotAllowed, message: "The API at this path does not support this method; see the Allow header."}
		case http.StatusBadRequest:
			return failure{code: peering.Invalid, message: "The request is malformed."}
		}
	}
	return failure{code: peering.Internal, message: "The request failed because of an internal error."}
}

func validationCode(e *validate.Error) peering.Code {
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

// errorHandler returns the handler that writes all errors of the API listener,
// in the format of the root that the path belongs to.
func errorHandler(now func() time.Time) echo.HTTPErrorHandler {
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
			_ = c.NoContent(status) // fails only if the client has disconnected
			return
		}
		text, _ := json.Marshal(body) //nolint:errchkjson // the body has only strings and numbers
		// Without a length net/http would send a long response chunked.
		c.Response().Header().Set(echo.HeaderContentLength, strconv.Itoa(len(text)))
		_ = c.JSONBlob(status, text) // fails only if the client has disconnected
	}
}

func (f failure) csBody(requestID string, now time.Time) (int, any) {
	e := csErrors[f.code]
	return e.status, gen.CSError{
		ErrorID:         e.id,
		ErrorName:       e.name,
		ErrorCause:      f.message,
		ErrorSuggestion: e.suggestion,
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

// violationsJSON returns the violations in the format of error_json_opt.
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
