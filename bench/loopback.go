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
	// loopbackTime is how long a round over loopback takes, and clients how many connections it has.
	loopbackTime = 8 * time.Millisecond
	clients      = 4
)

// memory is a store that keeps nothing: what the real server does around it is what takes time.
type memory struct{ peering.Store }

func (memory) Create(_ context.Context, p peering.Peering, _ peering.Once, _ peering.Limits) (peering.Peering, bool, error) {
	p.Requester = peering.VPC{ID: "83081290-198e-48e2-8e2d-64c50023d136", Tenant: "8185f87d043f4519a68420a282b5e2fa"}
	return p, false, nil
}

// anyone authenticates every caller as an admin of the project it requests.
type anyone struct{}

func (anyone) Authenticate(_ *http.Request, project peering.ID) (peering.Caller, error) {
	return peering.Caller{Project: project, Roles: []peering.Role{peering.Admin}}, nil
}

// realServer is the service's own handler, over memory.
func realServer() (http.Handler, error) {
	newID := func() peering.ID { return "7e974044-bcc1-4f25-aff8-5f10cb347b0f" }
	return server.New(server.Config{
		Peerings:      peering.NewService(memory{}, peering.DefaultRules(), time.Now, newID),
		Authenticator: anyone{},
		Log:           slog.New(slog.DiscardHandler),
		Now:           time.Now,
	})
}

// loopback compares how many creations a second three servers answer over real connections: the generated server, the
// same with this project's validation, and the service's own, which always validates. The handlers only answer.
func loopback() ([]claim, error) {
	d, err := newDocument(1)
	if err != nil {
		return nil, err
	}
	var works []work
	var stops []func()
	defer func() {
		for _, stop := range stops {
			stop()
		}
	}()
	for _, build := range []func() (http.Handler, error){
		func() (http.Handler, error) { return strict(d) },
		func() (http.Handler, error) { return ours(d) },
		realServer,
	} {
		handler, err := build()
		if err != nil {
			return nil, err
		}
		sent, stop, err := serve(handler)
		if err != nil {
			return nil, err
		}
		works, stops = append(works, sent), append(stops, stop)
	}
	ns, ratios, err := medians(works, loopbackTime)
	if err != nil {
		return nil, err
	}
	return []claim{
		{text: "creations a second over loopback with validation, over the same without: the generated server", value: 1 / ratios[1], bound: 0.95, atLeast: true},
		{text: "the same for the service's own server, by the time that validation takes there", value: (ns[2] - ns[1] + ns[0]) / ns[2], bound: 0.95, atLeast: true},
	}, nil
}

// serve answers a work that sends creations to the handler over some connections.
func serve(handler http.Handler) (sent work, stop func(), err error) {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	running := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	go func() { _ = running.Serve(listener) }()
	stop = func() { _ = running.Close() }
	var connections []*connection
	for range clients {
		c, err := dial(listener.Addr().String())
		if err != nil {
			stop()
			return nil, nil, err
		}
		connections = append(connections, c)
	}
	return func(n int) (time.Duration, error) {
		start := time.Now()
		var group errgroup.Group
		for i, c := range connections {
			group.Go(func() error {
				for range (n + i) / clients {
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

// A connection sends the seed's example and reads as little of the answer as it can: the client's work should not hide
// the server's.
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
	seed := bodies()[0]
	request := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		target(contractPath), address, len(seed.text), seed.text)
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
			return fmt.Errorf("answered %s", text)
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
		return errors.New("an answer does not say how long it is")
	}
	_, err := c.reader.Discard(length)
	return err
}
