package client_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/peering/peering/client"
)

// A step produces the result of one attempt.
type step func(*http.Request) (*http.Response, error)

// scriptedTransport is a transport that takes one step per attempt and records
// the requests.
type scriptedTransport struct {
	steps    []step
	requests []*http.Request
	bodies   []string
}

func (s *scriptedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	s.requests, s.bodies = append(s.requests, r), append(s.bodies, string(body))
	if len(s.steps) == 0 {
		return nil, errors.New("the script has no more steps")
	}
	next := s.steps[0]
	s.steps = s.steps[1:]
	return next(r)
}

// attempts returns the number of requests sent so far.
func (s *scriptedTransport) attempts() int { return len(s.requests) }

// first returns the first request and its body.
func (s *scriptedTransport) first(t *testing.T) (r *http.Request, body string) {
	t.Helper()
	if len(s.requests) == 0 {
		t.Fatal("no request was sent")
	}
	return s.requests[0], s.bodies[0]
}

// fakeClock is a clock that only sleeping advances. It records the delays.
type fakeClock struct {
	now    time.Time
	delays []time.Duration
}

func (c *fakeClock) sleep(ctx context.Context, d time.Duration) error {
	c.delays = append(c.delays, d)
	c.now = c.now.Add(d)
	return ctx.Err()
}

// noSleep is a sleep function that returns at once.
func noSleep(ctx context.Context, _ time.Duration) error { return ctx.Err() }

// maxRandom is a source of randomness that returns the upper bound.
func maxRandom(d time.Duration) time.Duration { return d }

// noRandom is a source of randomness that returns 0.
func noRandom(time.Duration) time.Duration { return 0 }

// noRetries limits calls to one attempt.
var noRetries = client.WithRetryPolicy(client.RetryPolicy{Attempts: 1})

// newScriptedClient returns a client that sends its requests to the transport,
// and the client's clock.
func newScriptedClient(t *testing.T, s *scriptedTransport, opts ...client.Option) (*client.Client, *fakeClock) {
	t.Helper()
	clock := &fakeClock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	c, err := client.New("http://service.test", append([]client.Option{
		client.WithProject(project), client.WithHTTPClient(&http.Client{Transport: s}),
		client.WithTiming(func() time.Time { return clock.now }, clock.sleep, maxRandom),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c, clock
}

// respond returns a step that responds with a status, a body and headers, which
// are given as alternating names and values.
func respond(status int, body string, header ...string) step {
	return func(r *http.Request) (*http.Response, error) {
		h := http.Header{}
		for pair := range slices.Chunk(header, 2) {
			h.Set(pair[0], pair[1])
		}
		return &http.Response{
			StatusCode: status, Header: h, ContentLength: -1, Body: io.NopCloser(strings.NewReader(body)), Request: r,
		}, nil
	}
}

// failWith returns a step without a response.
func failWith(err error) step {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

// respondTruncated returns a step that responds with a body one byte short of
// its Content-Length.
func respondTruncated(body string) step {
	return func(r *http.Request) (*http.Response, error) {
		broken := io.MultiReader(strings.NewReader(body), errReader{io.ErrUnexpectedEOF})
		return &http.Response{
			StatusCode: http.StatusOK, ContentLength: int64(len(body) + 1), Body: io.NopCloser(broken), Request: r,
		}, nil
	}
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

// The steps that most scripts are made of.
var (
	respondOK          = respond(200, `{"peering":{"id":"1"},"peerings":[]}`)
	respondUnavailable = respond(503, `{"code":"VPC.22108","message":"m"}`)
	respondRateLimited = respond(429, `{"code":"VPC.22115","message":"m"}`)
	respondNotFound    = respond(404, `{"code":"VPC.2204","message":"m"}`)
	refuseConnection   = failWith(&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED})
	resetConnection    = failWith(&net.OpError{Op: "read", Err: syscall.ECONNRESET})
)

// callsByMethod has one call for each kind of request. POST is a create, with
// an idempotency key; PATCH is not idempotent.
var callsByMethod = map[string]func(context.Context, *client.Client) error{
	"GET": func(ctx context.Context, c *client.Client) error {
		_, err := c.ShowVPCPeering(ctx, "1")
		return err
	},
	"PUT": func(ctx context.Context, c *client.Client) error {
		_, err := c.UpdateVPCPeering(ctx, "1", client.VPCPeeringUpdate{})
		return err
	},
	"DELETE": func(ctx context.Context, c *client.Client) error { return c.DeleteVPCPeering(ctx, "1") },
	"POST": func(ctx context.Context, c *client.Client) error {
		_, err := c.CreateVPCPeering(ctx, client.VPCPeeringCreate{Name: "n"})
		return err
	},
	"PATCH": func(ctx context.Context, c *client.Client) error {
		return c.UpdateCluster(ctx, "1", client.ClusterUpdate{Name: "n"})
	},
}
