package server

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/peering/peering/internal/httpbody"
	"github.com/peering/peering/internal/peering"
	"github.com/peering/peering/validate"
)

const (
	// maxURI is the maximum length of a request URI in bytes.
	maxURI = 8 << 10
	// maxBody is the maximum size of a request body in bytes.
	maxBody = 64 << 10
	// lingerTimeout is how long a connection stays open for the rest of a body
	// after the response. If it closed at once the client might lose the
	// response.
	lingerTimeout = time.Second
)

// requestID sets X-Request-Id on every response, to the request's own id if it
// is safe to log and to a new one otherwise.
func requestID(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		id := c.Request().Header.Get(echo.HeaderXRequestID)
		if !validRequestID(id) {
			id = uuid.NewString()
		}
		c.Response().Header().Set(echo.HeaderXRequestID, id)
		return next(c)
	}
}

// requestIDOf returns the id that requestID has set.
func requestIDOf(c echo.Context) string {
	return c.Response().Header().Get(echo.HeaderXRequestID)
}

func validRequestID(id string) bool {
	for _, r := range id {
		switch {
		case '0' <= r && r <= '9', 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', r == '_', r == '-', r == '.':
		default:
			return false
		}
	}
	return len(id) >= 1 && len(id) <= 64
}

// limitURI rejects requests whose URI is longer than maxURI.
func limitURI(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if len(c.Request().RequestURI) > maxURI {
			return peering.Errorf(uriTooLong, "The URI has more than %d bytes.", maxURI)
		}
		return next(c)
	}
}

// receiveBody waits for the body of a request and keeps it in memory for the
// handlers that follow. It leaves one over maxBody for them to report.
func receiveBody(r *http.Request) error {
	_, err := httpbody.Read(r, maxBody)
	if err == nil {
		return nil
	}
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil
	}
	reason := "did not arrive whole"
	if errors.Is(err, os.ErrDeadlineExceeded) {
		reason = "did not arrive in time"
	}
	return &validate.Error{
		Kind:       validate.Invalid,
		Violations: []validate.Violation{{In: validate.Body, Keyword: "read", Reason: reason}},
		Err:        err,
	}
}

// discardBody prepares a response to a request whose body was not read.
// net/http would wait for the body before it writes the response. Instead, a
// body that has arrived already, as most have, is discarded; otherwise the
// response closes the connection.
func discardBody(c echo.Context) {
	r := c.Request()
	if r.ContentLength == 0 || r.Header.Get("Expect") != "" {
		return
	}
	connection := http.NewResponseController(c.Response())
	if connection.SetReadDeadline(time.Unix(1, 0)) != nil {
		return // not a network connection
	}
	if n, err := io.Copy(io.Discard, io.LimitReader(r.Body, maxBody+1)); err != nil || n > maxBody {
		c.Response().Header().Set(echo.HeaderConnection, "close")
		_ = connection.SetReadDeadline(time.Now().Add(lingerTimeout)) // the connection accepted a deadline before
	}
}
