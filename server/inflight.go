package server

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/peering/peering/internal/peering"
	"github.com/peering/peering/validate"
)

// maxBody is how many bytes the body of a request has at most.
const maxBody = 64 << 10

// lateBody is how long a connection stays open for a body that comes after its request was answered. Were it closed at
// once the client might lose the answer.
const lateBody = time.Second

// admit lets no more requests of a kind in at a time than its share has room for. While that is full, a request is refused
// before anything of it is read but its head. Waiting for the rest of a request takes no place in the share, and writing
// the answer none any more, so slow clients hold nobody up.
func (l *limits) admit(operation *validate.Operation) echo.MiddlewareFunc {
	s := l.shareOf(operation)
	busy := func(c echo.Context) error {
		leaveBody(c)
		return l.busy(s)
	}
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if s.full() {
				return busy(c)
			}
			if err := receiveBody(c.Request()); err != nil {
				return err
			}
			if !s.take() {
				return busy(c)
			}
			give := sync.OnceFunc(s.give)
			defer give()
			c.Response().Before(give)
			return next(c)
		}
	}
}

// busy refuses a request for which a share has no room.
func (l *limits) busy(s *share) error {
	return l.refuse(s.kind+"s", peering.Unavailable, "Too many requests are being carried out at a time. Nothing was changed.")
}

// shareOf answers the share that the requests of an operation belong to.
func (l *limits) shareOf(operation *validate.Operation) *share {
	if operation.Method == http.MethodGet {
		return l.reads
	}
	return l.writes
}

// leaveBody lets a request be answered whose body was not read. net/http would wait for the body before it writes the answer:
// here it is either there already, as that of most requests, or the connection ends with the answer.
func leaveBody(c echo.Context) {
	r := c.Request()
	if r.ContentLength == 0 || r.Header.Get("Expect") != "" {
		return
	}
	connection := http.NewResponseController(c.Response())
	if connection.SetReadDeadline(time.Unix(1, 0)) != nil {
		return // this is no connection
	}
	if n, err := io.Copy(io.Discard, io.LimitReader(r.Body, maxBody+1)); err != nil || n > maxBody {
		c.Response().Header().Set(echo.HeaderConnection, "close")
		_ = connection.SetReadDeadline(time.Now().Add(lateBody)) // as above
	}
}

// receiveBody waits for the body of a request, up to the size that is looked at, and leaves it in the request.
func receiveBody(r *http.Request) error {
	if r.ContentLength == 0 || r.ContentLength > maxBody {
		return nil
	}
	body := r.Body
	data, err := io.ReadAll(io.LimitReader(body, maxBody+1))
	if err != nil {
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
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(data), body), body}
	return nil
}
