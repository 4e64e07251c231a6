package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/peering/peering/internal/peering"
	"github.com/peering/peering/server"
)

const (
	// loopbackTime is the length of one round over loopback, connections the
	// number of concurrent connections.
	loopbackTime = 8 * time.Millisecond
	connections  = 4
)

// discardStore is a store that keeps nothing, so that only the server's own work
// is measured.
type discardStore struct{ peering.Store }

func (discardStore) Create(
	_ context.Context, p peering.Peering, _ peering.Idempotency, _ peering.Quotas,
) (peering.Peering, bool, error) {
	p.Requester = peering.VPC{ID: "83081290-198e-48e2-8e2d-64c50023d136", Tenant: "8185f87d043f4519a68420a282b5e2fa"}
	return p, false, nil
}

// allowAll authenticates every caller as an admin of the project it requests.
type allowAll struct{}

func (allowAll) Authenticate(_ *http.Request, project peering.ID) (peering.Caller, error) {
	return peering.Caller{Project: project, Roles: []peering.Role{peering.Admin}}, nil
}

// serviceHandler returns the service's own handler over a discardStore.
func serviceHandler() (http.Handler, error) {
	newID := func() peering.ID { return "7e974044-bcc1-4f25-aff8-5f10cb347b0f" }
	return server.New(server.Config{
		Peerings:      peering.NewService(discardStore{}, peering.DefaultRules(), time.Now, newID),
		Authenticator: allowAll{},
		Log:           slog.New(slog.DiscardHandler),
		Now:           time.Now,
	})
}

// loopback compares the create requests per second of three servers over real
// connections: the generated server, the same with this project's validation, and
// the service's own, which always validates. No handler has a store.
func loopback() ([]claim, error) {
	d, err := newDocument(1)
	if err != nil {
		return nil, err
	}
	var workloads []workload
	var stops []func()
	defer func() {
		for _, stop := range stops {
			stop()
		}
	}()
	for _, build := range []func() (http.Handler, error){
		func() (http.Handler, error) { return strict(d) },
		func() (http.Handler, error) { return ours(d) },
		serviceHandler,
	} {
		handler, err := build()
		if err != nil {
			return nil, err
		}
		sendAll, stop, err := serve(handler)
		if err != nil {
			return nil, err
		}
		workloads, stops = append(workloads, sendAll), append(stops, stop)
	}
	ns, ratios, err := medians(workloads, loopbackTime)
	if err != nil {
		return nil, err
	}
	return []claim{{
		text:  "create requests per second over loopback with validation, relative to without: the generated server",
		value: 1 / ratios[1], bound: 0.95, atLeast: true,
	}, {
		text:  "the same for the service's own server, derived from the time that validation takes in the generated one",
		value: (ns[2] - ns[1] + ns[0]) / ns[2], bound: 0.95, atLeast: true,
	}}, nil
}

// serve starts a server and returns a workload that sends create requests over
// several connections.
func serve(handler http.Handler) (sendAll workload, stop func(), err error) {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	running := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	go func() { _ = running.Serve(listener) }()
	stop = func() { _ = running.Close() }
	var open []*connection
	for range connections {
		c, err := dial(listener.Addr().String())
		if err != nil {
			stop()
			return nil, nil, err
		}
		open = append(open, c)
	}
	return func(n int) (time.Duration, error) {
		start := time.Now()
		var group errgroup.Group
		for i, c := range open {
			group.Go(func() error {
				for range (n + i) / connections {
					if err := c.create(); err != nil {
						return err
					}
				}
				return nil
			})
		}
		err := group.Wait()
		return time.Since(start), err
	}, stop, nil
}

// connection sends the small body and parses as little of the response as it can,
// so that the client's work does not hide the server's.
type connection struct {
	net.Conn

	reader  *bufio.Reader
	request []byte
}

func dial(address string) (*connection, error) {
	c, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", address)
	if err != nil {
		return nil, err
	}
	small := bodies()[0]
	request := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\n"+
		"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		fillParameters(contractPath), address, len(small.text), small.text)
	return &connection{c, bufio.NewReader(c), []byte(request)}, nil
}

func (c *connection) create() error {
	if _, err := c.Write(c.request); err != nil {
		return err
	}
	length := -1
	for first := true; ; first = false {
		line, err := c.reader.ReadSlice('\n')
		if err != nil {
			return err
		}
		text := strings.TrimRight(string(line), "\r\n")
		if first && !strings.HasPrefix(text, "HTTP/1.1 201 ") {
			return fmt.Errorf("got %s, want 201", text)
		}
		if text == "" {
			break
		}
		if value, ok := strings.CutPrefix(text, "Content-Length: "); ok {
			if length, err = strconv.Atoi(value); err != nil {
				return err
			}
		}
	}
	if length < 0 {
		return errors.New("a response has no Content-Length")
	}
	_, err := c.reader.Discard(length)
	return err
}
