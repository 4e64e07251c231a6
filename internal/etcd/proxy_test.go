package etcd_test

import (
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

// anyPort is a URL to listen on. The system chooses the port.
var anyPort = url.URL{Scheme: "http", Host: "127.0.0.1:0"}

// A proxy forwards TCP connections from an address that stays the same to a
// target that can change. It closes connections while the target is not
// reachable.
type proxy struct {
	listener net.Listener
	target   atomic.Value // of type string
}

// newProxy starts a proxy without a target. It stops at the end of the test.
func newProxy(t *testing.T) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", anyPort.Host) //nolint:noctx // it does not block
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l}
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
		running.Wait()
	})
	return p
}

func (p *proxy) url() *url.URL {
	return &url.URL{Scheme: "http", Host: p.listener.Addr().String()}
}

func (p *proxy) setTarget(addr net.Addr) {
	p.target.Store(addr.String())
}

// forward copies in both directions until either side closes its connection.
func (p *proxy) forward(conn net.Conn) {
	defer conn.Close() //nolint:errcheck // an error ends the connection as well
	target, _ := p.target.Load().(string)
	upstream, err := net.Dial("tcp", target) //nolint:noctx // it does not block on this host
	if err != nil {
		return
	}
	var copying sync.WaitGroup
	copying.Go(func() {
		_, _ = io.Copy(upstream, conn)
		_ = upstream.Close()
	})
	_, _ = io.Copy(conn, upstream)
	_ = conn.Close()
	copying.Wait()
	_ = upstream.Close()
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
