package daemon

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	// drainTimeout bounds how long requests in flight may take at shutdown.
	drainTimeout = 15 * time.Second
	// idleTimeout is how long a connection may wait for the next request.
	idleTimeout = 2 * time.Minute
	// maxHeaderBytes bounds the request line and the headers of a request. A
	// token of 64 KiB fits, so that it is refused like other invalid tokens.
	maxHeaderBytes = 80 << 10
	// headerSlop is what net/http adds to Server.MaxHeaderBytes.
	headerSlop = 4 << 10
)

// httpServer is a server and its listener.
type httpServer struct {
	http.Server

	listener net.Listener
}

// servers returns the servers of the API and of the admin endpoints.
func (f *networkFlags) servers(
	l listeners, api, admin http.Handler, metrics prometheus.Registerer, log *slog.Logger,
) ([]*httpServer, error) {
	var tlsConfig *tls.Config
	if f.tls.enabled() {
		var err error
		if tlsConfig, err = newTLS(f.tls, log); err != nil {
			return nil, err
		}
	}
	public, err := newConnections(l.api, f.connections, "api", metrics)
	if err != nil {
		return nil, err
	}
	private, err := newConnections(l.admin, adminConnections, "admin", metrics)
	if err != nil {
		return nil, err
	}
	return []*httpServer{newHTTPServer(public, tlsConfig, api, log), newHTTPServer(private, nil, admin, log)}, nil
}

// newHTTPServer returns a server that closes slow clients. It serves HTTP/1.1
// only, where the connection limit also bounds the concurrent requests.
func newHTTPServer(l *connections, tlsConfig *tls.Config, h http.Handler, log *slog.Logger) *httpServer {
	s := &httpServer{
		listener: l,
		Server: http.Server{
			Handler:           h,
			ReadHeaderTimeout: patience,
			ReadTimeout:       patience,
			IdleTimeout:       idleTimeout,
			MaxHeaderBytes:    maxHeaderBytes - headerSlop,
			ConnState:         l.connState,
			ConnContext:       connContext,
			ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
			// net/http would respond to OPTIONS * without the security headers.
			DisableGeneralOptionsHandler: true,
		},
	}
	if tlsConfig != nil {
		s.listener = tls.NewListener(l, tlsConfig)
	}
	return s
}

// serveHTTP serves until ctx ends or a server fails, then drains the requests in
// flight. It calls ready when all servers have started.
func serveHTTP(ctx context.Context, servers []*httpServer, ready func() error) error {
	failed := make(chan error, len(servers))
	for _, s := range servers {
		go func() { failed <- s.Serve(s.listener) }()
	}
	err := ready()
	if err == nil {
		select {
		case <-ctx.Done():
		case err = <-failed:
		}
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	for _, s := range servers {
		if shutdownErr := s.Shutdown(stopping); shutdownErr != nil {
			err = errors.Join(err, fmt.Errorf("shut down: requests were still in flight after %s: %w", drainTimeout, shutdownErr), s.Close())
		}
	}
	return err
}
