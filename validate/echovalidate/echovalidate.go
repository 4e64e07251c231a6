// Package echovalidate validates requests in Echo v4, with the route that Echo found.
package echovalidate

import (
	"net/url"

	"github.com/labstack/echo/v4"

	"github.com/peering/peering/validate"
)

// Middleware checks requests against one operation. It belongs on the routes of that operation and nowhere else. A
// refusal is answered as the *validate.Error that it is, for the server's HTTPErrorHandler to write.
func Middleware(operation *validate.Operation) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if err := operation.Check(c.Request(), pathParams(c)); err != nil {
				return err
			}
			return next(c)
		}
	}
}

// pathParams answers the parameters that Echo cut out of the path, unescaped: Echo leaves them as they were sent where
// the path holds an escape that is not plain.
func pathParams(c echo.Context) map[string]string {
	params := make(map[string]string, len(c.ParamNames()))
	for i, name := range c.ParamNames() {
		value := c.ParamValues()[i]
		if c.Request().URL.RawPath != "" {
			if plain, err := url.PathUnescape(value); err == nil {
				value = plain
			}
		}
		params[name] = value
	}
	return params
}
