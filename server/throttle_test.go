package server_test

import (
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/peering/peering/internal/peering"
	"github.com/peering/peering/server"
	"github.com/peering/peering/server/overload"
)

// throttler records the delay of a connection.
type throttler struct{ delay time.Duration }

func (t *throttler) Throttle(d time.Duration) { t.delay = d }

func TestConnectionIsThrottledAfter429(t *testing.T) {
	for _, tt := range []struct {
		name          string
		client        string
		requests      int
		status        int
		minimum       time.Duration
		authenticator server.Authenticator
	}{
		{"request within the rate", "198.51.100.7:1", 1, http.StatusBadRequest, 0, trusting},
		{"request over the rate", "198.51.100.7:1", 2, http.StatusTooManyRequests, time.Second, trusting},
		{"request over the rate through a trusted proxy", "192.0.2.7:1", 2, http.StatusTooManyRequests, 0, trusting},
		{
			"too many failed authentications", "198.51.100.7:1", 2, http.StatusTooManyRequests, time.Second,
			refuse(peering.Errorf(peering.Unauthenticated, "no")),
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			handler, err := server.New(server.Config{
				Peerings:       peering.NewService(nil, peering.DefaultRules(), time.Now, func() peering.ID { return "" }),
				Authenticator:  tt.authenticator,
				Log:            slog.New(slog.DiscardHandler),
				Now:            time.Now,
				Limits:         server.Limits{Rate: 0.001, Burst: 1},
				TrustedProxies: []net.IPNet{{IP: net.IPv4(192, 0, 2, 0), Mask: net.CIDRMask(24, 32)}},
			})
			if err != nil {
				t.Fatal(err)
			}
			var last throttler
			var status int
			for range tt.requests {
				last = throttler{}
				r := httptest.NewRequestWithContext(overload.WithThrottler(t.Context(), &last), http.MethodGet, "/v2.0/vpc/peerings?limit=x", http.NoBody)
				r.RemoteAddr = tt.client
				r.Header.Set("X-Project-Id", ownProject)
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				status = w.Code
			}
			if status != tt.status || last.delay < tt.minimum || last.delay > 2*tt.minimum {
				t.Errorf("got status %d and delay %v, want %d and %v to %v", status, last.delay, tt.status, tt.minimum, 2*tt.minimum)
			}
		})
	}
}
