package server

import (
	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
)

// requestID puts X-Request-Id on every answer: the request's own where it is fit for a log, a new one otherwise.
func requestID(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		id := c.Request().Header.Get(echo.HeaderXRequestID)
		if !usable(id) {
			id = uuid.NewString()
		}
		c.Response().Header().Set(echo.HeaderXRequestID, id)
		return next(c)
	}
}

// requestIDOf answers the id that requestID has set.
func requestIDOf(c echo.Context) string {
	return c.Response().Header().Get(echo.HeaderXRequestID)
}

func usable(id string) bool {
	for _, r := range id {
		switch {
		case '0' <= r && r <= '9', 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', r == '_', r == '-', r == '.':
		default:
			return false
		}
	}
	return len(id) >= 1 && len(id) <= 64
}
