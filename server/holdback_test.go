package server

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/labstack/echo/v4"
)

func TestFloodsAreHeldBack(t *testing.T) {
	proxies := []net.IPNet{{IP: net.IPv4(192, 0, 2, 0), Mask: net.CIDRMask(24, 32)}}
	for _, tt := range []struct {
		name   string
		remote string
		status int
		leaves time.Duration
		// from and to bound how long it is held back.
		from, to time.Duration
	}{
		{"too many requests", "198.51.100.7:1", http.StatusTooManyRequests, time.Hour, holdBack, 2 * holdBack},
		{"a client that leaves", "198.51.100.7:1", http.StatusTooManyRequests, holdBack / 2, holdBack / 2, holdBack / 2},
		{"too many requests from a trusted proxy", "192.0.2.7:1", http.StatusTooManyRequests, time.Hour, 0, 0},
		{"no room", "198.51.100.7:1", http.StatusServiceUnavailable, time.Hour, 0, 0},
		{"done", "198.51.100.7:1", http.StatusOK, time.Hour, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), tt.leaves)
				defer cancel()
				r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/", http.NoBody)
				r.RemoteAddr = tt.remote
				w := httptest.NewRecorder()
				began := time.Now()
				err := holdBackFloods(proxies)(func(c echo.Context) error { return c.NoContent(tt.status) })(echo.New().NewContext(r, w))
				if took := time.Since(began); err != nil || took < tt.from || took > tt.to {
					t.Errorf("held back for %v with %v, want %v to %v", took, err, tt.from, tt.to)
				}
				if w.Flushed != (tt.from > 0) {
					t.Errorf("the answer was sent before: %v", w.Flushed)
				}
			})
		})
	}
}
