package daemon

import (
	"container/list"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/peering/peering/server/overload"
)

const (
	// patience is the longest time that a client may take to send the headers of
	// a request, to send headers and body, to complete a TLS handshake, and to
	// read each chunk of a response.
	patience = 4 * time.Second
	// chunk is the number of response bytes that a client must read within
	// patience. The kernel buffers up to twice as many.
	chunk = 64 << 10
)

// connections is a listener that limits the number of open connections. A
// connection over the limit replaces the one that has been idle for longest,
// before its first or its next request. If no connection is idle it waits
// until one is.
type connections struct {
	net.Listener

	limit         int
	evicted, slow prometheus.Counter

	mu      sync.Mutex
	changed sync.Cond
	open    int
	idle    list.List // of *connection, the longest idle first
	closed  bool
}

// newConnections returns a listener that accepts up to limit connections from
// l. Name is the label listener of its metrics.
func newConnections(l net.Listener, limit int, name string, metrics prometheus.Registerer) (*connections, error) {
	labels := prometheus.Labels{"listener": name}
	c := &connections{
		Listener: l,
		limit:    limit,
		evicted: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "peering_connections_evicted_total", ConstLabels: labels,
			Help: "Idle connections closed because of the connection limit.",
		}),
		slow: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "peering_connections_slow_total", ConstLabels: labels,
			Help: "Connections closed because the client read a response too slowly.",
		}),
	}
	c.changed.L = &c.mu
	open := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "peering_connections_open", ConstLabels: labels,
		Help: "Open connections.",
	}, func() float64 { return float64(c.count()) })
	return c, errors.Join(metrics.Register(c.evicted), metrics.Register(c.slow), metrics.Register(open))
}

func (l *connections) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open
}

// Accept returns the next connection as soon as the limit allows it.
func (l *connections) Accept() (net.Conn, error) {
	accepted, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	tcp, ok := accepted.(*net.TCPConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("%T is not a TCP connection", accepted), accepted.Close())
	}
	if !l.acquire() {
		return nil, errors.Join(net.ErrClosed, tcp.Close())
	}
	_ = tcp.SetWriteBuffer(chunk) // without it the kernel buffers more, which is harmless
	return &connection{Conn: tcp, tcp: tcp, listener: l, closing: make(chan struct{})}, nil
}

// acquire counts a new connection. If the limit is reached it closes an idle
// connection or waits. It returns false if the listener is closed.
func (l *connections) acquire() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.open >= l.limit && !l.closed {
		longest := l.idle.Front()
		if longest == nil {
			l.changed.Wait()
			continue
		}
		c, _ := l.idle.Remove(longest).(*connection)
		c.element = nil
		l.evicted.Inc()
		l.mu.Unlock()
		_ = c.Close() // the connection is idle, so no data is lost
		l.mu.Lock()
	}
	if l.closed {
		return false
	}
	l.open++
	return true
}

// Close stops accepting connections.
func (l *connections) Close() error {
	l.mu.Lock()
	l.closed = true
	l.changed.Broadcast()
	l.mu.Unlock()
	return l.Listener.Close()
}

// connState tracks which connections are idle. It is the server's ConnState.
func (l *connections) connState(conn net.Conn, state http.ConnState) {
	c, ok := underlying(conn)
	if !ok {
		return
	}
	l.mu.Lock()
	if c.element != nil {
		l.idle.Remove(c.element)
		c.element = nil
	}
	if state == http.StateNew || state == http.StateIdle {
		c.element = l.idle.PushBack(c)
		l.changed.Signal()
	}
	l.mu.Unlock()
	if state == http.StateIdle {
		c.throttle() // the server waits for this hook before it reads the next request
	}
}

// connContext lets handlers throttle their connection. It is the server's
// ConnContext.
func connContext(ctx context.Context, conn net.Conn) context.Context {
	if c, ok := underlying(conn); ok {
		return overload.WithThrottler(ctx, c)
	}
	return ctx
}

// underlying returns the connection of the listener below conn.
func underlying(conn net.Conn) (*connection, bool) {
	if encrypted, ok := conn.(*tls.Conn); ok {
		conn = encrypted.NetConn()
	}
	c, ok := conn.(*connection)
	return c, ok
}

// connection closes if the client does not read every chunk of a response in
// time. A deadline for the whole response would either keep slow clients too
// long or cut off a long list that the client reads as fast as it can.
type connection struct {
	net.Conn

	tcp      *net.TCPConn
	listener *connections
	element  *list.Element // in listener.idle, guarded by listener.mu
	failed   atomic.Bool
	delay    atomic.Int64  // set by Throttle, a time.Duration
	closing  chan struct{} // closed by Close
	once     sync.Once
}

// Throttle implements overload.Throttler.
func (c *connection) Throttle(d time.Duration) {
	c.delay.Store(int64(d))
}

// throttle waits for the delay set by Throttle. During the wait the connection
// is idle, so the connection limit and a shutdown may close it.
func (c *connection) throttle() {
	d := time.Duration(c.delay.Swap(0))
	if d == 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.closing:
	}
}

// Write writes all of p. After an error it writes nothing more.
func (c *connection) Write(p []byte) (int, error) {
	written := 0
	for len(p) > written && !c.failed.Load() {
		if err := c.SetWriteDeadline(time.Now().Add(patience)); err != nil {
			return written, err
		}
		n, err := c.Conn.Write(p[written:min(written+chunk, len(p))])
		written += n
		if err != nil {
			c.failed.Store(true)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				c.listener.slow.Inc()
				_ = c.tcp.SetLinger(0) // otherwise the kernel would keep sending its buffer
			}
			return written, err
		}
	}
	if len(p) > written {
		return written, net.ErrClosed
	}
	return written, nil
}

// CloseWrite shuts down the writing side of the connection.
func (c *connection) CloseWrite() error {
	return c.tcp.CloseWrite()
}

// Close closes the connection and frees its place under the limit.
func (c *connection) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() {
		close(c.closing)
		c.listener.mu.Lock()
		defer c.listener.mu.Unlock()
		c.listener.open--
		c.listener.changed.Signal()
	})
	return err
}
