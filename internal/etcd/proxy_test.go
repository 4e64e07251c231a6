package etcd_test

import (
	"io"
	"net"
	"net/url"
	"sync"
	"syscall"
	"testing"
)

// anyPort is a URL to listen on. The system chooses the port.
var anyPort = url.URL{Scheme: "http", Host: "127.0.0.1:0"}

// A proxy forwards TCP connections from an address that stays the same to a
// target that can change.
type proxy struct {
	listener net.Listener

	mu     sync.Mutex
	target string // empty for none
	// conns are the open connections, in pairs.
	conns map[net.Conn]bool
}

// newProxy starts a proxy without a target. It stops at the end of the test.
func newProxy(t *testing.T) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", anyPort.Host) //nolint:noctx // it does not block
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l, conns: map[net.Conn]bool{}}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { p.forward(conn) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.setTarget("")
		running.Wait()
	})
	return p
}

func (p *proxy) url() *url.URL {
	return &url.URL{Scheme: "http", Host: p.listener.Addr().String()}
}

// setTarget sets the target of new connections and closes the open ones. Without
// a target, new connections are closed as well.
func (p *proxy) setTarget(target string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = target
	for conn := range p.conns {
		_ = conn.Close()
	}
}

// connect connects to the target.
func (p *proxy) connect(conn net.Conn) (upstream net.Conn, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.target == "" {
		return nil, false
	}
	upstream, err := net.Dial("tcp", p.target) //nolint:noctx // it does not block on this host
	if err != nil {
		return nil, false
	}
	p.conns[conn], p.conns[upstream] = true, true
	return upstream, true
}

func (p *proxy) disconnect(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range conns {
		_ = conn.Close()
		delete(p.conns, conn)
	}
}

// forward copies in both directions until either side closes its connection.
func (p *proxy) forward(conn net.Conn) {
	upstream, ok := p.connect(conn)
	if !ok {
		_ = conn.Close()
		return
	}
	var copying sync.WaitGroup
	copying.Go(func() {
		_, _ = io.Copy(upstream, conn)
		p.disconnect(conn, upstream)
	})
	_, _ = io.Copy(conn, upstream)
	p.disconnect(conn, upstream)
	copying.Wait()
}

// closedEndpoint returns an endpoint that refuses connections. Its port is
// reserved until the end of the test.
func closedEndpoint(t *testing.T) string {
	t.Helper()
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(socket) })
	// The socket is bound, but does not listen.
	if err := syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	addr, err := syscall.Getsockname(socket)
	if err != nil {
		t.Fatal(err)
	}
	bound := net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: addr.(*syscall.SockaddrInet4).Port}
	return "http://" + bound.String()
}
