package e2e_test

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"sync"
	"testing"
)

// faultProxy forwards TCP connections to an address and can pause them.
type faultProxy struct {
	listener net.Listener
	target   string
	closed   chan struct{}

	mu sync.Mutex
	// running is closed while the proxy forwards.
	running chan struct{}
	paused  bool
}

// listenLoopback returns a listener on a free port. It closes with the test.
func listenLoopback(t *testing.T) net.Listener {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// startFaultProxy starts a proxy to an address. It ends with the test.
func startFaultProxy(t *testing.T, target string) *faultProxy {
	t.Helper()
	p := &faultProxy{
		listener: listenLoopback(t), target: target, closed: make(chan struct{}), running: make(chan struct{}),
	}
	close(p.running)
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := p.listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { p.serve(t.Context(), conn) })
		}
	})
	t.Cleanup(func() {
		_ = p.listener.Close()
		close(p.closed)
		serving.Wait()
	})
	return p
}

// address returns the address at which the proxy listens.
func (p *faultProxy) address() string { return p.listener.Addr().String() }

// pause stops forwarding until resume. No data is lost: it arrives after resume
// unless the connection ends first. A pause models a network that is down;
// bytes lost from the middle of a TCP connection would be a fault that no
// network has.
func (p *faultProxy) pause() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.paused {
		p.paused, p.running = true, make(chan struct{})
	}
}

func (p *faultProxy) resume() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.paused {
		p.paused = false
		close(p.running)
	}
}

// waitRunning waits while the proxy is paused. It returns false if the proxy
// was closed.
func (p *faultProxy) waitRunning() bool {
	p.mu.Lock()
	running := p.running
	p.mu.Unlock()
	select {
	case <-running:
		return true
	case <-p.closed:
		return false
	}
}

func (p *faultProxy) serve(ctx context.Context, from net.Conn) {
	defer from.Close() //nolint:errcheck // errors of a broken connection are expected
	to, err := (&net.Dialer{}).DialContext(ctx, "tcp", p.target)
	if err != nil {
		return // the member is down
	}
	defer to.Close() //nolint:errcheck // as above
	ended := make(chan struct{}, 2)
	var copying sync.WaitGroup
	for _, pair := range [][2]net.Conn{{from, to}, {to, from}} {
		copying.Go(func() {
			p.forward(pair[1], pair[0])
			ended <- struct{}{}
		})
	}
	select {
	case <-ended:
	case <-p.closed:
	}
	_, _ = from.Close(), to.Close()
	copying.Wait()
}

// forward copies data until the connection ends or the proxy closes.
func (p *faultProxy) forward(to, from net.Conn) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if !p.waitRunning() {
			return
		}
		if _, writeErr := to.Write(buffer[:n]); err != nil || writeErr != nil {
			return
		}
	}
}

// serveForwardProxy serves an HTTP proxy that sends the requests for a host to
// the address of that host.
func serveForwardProxy(t *testing.T, l net.Listener, addresses map[string]string) {
	t.Helper()
	server := &http.Server{
		Handler: &httputil.ReverseProxy{
			Rewrite: func(r *httputil.ProxyRequest) {
				r.Out.URL.Scheme, r.Out.URL.Host = "http", addresses[r.In.URL.Host]
			},
			FlushInterval: -1,
			Transport:     &http.Transport{DisableKeepAlives: true},
			ErrorLog:      log.New(io.Discard, "", 0),
		},
		ErrorLog: log.New(io.Discard, "", 0),
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(l) // always returns an error
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-served
	})
}
