package server

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
)

// securityHeaders sets headers that stop browsers from rendering, caching or
// sniffing responses.
func securityHeaders(next echo.HandlerFunc) echo.HandlerFunc {
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

// preflightMaxAge is how long a browser may cache a preflight response.
const preflightMaxAge = 10 * time.Minute

// cors allows pages of the given origins to call the API from browsers. Without
// origins it does nothing.
func cors(origins []string) echo.MiddlewareFunc {
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
		// AllowOrigins would interpret the origins as patterns.
		AllowOriginFunc: func(origin string) (bool, error) { return allowed[origin], nil },
		AllowMethods:    []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete},
		AllowHeaders: []string{
			echo.HeaderContentType, echo.HeaderAuthorization, echo.HeaderXRequestID,
			"X-Auth-Token", "X-Project-Id", "X-Sdk-Date", "X-Security-Token", "Idempotency-Key",
		},
		ExposeHeaders: []string{echo.HeaderXRequestID, echo.HeaderRetryAfter, "RateLimit", "RateLimit-Policy", "Idempotency-Replayed"},
		MaxAge:        int(preflightMaxAge.Seconds()),
	})
}
