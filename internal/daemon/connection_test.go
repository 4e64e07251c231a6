package daemon_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptrace"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/peering/peering/internal/daemon"
	"github.com/peering/peering/server/overload"
)

// serve serves requests over at most limit connections. It calls idle, if not
// nil, whenever a connection has become idle.
func serve(t *testing.T, limit int, handler http.HandlerFunc, idle func()) (server *http.Server, url string) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server, limited, err := daemon.NewLimitedServer(listener, limit, handler, prometheus.NewRegistry(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if idle != nil {
		connState := server.ConnState
		server.ConnState = func(c net.Conn, state http.ConnState) {
			connState(c, state)
			if state == http.StateIdle {
				idle()
			}
		}
	}
	go func() { _ = server.Serve(limited) }()
	t.Cleanup(func() { _ = server.Close() })
	return server, "http://" + listener.Addr().String()
}

// throttleForAnHour is a handler.
func throttleForAnHour(_ http.ResponseWriter, r *http.Request) {
	overload.Throttle(r.Context(), time.Hour)
}

// newTransport returns a transport that keeps one connection of its own open.
func newTransport(t *testing.T) *http.Transport {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

// send sends a request and reports whether it used an existing connection.
func send(t *testing.T, transport *http.Transport, url string) (reused bool) {
	t.Helper()
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { reused = info.Reused },
	})
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
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
	return reused
}

func TestConnectionLimitEvictsLongestIdleConnection(t *testing.T) {
	idle := make(chan struct{}, 10)
	_, url := serve(t, 2, func(http.ResponseWriter, *http.Request) {}, func() { idle <- struct{}{} })
	first, second, third := newTransport(t), newTransport(t), newTransport(t)
	for _, transport := range []*http.Transport{first, second, third} {
		send(t, transport, url)
		<-idle
	}
	if !send(t, second, url) {
		t.Error("the second connection was closed")
	}
	<-idle
	if !send(t, third, url) {
		t.Error("the third connection was closed")
	}
	<-idle
	if send(t, first, url) {
		t.Error("the first connection was not closed")
	}
}

func TestConnectionLimitEvictsThrottledConnection(t *testing.T) {
	_, url := serve(t, 1, throttleForAnHour, nil)
	for range 3 {
		send(t, newTransport(t), url)
	}
}

func TestShutdownClosesThrottledConnection(t *testing.T) {
	server, url := serve(t, 1, throttleForAnHour, nil)
	send(t, newTransport(t), url)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		t.Error(err)
	}
}
