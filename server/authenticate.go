package server

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"github.com/peering/peering/internal/peering"
	"github.com/peering/peering/validate"
)

// Authenticator identifies the caller of a request. Implementations must be
// safe for concurrent use.
type Authenticator interface {
	// Authenticate returns the caller of r. Project is the project that the
	// request names in its path or in X-Project-Id, possibly empty; whether the
	// caller may act for it is checked later. Errors are of type *peering.Error
	// with code Unauthenticated, TokenExpired, Forbidden or Unavailable, or
	// wrap *http.MaxBytesError if the body is too large to verify its signature.
	// Errors are shown or logged, so they must not contain credentials. An
	// implementation that reads r.Body must leave it readable.
	Authenticate(r *http.Request, project peering.ID) (peering.Caller, error)
}

// errNotAuthenticated reports a route that lacks the authenticate middleware.
var errNotAuthenticated = errors.New("the request was not authenticated")

// caller describes who sent a request.
type caller struct {
	project peering.ID
	// user, credentials, requestID and remote are for the log.
	user, credentials string
	requestID, remote string
	mayWrite          bool
	// url is the URL that the caller used. Links in responses are based on it.
	url url.URL
	// authorized is set by authorize.
	authorized bool
}

type callerKey struct{}

// authenticate identifies the caller and stores it in the request's context.
func authenticate(operation *validate.Operation, rule accessRule, authenticator Authenticator) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r := c.Request()
			found, err := authenticator.Authenticate(r, rule.requestedProject(c))
			if err != nil {
				return authenticationError(operation, err)
			}
			if rule.source == projectInHeader && !found.Project.Valid() {
				return peering.Errorf(peering.Unauthenticated,
					"The header X-Project-Id must contain the caller's project ID: 32 hexadecimal digits or a UUID.")
			}
			who := &caller{
				project:     found.Project,
				user:        found.User,
				credentials: credentialType(r, found),
				requestID:   requestIDOf(c),
				remote:      c.RealIP(),
				mayWrite:    found.CanWrite(),
				url:         requestURL(r),
			}
			c.SetRequest(r.WithContext(context.WithValue(r.Context(), callerKey{}, who)))
			return next(c)
		}
	}
}

// authenticationError returns the error to report for a failed authentication.
// A body too large to verify is reported as such only if the operation accepts
// a body.
func authenticationError(operation *validate.Operation, err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); !ok {
		return err
	}
	if tooLarge := operation.TooLarge(); tooLarge != nil {
		return tooLarge
	}
	return &peering.Error{Code: peering.Unauthenticated, Message: "The request carries no valid credentials.", Err: err}
}

// credentialType returns the type of the caller's credentials for the log:
// none, token or signature.
func credentialType(r *http.Request, found peering.Caller) string {
	switch {
	case found.User == "":
		return "none"
	case r.Header.Get("X-Auth-Token") != "":
		return "token"
	default:
		return "signature"
	}
}

// requestURL returns the absolute URL that the caller requested.
func requestURL(r *http.Request) url.URL {
	u := *r.URL
	u.Scheme, u.Host = "http", r.Host
	if encrypted(r) {
		u.Scheme = "https"
	}
	return u
}

// callerIn returns the caller stored by authenticate, or nil.
func callerIn(ctx context.Context) *caller {
	who, _ := ctx.Value(callerKey{}).(*caller)
	return who
}

// callerOf returns the caller stored by authenticate, or the zero caller.
func callerOf(ctx context.Context) caller {
	if who := callerIn(ctx); who != nil {
		return *who
	}
	return caller{}
}
