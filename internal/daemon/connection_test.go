package daemon_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/peering/peering/internal/daemon"
	"github.com/peering/peering/server/overload"
)

// serveThrottling serves requests over at most one connection, and throttles
// every connection for an hour.
func serveThrottling(t *testing.T) (server *http.Server, url string) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		overload.Throttle(r.Context(), time.Hour)
	})
	server, limited, err := daemon.NewLimitedServer(listener, 1, handler, prometheus.NewRegistry(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(limited) }()
	t.Cleanup(func() { _ = server.Close() })
	return server, "http://" + listener.Addr().String()
}

// getOverNewConnection sends a request over a new connection, which stays open.
func getOverNewConnection(t *testing.T, url string) {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // it was read
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Error(err)
	}
}

func TestConnectionLimitEvictsThrottledConnection(t *testing.T) {
	_, url := serveThrottling(t)
	for range 3 {
		getOverNewConnection(t, url)
	}
}

func TestShutdownClosesThrottledConnection(t *testing.T) {
	server, url := serveThrottling(t)
	getOverNewConnection(t, url)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		t.Error(err)
	}
}
