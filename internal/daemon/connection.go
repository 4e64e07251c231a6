package daemon

import (
	"container/list"
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
)

const (
	// patience is how long a client may take for the head of a request, for its head and body, for a TLS handshake, and
	// for each chunk of an answer.
	patience = 4 * time.Second
	// chunk is how many bytes of an answer a client has to take within patience. As many may lie in the kernel, twice.
	chunk = 64 << 10
)

// connections is a listener that holds no more than most connections open at a time, and one that waits. A new one takes
// the place of the one that has been waiting for a request for longest, be it for the first or for the next. Where all
// are busy it waits until one is not.
type connections struct {
	net.Listener

	most          int
	evicted, slow prometheus.Counter

	mu      sync.Mutex
	changed sync.Cond
	open    int
	waiting list.List // of *connection, the one that has been waiting for longest in front
	closed  bool
}

// newConnections bounds a listener, which the metrics call by the name.
func newConnections(l net.Listener, most int, name string, metrics prometheus.Registerer) (*connections, error) {
	labels := prometheus.Labels{"listener": name}
	c := &connections{
		Listener: l,
		most:     most,
		evicted: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "peering_connections_evicted_total", ConstLabels: labels,
			Help: "Connections that were closed while they waited for a request, to make room for others.",
		}),
		slow: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "peering_connections_slow_total", ConstLabels: labels,
			Help: "Connections that were closed because the client did not take its answer in time.",
		}),
	}
	c.changed.L = &c.mu
	open := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "peering_connections_open", ConstLabels: labels,
		Help: "Connections that are open.",
	}, func() float64 { return float64(c.count()) })
	return c, errors.Join(metrics.Register(c.evicted), metrics.Register(c.slow), metrics.Register(open))
}

func (l *connections) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open
}

// Accept answers the next connection when there is room for it.
func (l *connections) Accept() (net.Conn, error) {
	accepted, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	tcp, ok := accepted.(*net.TCPConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("%T is no TCP connection", accepted), accepted.Close())
	}
	if !l.makeRoom() {
		return nil, errors.Join(net.ErrClosed, tcp.Close())
	}
	_ = tcp.SetWriteBuffer(chunk) // what the kernel takes at once is then a bit more; nothing breaks by it
	return &connection{Conn: tcp, tcp: tcp, of: l}, nil
}

// makeRoom waits until there is room for one connection more, and counts it. It answers false where the listener was
// closed meanwhile.
func (l *connections) makeRoom() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.open >= l.most && !l.closed {
		longest := l.waiting.Front()
		if longest == nil {
			l.changed.Wait()
			continue
		}
		c, _ := l.waiting.Remove(longest).(*connection)
		c.place = nil
		l.evicted.Inc()
		l.mu.Unlock()
		_ = c.Close() // nobody waits for what it says
		l.mu.Lock()
	}
	if l.closed {
		return false
	}
	l.open++
	return true
}

// Close stops accepting.
func (l *connections) Close() error {
	l.mu.Lock()
	l.closed = true
	l.changed.Broadcast()
	l.mu.Unlock()
	return l.Listener.Close()
}

// follow is the ConnState hook of the server: it knows from it which connections wait for a request.
func (l *connections) follow(conn net.Conn, state http.ConnState) {
	if encrypted, ok := conn.(*tls.Conn); ok {
		conn = encrypted.NetConn()
	}
	c, ok := conn.(*connection)
	if !ok {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if c.place != nil {
		l.waiting.Remove(c.place)
		c.place = nil
	}
	if state == http.StateNew || state == http.StateIdle {
		c.place = l.waiting.PushBack(c)
		l.changed.Signal()
	}
}

// connection is a connection of which every chunk has to be taken in time. A deadline for the whole of an answer would
// let go of slow clients either too late or in the middle of a long list that they take as fast as they can.
type connection struct {
	net.Conn

	tcp    *net.TCPConn
	of     *connections
	place  *list.Element // in of.waiting, whose mutex guards it
	failed atomic.Bool
	once   sync.Once
}

// Write sends all of p. After an error nothing more is sent.
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
				c.of.slow.Inc()
				_ = c.tcp.SetLinger(0) // otherwise the kernel would go on where this gave up
			}
			return written, err
		}
	}
	if len(p) > written {
		return written, net.ErrClosed
	}
	return written, nil
}

// CloseWrite tells the client that nothing more comes.
func (c *connection) CloseWrite() error {
	return c.tcp.CloseWrite()
}

// Close closes the connection and makes room for another one.
func (c *connection) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() {
		c.of.mu.Lock()
		defer c.of.mu.Unlock()
		c.of.open--
		c.of.changed.Signal()
	})
	return err
}
