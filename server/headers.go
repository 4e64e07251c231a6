package server

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
)

// secure puts headers on every answer that keep browsers from doing with it what an API is not for.
func secure(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set(echo.HeaderXContentTypeOptions, "nosniff")
		h.Set(echo.HeaderContentSecurityPolicy, "default-src 'none'; frame-ancestors 'none'")
		h.Set(echo.HeaderReferrerPolicy, "no-referrer")
		h.Set(echo.HeaderCacheControl, "no-store")
		if encrypted(c.Request()) {
			h.Set(echo.HeaderStrictTransportSecurity, "max-age=31536000")
		}
		return next(c)
	}
}

// preflightAge is how long a browser may remember what a page of another origin may send.
const preflightAge = 10 * time.Minute

// crossOrigin lets pages of these origins call the API from browsers, and answers what these ask before. Without origins
// it does nothing.
func crossOrigin(origins []string) echo.MiddlewareFunc {
	if len(origins) == 0 {
		return func(next echo.HandlerFunc) echo.HandlerFunc { return next }
	}
	allowed := map[string]bool{}
	for _, origin := range origins {
		allowed[origin] = true
	}
	return middleware.CORSWithConfig(middleware.CORSConfig{
		Skipper: func(c echo.Context) bool {
			h := c.Request().Header
			return c.Request().Method == http.MethodOptions &&
				(h.Get(echo.HeaderOrigin) == "" || h.Get(echo.HeaderAccessControlRequestMethod) == "")
		},
		// A list of origins would be read as patterns.
		AllowOriginFunc: func(origin string) (bool, error) { return allowed[origin], nil },
		AllowMethods:    []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete},
		AllowHeaders: []string{
			echo.HeaderContentType, echo.HeaderAuthorization, echo.HeaderXRequestID,
			"X-Auth-Token", "X-Project-Id", "X-Sdk-Date", "X-Security-Token", "Idempotency-Key",
		},
		ExposeHeaders: []string{echo.HeaderXRequestID, echo.HeaderRetryAfter, "RateLimit", "RateLimit-Policy", "Idempotency-Replayed"},
		MaxAge:        int(preflightAge.Seconds()),
	})
}
