// Package echovalidate validates requests in Echo v4, with the route that Echo found.
package echovalidate

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"
	"github.com/oapi-codegen/runtime"

	"github.com/peering/peering/validate"
)

// Middleware checks requests against one operation. It belongs on the routes of that operation and nowhere else. A
// refusal is answered as the *validate.Error that it is, for the server's HTTPErrorHandler to write.
func Middleware(operation *validate.Operation) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			err := operation.CheckWith(c.Request(), func(name string) (string, bool) { return pathParam(c, name) })
			if err != nil {
				return err
			}
			return next(c)
		}
	}
}

// Responses checks the responses of one operation, errors included; with nil it checks nothing. It belongs on the routes of
// that operation and stands before everything else that may answer there.
func Responses(operation *validate.Operation, responses *validate.Responses) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		if responses == nil {
			return next
		}
		return func(c echo.Context) error {
			response := c.Response()
			inner := response.Writer
			checked := responses.Writer(operation, c.Request(), inner)
			response.Writer = checked
			finished := false
			defer func() {
				response.Writer = inner
				if !finished && checked.Held() {
					response.Committed = false // whoever recovers from a panic can still answer
				}
			}()
			if err := next(c); err != nil {
				c.Error(err)
			}
			finished = true
			if _, wrong := errors.AsType[*validate.Error](checked.Finish()); wrong && checked.Held() {
				response.Status = http.StatusInternalServerError
			}
			return nil // OnViolation heard of it
		}
	}
}

// pathParam answers a parameter that Echo cut out of the path, unescaped: Echo leaves it as it was sent where the path
// holds an escape that is not plain.
func pathParam(c echo.Context, name string) (string, bool) {
	for i, known := range c.ParamNames() {
		if known != name {
			continue
		}
		value := c.ParamValues()[i]
		if c.Request().URL.RawPath != "" {
			if plain, err := url.PathUnescape(value); err == nil {
				value = plain
			}
		}
		return value, true
	}
	return "", false
}

// Binder decodes bodies that Middleware accepted faster than Echo's own, by validate.Bind. Members match the fields of
// a struct by their exact names only. Everything else it leaves to Echo's DefaultBinder. Handlers that oapi-codegen
// generates use it once it is the Binder of their Echo.
type Binder struct {
	echo.DefaultBinder
}

// Bind implements echo.Binder.
func (b *Binder) Bind(target any, c echo.Context) error {
	if validate.Bind(c.Request(), target) {
		return nil
	}
	if validated, ok := c.Request().Body.(interface{ ValidatedValue() any }); ok && runtime.BindJSONValue(validated.ValidatedValue(), target) == nil {
		return nil
	}
	return b.DefaultBinder.Bind(target, c)
}
