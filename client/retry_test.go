package client_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
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

// A step is what a scripted service does with one request.
type step func(*http.Request) (*http.Response, error)

// script is a transport that takes one step for each request, and keeps what it was sent.
type script struct {
	steps  []step
	sent   []*http.Request
	bodies []string
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	s.sent, s.bodies = append(s.sent, r), append(s.bodies, string(body))
	if len(s.steps) == 0 {
		return nil, errors.New("the script has no more steps")
	}
	next := s.steps[0]
	s.steps = s.steps[1:]
	return next(r)
}

// clock is a clock that only waiting moves on. It keeps the waits.
type clock struct {
	now   time.Time
	waits []time.Duration
}

func (c *clock) sleep(ctx context.Context, d time.Duration) error {
	c.waits = append(c.waits, d)
	c.now = c.now.Add(d)
	return ctx.Err()
}

// most answers the most that chance may.
func most(d time.Duration) time.Duration { return d }

// scripted answers a client of a service that takes these steps, and the clock that it waits by.
func scripted(t *testing.T, s *script, opts ...client.Option) (*client.Client, *clock) {
	t.Helper()
	at := &clock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	c, err := client.New("http://service.test", append([]client.Option{
		client.WithProject(project), client.WithHTTPClient(&http.Client{Transport: s}),
		client.WithTiming(func() time.Time { return at.now }, at.sleep, most),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c, at
}

// reply answers a status with a body and headers, as name and value in turns.
func reply(status int, body string, header ...string) step {
	return func(r *http.Request) (*http.Response, error) {
		h := http.Header{}
		for pair := range slices.Chunk(header, 2) {
			h.Set(pair[0], pair[1])
		}
		return &http.Response{StatusCode: status, Header: h, ContentLength: -1, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	}
}

// fail answers nothing.
func fail(err error) step {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

// cutOff answers a body that ends too early.
func cutOff(body string) step {
	return func(r *http.Request) (*http.Response, error) {
		broken := io.MultiReader(strings.NewReader(body), errReader{io.ErrUnexpectedEOF})
		return &http.Response{StatusCode: http.StatusOK, ContentLength: int64(len(body) + 1), Body: io.NopCloser(broken), Request: r}, nil
	}
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

var (
	refused  = fail(&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED})
	lost     = fail(&net.OpError{Op: "read", Err: syscall.ECONNRESET})
	fine     = reply(200, `{"peering":{"id":"1"},"peerings":[]}`)
	busy     = reply(503, `{"code":"VPC.22108","message":"m"}`)
	limited  = reply(429, `{"code":"VPC.22115","message":"m"}`)
	notThere = reply(404, `{"code":"VPC.2204","message":"m"}`)
)

// doings are calls of each kind.
var doings = map[string]func(context.Context, *client.Client) error{
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

// TestWhatIsSentAgain has each kind of call meet each kind of failure once.
func TestWhatIsSentAgain(t *testing.T) {
	all := []string{"GET", "PUT", "DELETE", "POST", "PATCH"}
	safe := []string{"GET", "PUT", "DELETE", "POST"}
	for _, tt := range []struct {
		name  string
		first step
		again []string
	}{
		{"no connection", refused, all},
		{"no connection to the proxy", fail(&net.OpError{Op: "proxyconnect", Err: syscall.ECONNREFUSED}), all},
		{"too many requests", limited, all},
		{"connection lost", lost, safe},
		{"end of file", fail(io.EOF), safe},
		{"time-out of the transport", fail(context.DeadlineExceeded), safe},
		{"answer cut off", cutOff(`{"peering":{"id"`), safe},
		{"half an answer as a whole", reply(200, `{"peering":{"id"`), safe},
		{"an empty answer", reply(200, ``), safe},
		{"408", reply(408, ``), safe},
		{"500", reply(500, `{"code":"VPC.22110","message":"m"}`), safe},
		{"502", reply(502, `<html>`), safe},
		{"503", busy, safe},
		{"504", reply(504, ``), safe},
		{"400", reply(400, `{"code":"VPC.22101","message":"m"}`), nil},
		{"401", reply(401, `{"code":"VPC.0008","message":"m"}`), nil},
		{"404", notThere, nil},
		{"409", reply(409, `{"code":"VPC.22104","message":"m"}`), nil},
		{"501", reply(501, ``), nil},
		{"a redirect", reply(307, ``, "Location", "http://elsewhere.test"), nil},
		{"a certificate that is not trusted", fail(&tls.CertificateVerificationError{Err: errors.New("x")}), nil},
		{"no TLS", fail(tls.RecordHeaderError{Msg: "x"}), nil},
		{"a certificate that is wanted", fail(&net.OpError{Op: "remote error", Err: tls.AlertError(116)}), nil},
	} {
		for _, method := range all {
			t.Run(tt.name+" "+method, func(t *testing.T) {
				s := &script{steps: []step{tt.first, fine}}
				c, _ := scripted(t, s)
				err := doings[method](t.Context(), c)
				again := slices.Contains(tt.again, method)
				if (err == nil) != again || len(s.sent) == 2 != again {
					t.Errorf("sent %d times: %v", len(s.sent), err)
				}
			})
		}
	}
}

func TestAnswersThatAreTooLongAreNotAskedForAgain(t *testing.T) {
	s := &script{steps: []step{func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, ContentLength: 1 << 40, Body: http.NoBody, Request: r}, nil
	}, fine}}
	c, _ := scripted(t, s)
	if err := doings["GET"](t.Context(), c); err == nil || len(s.sent) != 1 {
		t.Errorf("sent %d times: %v", len(s.sent), err)
	}
}

func TestAttemptsAreTheSameRequest(t *testing.T) {
	for method, do := range doings {
		if method == "PATCH" {
			continue
		}
		t.Run(method, func(t *testing.T) {
			s := &script{steps: []step{lost, busy, cutOff(`{`), fine}}
			c, _ := scripted(t, s)
			if err := do(t.Context(), c); err != nil || len(s.sent) != 4 {
				t.Fatalf("sent %d times: %v", len(s.sent), err)
			}
			key := s.sent[0].Header.Get("Idempotency-Key")
			if (key != "") != (method == "POST") {
				t.Errorf("key %q", key)
			}
			for i, r := range s.sent {
				if s.bodies[i] != s.bodies[0] || r.URL.String() != s.sent[0].URL.String() || fmt.Sprint(r.Header) != fmt.Sprint(s.sent[0].Header) {
					t.Errorf("attempt %d sent %v %s", i+1, r.Header, s.bodies[i])
				}
			}
		})
	}
}

func TestBackOff(t *testing.T) {
	policy := client.RetryPolicy{Attempts: 6, Base: time.Second, Max: 5 * time.Second}
	for _, tt := range []struct {
		name   string
		random func(time.Duration) time.Duration
		want   []time.Duration
	}{
		{"at most", most, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 5 * time.Second, 5 * time.Second}},
		{"at least", func(time.Duration) time.Duration { return 0 }, make([]time.Duration, 5)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &script{steps: []step{busy, busy, busy, busy, busy, busy, fine}}
			c, at := scripted(t, s, client.WithRetryPolicy(policy), client.WithTiming(nil, nil, tt.random))
			if err := doings["GET"](t.Context(), c); !client.IsUnavailable(err) || !slices.Equal(at.waits, tt.want) {
				t.Errorf("waited %v: %v", at.waits, err)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	for _, tt := range []struct {
		value string
		want  []time.Duration // none where it is not waited for
	}{
		{"", []time.Duration{100 * time.Millisecond}},
		{"7", []time.Duration{7*time.Second + 100*time.Millisecond}},
		{"Fri, 02 Jan 2026 03:04:10 GMT", []time.Duration{5*time.Second + 100*time.Millisecond}},
		{"Fri, 02 Jan 2026 03:04:00 GMT", []time.Duration{100 * time.Millisecond}},
		{"-1", []time.Duration{100 * time.Millisecond}},
		{"soon", []time.Duration{100 * time.Millisecond}},
		{"30", []time.Duration{30*time.Second + 100*time.Millisecond}},
		{"31", nil},
		{"99999999999999999999", []time.Duration{100 * time.Millisecond}},
	} {
		t.Run(tt.value, func(t *testing.T) {
			s := &script{steps: []step{reply(429, `{"code":"VPC.22115","message":"m"}`, "Retry-After", tt.value), fine}}
			c, at := scripted(t, s)
			err := doings["POST"](t.Context(), c)
			if (err == nil) != (tt.want != nil) || !slices.Equal(at.waits, tt.want) {
				t.Errorf("waited %v: %v", at.waits, err)
			}
		})
	}
}

func TestDeadlinesBoundWaits(t *testing.T) {
	for name, tt := range map[string]struct {
		deadline, timeout time.Duration
	}{
		"of the context": {5 * time.Second, 0}, "of the policy": {time.Hour, 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			s := &script{steps: []step{reply(503, `{"code":"VPC.22108","message":"m"}`, "Retry-After", "5"), fine}}
			c, at := scripted(t, s, client.WithRetryPolicy(client.RetryPolicy{Timeout: tt.timeout}), client.WithTiming(time.Now, nil, nil))
			ctx, cancel := context.WithTimeout(t.Context(), tt.deadline)
			defer cancel()
			if err := doings["GET"](ctx, c); !client.IsUnavailable(err) || len(at.waits) > 0 {
				t.Errorf("waited %v: %v", at.waits, err)
			}
		})
	}
}

// TestCancellation ends the context while a client sends, and while it waits.
func TestCancellation(t *testing.T) {
	for _, during := range []string{"an attempt", "a wait"} {
		t.Run(during, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			gone := errors.New("the user has left")
			first := busy
			if during == "an attempt" {
				first = func(r *http.Request) (*http.Response, error) {
					cancel(gone)
					<-r.Context().Done()
					return nil, r.Context().Err()
				}
			}
			s := &script{steps: []step{first, fine}}
			c, _ := scripted(t, s, client.WithTiming(nil, func(ctx context.Context, _ time.Duration) error {
				cancel(gone)
				return ctx.Err()
			}, nil))
			err := doings["POST"](ctx, c)
			if len(s.sent) != 1 || !client.IsOutcomeUnknown(err) {
				t.Errorf("sent %d times: %v", len(s.sent), err)
			}
			if during == "an attempt" && (!errors.Is(err, gone) || !errors.Is(err, context.Canceled) || client.IsRetryable(err)) {
				t.Errorf("answered %v", err)
			}
		})
	}
}

// hang answers nothing until the client gives up, and fails the test where that would not be soon.
func hang(t *testing.T) step {
	return func(r *http.Request) (*http.Response, error) {
		if end, ok := r.Context().Deadline(); !ok || time.Until(end) > time.Second {
			t.Errorf("the attempt ends at %s", end)
			return nil, context.DeadlineExceeded
		}
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
}

// TestCallsTimeOut has the service never answer.
func TestCallsTimeOut(t *testing.T) {
	s := &script{steps: []step{hang(t), hang(t)}}
	c, _ := scripted(t, s, client.WithRetryPolicy(client.RetryPolicy{Timeout: time.Millisecond}))
	err := doings["POST"](t.Context(), c)
	if !errors.Is(err, context.DeadlineExceeded) || !client.IsOutcomeUnknown(err) || len(s.sent) != 1 {
		t.Errorf("sent %d times: %v", len(s.sent), err)
	}
}

// TestAttemptsTimeOut has the service never answer the first attempt.
func TestAttemptsTimeOut(t *testing.T) {
	s := &script{steps: []step{hang(t), fine}}
	c, _ := scripted(t, s, client.WithRetryPolicy(client.RetryPolicy{AttemptTimeout: time.Millisecond}))
	if err := doings["POST"](t.Context(), c); err != nil || len(s.sent) != 2 {
		t.Errorf("sent %d times: %v", len(s.sent), err)
	}
}

func TestAttemptsAreBounded(t *testing.T) {
	for attempts, want := range map[int]int{0: 4, 1: 1, 2: 2, 9: 9} {
		s := &script{steps: slices.Repeat([]step{busy}, 20)}
		c, _ := scripted(t, s, client.WithRetryPolicy(client.RetryPolicy{Attempts: attempts}))
		if err := doings["GET"](t.Context(), c); !client.IsUnavailable(err) || len(s.sent) != want {
			t.Errorf("with %d attempts sent %d times: %v", attempts, len(s.sent), err)
		}
	}
}

func TestPoliciesThatAreNone(t *testing.T) {
	for _, p := range []client.RetryPolicy{
		{Attempts: -1}, {Base: -1}, {Max: -1}, {MaxRetryAfter: -1}, {AttemptTimeout: -1}, {Timeout: -1}, {Budget: -1},
	} {
		if _, err := client.New(client.DefaultEndpoint, client.WithRetryPolicy(p)); err == nil {
			t.Errorf("took %+v", p)
		}
	}
	for _, p := range []client.WaitPolicy{{First: -1}, {Max: -1}} {
		if _, err := client.New(client.DefaultEndpoint, client.WithWaitPolicy(p)); err == nil {
			t.Errorf("took %+v", p)
		}
	}
}
