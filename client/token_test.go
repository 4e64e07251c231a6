package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/peering/peering/client"
)

// tokenIssuer is a token source and a service that accepts only the token issued
// last.
type tokenIssuer struct {
	issued, rejected atomic.Int32
	// rejectAll makes the service reject every token.
	rejectAll bool
}

func (i *tokenIssuer) token(context.Context) (string, error) {
	return fmt.Sprintf("%s-%d", secretToken, i.issued.Add(1)), nil
}

func (i *tokenIssuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if i.rejectAll || r.Header.Get("X-Auth-Token") != fmt.Sprintf("%s-%d", secretToken, i.issued.Load()) {
		i.rejected.Add(1)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	_, _ = w.Write([]byte(`{"peering":{"id":"1"}}`))
}

// newClient starts the service and returns a client that uses the token source.
func (i *tokenIssuer) newClient(t *testing.T, opts ...client.Option) *client.Client {
	t.Helper()
	s := httptest.NewServer(i)
	t.Cleanup(s.Close)
	c, err := client.New(s.URL, append(opts, client.WithTokenSource(i.token))...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTokenIsReusedUntilRejected(t *testing.T) {
	var i tokenIssuer
	c := i.newClient(t)
	for _, tt := range []struct{ revoked, want int32 }{{0, 1}, {0, 1}, {1, 3}, {0, 3}} {
		i.issued.Add(tt.revoked) // issuing another token revokes the client's
		if err := callsByMethod["POST"](t.Context(), c); err != nil || i.issued.Load() != tt.want {
			t.Errorf("%d tokens issued, want %d: %v", i.issued.Load(), tt.want, err)
		}
	}
	if i.rejected.Load() != 1 {
		t.Errorf("%d tokens rejected, want 1", i.rejected.Load())
	}
}

func TestTokenIsRenewedOncePerCall(t *testing.T) {
	i := tokenIssuer{rejectAll: true}
	c := i.newClient(t)
	if err := callsByMethod["GET"](t.Context(), c); !client.IsUnauthorized(err) {
		t.Errorf("returned %v, want status 401", err)
	}
	if i.issued.Load() != 2 || i.rejected.Load() != 2 {
		t.Errorf("%d tokens issued and %d rejected, want 2 and 2", i.issued.Load(), i.rejected.Load())
	}
}

// TestConcurrentCallsRenewTheTokenOnce makes concurrent calls with a token that
// has been revoked.
func TestConcurrentCallsRenewTheTokenOnce(t *testing.T) {
	const calls = 50
	var i tokenIssuer
	c := i.newClient(t, client.WithHTTPClient(&http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: calls}}))
	if err := callsByMethod["GET"](t.Context(), c); err != nil {
		t.Fatal(err)
	}
	i.issued.Add(1)
	var wg sync.WaitGroup
	for range calls {
		wg.Go(func() {
			if err := callsByMethod["GET"](t.Context(), c); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := i.issued.Load(); got != 3 {
		t.Errorf("%d tokens issued, want 3", got)
	}
}

func TestFailingTokenSourcesFailTheCall(t *testing.T) {
	sourceErr := errors.New("no more tokens")
	for name, tt := range map[string]struct {
		source func(context.Context) (string, error)
		want   error
	}{
		"returns an error":       {func(context.Context) (string, error) { return secretToken, sourceErr }, sourceErr},
		"returns an empty token": {func(context.Context) (string, error) { return "", nil }, nil},
		"returns a newline":      {func(context.Context) (string, error) { return secretToken + "\n", nil }, nil},
		"is cancelled": {func(ctx context.Context) (string, error) {
			<-ctx.Done()
			return "", ctx.Err()
		}, context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if errors.Is(tt.want, context.Canceled) {
				cancel()
			}
			s := &scriptedTransport{steps: []step{respondOK}}
			c, _ := newScriptedClient(t, s, client.WithTokenSource(tt.source))
			err := callsByMethod["GET"](ctx, c)
			if err == nil || s.attempts() > 0 || !errors.Is(err, tt.want) && tt.want != nil ||
				strings.Contains(err.Error(), secretToken) {
				t.Errorf("sent %d requests: %v", s.attempts(), err)
			}
		})
	}
}

func TestRenewalKeepsTheIdempotencyKey(t *testing.T) {
	s := &scriptedTransport{steps: []step{resetConnection, respond(401, ``), resetConnection, respondOK}}
	var i tokenIssuer
	c, _ := newScriptedClient(t, s, client.WithTokenSource(i.token))
	if err := callsByMethod["POST"](t.Context(), c); err != nil || s.attempts() != 4 {
		t.Fatalf("sent %d requests: %v", s.attempts(), err)
	}
	first, body := s.first(t)
	for n, r := range s.requests {
		if got, want := r.Header.Get("X-Auth-Token"), fmt.Sprintf("%s-%d", secretToken, 1+n/2); got != want {
			t.Errorf("attempt %d has the token %q, want %q", n+1, got, want)
		}
		if r.Header.Get("Idempotency-Key") != first.Header.Get("Idempotency-Key") || s.bodies[n] != body || body == "" {
			t.Errorf("attempt %d differs from the first: %v %s", n+1, r.Header, s.bodies[n])
		}
	}
}

func TestStaticTokenIsNotRenewed(t *testing.T) {
	s := &scriptedTransport{steps: []step{respond(401, ``), respondOK}}
	c, _ := newScriptedClient(t, s, client.WithToken(secretToken))
	if err := callsByMethod["GET"](t.Context(), c); !client.IsUnauthorized(err) || s.attempts() != 1 {
		t.Errorf("sent %d requests: %v", s.attempts(), err)
	}
}
