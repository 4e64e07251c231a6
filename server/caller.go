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

// Authenticate answers who sends a request, or an error of code Unauthenticated, TokenExpired or Unavailable. The project
// that the request names is for an Authenticate that asks for no credentials; that the caller may act for it is checked
// behind it. Where it reads the body it leaves one that can be read again, or answers ErrBodyTooLarge. What its errors say
// is shown or logged, so no credentials are in them.
type Authenticate func(r *http.Request, named peering.ID) (peering.Caller, error)

// ErrBodyTooLarge is for an Authenticate that has to read the body of a request, and finds more than the 64 KiB that a
// body may have.
var ErrBodyTooLarge = errors.New("the request body is too large")

// errUnidentified is a request that came past identify.
var errUnidentified = errors.New("the caller is not identified")

// caller is who calls, and under which URL he reached the server: links in answers have to lead back there.
type caller struct {
	project peering.ID
	// user, credentials, requestID and remote are for the log.
	user, credentials string
	requestID, remote string
	mayChange         bool
	url               url.URL
	// authorized is set by authorize.
	authorized bool
}

type callerKey struct{}

// identify finds out who calls an operation.
func identify(operation *validate.Operation, needs access, authenticate Authenticate) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r := c.Request()
			found, err := authenticate(r, needs.named(c))
			if err != nil {
				return refusalOf(operation, err)
			}
			if needs.naming == byHeader && !found.Project.Valid() {
				return peering.Errorf(peering.Unauthenticated,
					"The header X-Project-Id must name the caller's project by 32 hexadecimal digits or a UUID.")
			}
			who := &caller{
				project:     found.Project,
				user:        found.User,
				credentials: credentialsOf(r, found),
				requestID:   requestIDOf(c),
				remote:      c.RealIP(),
				mayChange:   found.MayChange(),
				url:         requestURL(r),
			}
			c.SetRequest(r.WithContext(context.WithValue(r.Context(), callerKey{}, who)))
			return next(c)
		}
	}
}

// refusalOf answers what a caller is told whose credentials could not be taken. A body that is too large to be looked at
// is a fault of its own only where the operation takes one.
func refusalOf(operation *validate.Operation, err error) error {
	if !errors.Is(err, ErrBodyTooLarge) {
		return err
	}
	if refusal := operation.TooLarge(); refusal != nil {
		return refusal
	}
	return &peering.Error{Code: peering.Unauthenticated, Message: "The request carries no valid credentials.", Err: err}
}

// credentialsOf tells by what the caller has shown who he is: none, a token or a signature.
func credentialsOf(r *http.Request, found peering.Caller) string {
	switch {
	case found.User == "":
		return "none"
	case r.Header.Get("X-Auth-Token") != "":
		return "token"
	default:
		return "signature"
	}
}

// requestURL answers the whole URL of a request as the caller wrote it.
func requestURL(r *http.Request) url.URL {
	u := *r.URL
	u.Scheme, u.Host = "http", r.Host
	if encrypted(r) {
		u.Scheme = "https"
	}
	return u
}

// callerIn answers the caller that identify found, nil before it did.
func callerIn(ctx context.Context) *caller {
	who, _ := ctx.Value(callerKey{}).(*caller)
	return who
}

// callerOf answers the caller that identify found; nobody before it did.
func callerOf(ctx context.Context) caller {
	if who := callerIn(ctx); who != nil {
		return *who
	}
	return caller{}
}
