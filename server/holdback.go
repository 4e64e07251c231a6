package server

import (
	"math/rand/v2"
	"net"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// holdBack is for how long nothing more is read from a connection after an answer of status 429: as long as Retry-After
// says at least, and up to twice that by chance. A client that keeps to it does not notice; one that sends on can't keep
// the server busy with refusals, and what it sends on many connections does not come all at once.
const holdBack = time.Second

// holdBackFloods lets the connections of clients that send too much wait. Those of trusted proxies, over which others
// send, too, do not. Errors have to be written by what follows it.
func holdBackFloods(proxies []net.IPNet) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			direct := !fromProxy(c.Request(), proxies)
			err := next(c)
			if direct && c.Response().Status == http.StatusTooManyRequests && http.NewResponseController(c.Response()).Flush() == nil {
				over := time.NewTimer(holdBack + rand.N(holdBack)) //nolint:gosec // nobody gains by guessing it
				defer over.Stop()
				select {
				case <-over.C:
				case <-c.Request().Context().Done(): // the client has gone
				}
			}
			return err
		}
	}
}
