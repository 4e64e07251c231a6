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
	// drain is how long requests in flight may take when the server stops.
	drain = 15 * time.Second
	// idle is how long a connection may wait for the next request.
	idle = 2 * time.Minute
	// maxHead is how many bytes the head of a request may have: its first line and its headers. A token of 64 KiB, which is
	// none of ours, fits in, so that it is answered as all bad credentials are.
	maxHead = 80 << 10
	// readAhead is what net/http adds to its MaxHeaderBytes.
	readAhead = 4 << 10
)

// httpServer is a server with the listener that it serves.
type httpServer struct {
	http.Server

	listener net.Listener
}

// servers answers the API's server and that of the operations endpoints.
func (f *networkFlags) servers(
	apiListener net.Listener, api http.Handler, adminListener net.Listener, operations http.Handler,
	metrics prometheus.Registerer, log *slog.Logger,
) ([]*httpServer, error) {
	var encryption *tls.Config
	if f.tls.used() {
		var err error
		if encryption, err = newTLS(f.tls, log); err != nil {
			return nil, err
		}
	}
	public, err := newConnections(apiListener, f.connections, "api", metrics)
	if err != nil {
		return nil, err
	}
	private, err := newConnections(adminListener, adminConnections, "operations", metrics)
	if err != nil {
		return nil, err
	}
	return []*httpServer{newHTTPServer(public, encryption, api, log), newHTTPServer(private, nil, operations, log)}, nil
}

// newHTTPServer answers a server that lets nobody be slow. It speaks HTTP/1.1 only, in which a connection is one request
// at a time: what is bounded by connections is bounded. With a TLS configuration it speaks it over TLS.
func newHTTPServer(l *connections, encryption *tls.Config, h http.Handler, log *slog.Logger) *httpServer {
	s := &httpServer{
		listener: l,
		Server: http.Server{
			Handler:           h,
			ReadHeaderTimeout: patience,
			ReadTimeout:       patience,
			IdleTimeout:       idle,
			MaxHeaderBytes:    maxHead - readAhead,
			ConnState:         l.follow,
			ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
			// OPTIONS * would be answered without what the handler puts on all answers.
			DisableGeneralOptionsHandler: true,
		},
	}
	if encryption != nil {
		s.listener = tls.NewListener(l, encryption)
	}
	return s
}

// serveHTTP serves until the end of ctx or the first failure, then finishes the requests in flight. It calls ready when
// all servers serve.
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
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	for _, s := range servers {
		if shutdownErr := s.Shutdown(stopping); shutdownErr != nil {
			err = errors.Join(err, fmt.Errorf("stop: requests were still running after %s: %w", drain, shutdownErr), s.Close())
		}
	}
	return err
}
