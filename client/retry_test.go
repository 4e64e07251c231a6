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
	"syscall"
	"testing"
	"time"

	"github.com/peering/peering/client"
)

// TestRetries checks for each kind of failure which methods are retried.
func TestRetries(t *testing.T) {
	all := []string{"GET", "PUT", "DELETE", "POST", "PATCH"}
	idempotent := []string{"GET", "PUT", "DELETE", "POST"}
	for _, tt := range []struct {
		name    string
		first   step
		retried []string
	}{
		{"connection refused", refuseConnection, all},
		{"connection to the proxy refused", failWith(&net.OpError{Op: "proxyconnect", Err: syscall.ECONNREFUSED}), all},
		{"429", respondRateLimited, all},
		{"connection reset", resetConnection, idempotent},
		{"connection closed", failWith(io.EOF), idempotent},
		{"timeout of the transport", failWith(context.DeadlineExceeded), idempotent},
		{"truncated response", respondTruncated(`{"peering":{"id"`), idempotent},
		{"half of the JSON with a matching length", respond(200, `{"peering":{"id"`), idempotent},
		{"empty response", respond(200, ``), idempotent},
		{"408", respond(408, ``), idempotent},
		{"500", respond(500, `{"code":"VPC.22110","message":"m"}`), idempotent},
		{"502", respond(502, `<html>`), idempotent},
		{"503", respondUnavailable, idempotent},
		{"504", respond(504, ``), idempotent},
		{"400", respond(400, `{"code":"VPC.22101","message":"m"}`), nil},
		{"401", respond(401, `{"code":"VPC.0008","message":"m"}`), nil},
		{"404", respondNotFound, nil},
		{"409", respond(409, `{"code":"VPC.22104","message":"m"}`), nil},
		{"501", respond(501, ``), nil},
		{"redirect", respond(307, ``, "Location", "http://elsewhere.test"), nil},
		{"untrusted certificate", failWith(&tls.CertificateVerificationError{Err: errors.New("x")}), nil},
		{"not TLS", failWith(tls.RecordHeaderError{Msg: "x"}), nil},
		{"client certificate required", failWith(&net.OpError{Op: "remote error", Err: tls.AlertError(116)}), nil},
	} {
		for _, method := range all {
			t.Run(tt.name+" "+method, func(t *testing.T) {
				s := &scriptedTransport{steps: []step{tt.first, respondOK}}
				c, _ := newScriptedClient(t, s)
				err := callsByMethod[method](t.Context(), c)
				retried := slices.Contains(tt.retried, method)
				if (err == nil) != retried || s.attempts() == 2 != retried {
					t.Errorf("sent %d requests: %v", s.attempts(), err)
				}
			})
		}
	}
}

func TestOversizedResponsesAreNotRetried(t *testing.T) {
	s := &scriptedTransport{steps: []step{func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, ContentLength: 1 << 40, Body: http.NoBody, Request: r}, nil
	}, respondOK}}
	c, _ := newScriptedClient(t, s)
	if err := callsByMethod["GET"](t.Context(), c); err == nil || s.attempts() != 1 {
		t.Errorf("sent %d requests: %v", s.attempts(), err)
	}
}

func TestRetriesSendTheSameRequest(t *testing.T) {
	for method, do := range callsByMethod {
		if method == "PATCH" {
			continue // is not retried
		}
		t.Run(method, func(t *testing.T) {
			s := &scriptedTransport{steps: []step{resetConnection, respondUnavailable, respondTruncated(`{`), respondOK}}
			c, _ := newScriptedClient(t, s)
			if err := do(t.Context(), c); err != nil || s.attempts() != 4 {
				t.Fatalf("sent %d requests: %v", s.attempts(), err)
			}
			first, body := s.first(t)
			key := first.Header.Get("Idempotency-Key")
			if (key != "") != (method == "POST") {
				t.Errorf("sent the idempotency key %q", key)
			}
			for i, r := range s.requests {
				if s.bodies[i] != body || r.URL.String() != first.URL.String() ||
					fmt.Sprint(r.Header) != fmt.Sprint(first.Header) {
					t.Errorf("attempt %d sent the headers %v and the body %s", i+1, r.Header, s.bodies[i])
				}
			}
		})
	}
}

func TestBackoff(t *testing.T) {
	policy := client.RetryPolicy{Attempts: 6, Base: time.Second, Max: 5 * time.Second}
	for _, tt := range []struct {
		name   string
		random func(time.Duration) time.Duration
		want   []time.Duration
	}{
		{
			"grows up to its maximum", maxRandom,
			[]time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 5 * time.Second, 5 * time.Second},
		},
		{"is zero at least", noRandom, make([]time.Duration, 5)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &scriptedTransport{steps: append(slices.Repeat([]step{respondUnavailable}, 6), respondOK)}
			c, clock := newScriptedClient(t, s, client.WithRetryPolicy(policy), client.WithTiming(nil, nil, tt.random))
			err := callsByMethod["GET"](t.Context(), c)
			if !client.IsUnavailable(err) || !slices.Equal(clock.delays, tt.want) {
				t.Errorf("waited %v: %v", clock.delays, err)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	for _, tt := range []struct {
		value string
		want  []time.Duration // nil if the call is not retried
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
			s := &scriptedTransport{steps: []step{
				respond(429, `{"code":"VPC.22115","message":"m"}`, "Retry-After", tt.value), respondOK,
			}}
			c, clock := newScriptedClient(t, s)
			err := callsByMethod["POST"](t.Context(), c)
			if (err == nil) != (tt.want != nil) || !slices.Equal(clock.delays, tt.want) {
				t.Errorf("waited %v: %v", clock.delays, err)
			}
		})
	}
}

func TestNoRetryAfterTheDeadline(t *testing.T) {
	for name, tt := range map[string]struct {
		deadline, timeout time.Duration
	}{
		"deadline of the context": {5 * time.Second, 0}, "timeout of the policy": {time.Hour, 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			s := &scriptedTransport{steps: []step{
				respond(503, `{"code":"VPC.22108","message":"m"}`, "Retry-After", "5"), respondOK,
			}}
			c, clock := newScriptedClient(t, s,
				client.WithRetryPolicy(client.RetryPolicy{Timeout: tt.timeout}), client.WithTiming(time.Now, nil, nil))
			ctx, cancel := context.WithTimeout(t.Context(), tt.deadline)
			defer cancel()
			if err := callsByMethod["GET"](ctx, c); !client.IsUnavailable(err) || len(clock.delays) > 0 {
				t.Errorf("waited %v: %v", clock.delays, err)
			}
		})
	}
}

func TestCancellationEndsTheCall(t *testing.T) {
	for _, during := range []string{"attempt", "backoff"} {
		t.Run("during the "+during, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			cause := errors.New("shutting down")
			first := respondUnavailable
			if during == "attempt" {
				first = func(r *http.Request) (*http.Response, error) {
					cancel(cause)
					<-r.Context().Done()
					return nil, r.Context().Err()
				}
			}
			s := &scriptedTransport{steps: []step{first, respondOK}}
			c, _ := newScriptedClient(t, s, client.WithTiming(nil, func(ctx context.Context, _ time.Duration) error {
				cancel(cause)
				return ctx.Err()
			}, nil))
			err := callsByMethod["POST"](ctx, c)
			if s.attempts() != 1 || !client.IsOutcomeUnknown(err) {
				t.Errorf("sent %d requests: %v", s.attempts(), err)
			}
			if during == "attempt" &&
				(!errors.Is(err, cause) || !errors.Is(err, context.Canceled) || client.IsRetryable(err)) {
				t.Errorf("returned %v", err)
			}
		})
	}
}

// hang returns a step that never responds. It fails the test unless the attempt
// has a deadline within a second.
func hang(t *testing.T) step {
	return func(r *http.Request) (*http.Response, error) {
		if deadline, ok := r.Context().Deadline(); !ok || time.Until(deadline) > time.Second {
			t.Errorf("the attempt has the deadline %s", deadline)
			return nil, context.DeadlineExceeded
		}
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
}

func TestCallsTimeOut(t *testing.T) {
	s := &scriptedTransport{steps: []step{hang(t), hang(t)}}
	c, _ := newScriptedClient(t, s, client.WithRetryPolicy(client.RetryPolicy{Timeout: time.Millisecond}))
	err := callsByMethod["POST"](t.Context(), c)
	if !errors.Is(err, context.DeadlineExceeded) || !client.IsOutcomeUnknown(err) || s.attempts() != 1 {
		t.Errorf("sent %d requests: %v", s.attempts(), err)
	}
}

func TestTimedOutAttemptsAreRetried(t *testing.T) {
	s := &scriptedTransport{steps: []step{hang(t), respondOK}}
	c, _ := newScriptedClient(t, s, client.WithRetryPolicy(client.RetryPolicy{AttemptTimeout: time.Millisecond}))
	if err := callsByMethod["POST"](t.Context(), c); err != nil || s.attempts() != 2 {
		t.Errorf("sent %d requests: %v", s.attempts(), err)
	}
}

func TestAttemptsAreLimited(t *testing.T) {
	for attempts, want := range map[int]int{0: 4, 1: 1, 2: 2, 9: 9} {
		s := &scriptedTransport{steps: slices.Repeat([]step{respondUnavailable}, 20)}
		c, _ := newScriptedClient(t, s, client.WithRetryPolicy(client.RetryPolicy{Attempts: attempts}))
		if err := callsByMethod["GET"](t.Context(), c); !client.IsUnavailable(err) || s.attempts() != want {
			t.Errorf("with Attempts %d sent %d requests, want %d: %v", attempts, s.attempts(), want, err)
		}
	}
}

func TestNewRejectsNegativePolicies(t *testing.T) {
	for _, p := range []client.RetryPolicy{
		{Attempts: -1}, {Base: -1}, {Max: -1}, {MaxRetryAfter: -1}, {AttemptTimeout: -1}, {Timeout: -1}, {Budget: -1},
	} {
		if _, err := client.New(client.DefaultEndpoint, client.WithRetryPolicy(p)); err == nil {
			t.Errorf("accepted %+v", p)
		}
	}
	for _, p := range []client.WaitPolicy{{First: -1}, {Max: -1}} {
		if _, err := client.New(client.DefaultEndpoint, client.WithWaitPolicy(p)); err == nil {
			t.Errorf("accepted %+v", p)
		}
	}
}
