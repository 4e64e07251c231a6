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

// issuer is a source of tokens and a service that takes the last one that it issued.
type issuer struct {
	issued, refusals atomic.Int32
	// never makes the service take none.
	never bool
}

func (i *issuer) token(context.Context) (string, error) {
	return fmt.Sprintf("%s-%d", secretToken, i.issued.Add(1)), nil
}

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if i.never || r.Header.Get("X-Auth-Token") != fmt.Sprintf("%s-%d", secretToken, i.issued.Load()) {
		i.refusals.Add(1)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	_, _ = w.Write([]byte(`{"peering":{"id":"1"}}`))
}

// client answers a client of the issuer's service with its tokens.
func (i *issuer) client(t *testing.T, opts ...client.Option) *client.Client {
	t.Helper()
	s := httptest.NewServer(i)
	t.Cleanup(s.Close)
	c, err := client.New(s.URL, append(opts, client.WithTokenSource(i.token))...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTokenIsKeptUntilItIsRefused(t *testing.T) {
	var i issuer
	c := i.client(t)
	for _, tt := range []struct{ revoked, want int32 }{{0, 1}, {0, 1}, {1, 3}, {0, 3}} {
		i.issued.Add(tt.revoked) // as one more was issued, the client's is worth nothing
		if err := doings["POST"](t.Context(), c); err != nil || i.issued.Load() != tt.want {
			t.Errorf("%d tokens issued, want %d: %v", i.issued.Load(), tt.want, err)
		}
	}
	if i.refusals.Load() != 1 {
		t.Errorf("%d refusals", i.refusals.Load())
	}
}

func TestTokenIsRenewedOnceInACall(t *testing.T) {
	i := issuer{never: true}
	c := i.client(t)
	if err := doings["GET"](t.Context(), c); !client.IsUnauthorized(err) {
		t.Errorf("answered %v", err)
	}
	if i.issued.Load() != 2 || i.refusals.Load() != 2 {
		t.Errorf("%d tokens issued, %d refused", i.issued.Load(), i.refusals.Load())
	}
}

// TestTokenIsRenewedOnceByManyCalls has many calls meet a token that is not taken any more, all before any of them can get
// another one.
func TestTokenIsRenewedOnceByManyCalls(t *testing.T) {
	const calls = 50
	var i issuer
	c := i.client(t, client.WithHTTPClient(&http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: calls}}))
	if err := doings["GET"](t.Context(), c); err != nil {
		t.Fatal(err)
	}
	i.issued.Add(1)
	var calling sync.WaitGroup
	for range calls {
		calling.Go(func() {
			if err := doings["GET"](t.Context(), c); err != nil {
				t.Error(err)
			}
		})
	}
	calling.Wait()
	if got := i.issued.Load(); got != 3 {
		t.Errorf("%d tokens issued, want 3", got)
	}
}

func TestSourcesThatFail(t *testing.T) {
	broken := errors.New("no more tokens")
	for name, tt := range map[string]struct {
		source func(context.Context) (string, error)
		want   error
	}{
		"an error":    {func(context.Context) (string, error) { return secretToken, broken }, broken},
		"nothing":     {func(context.Context) (string, error) { return "", nil }, nil},
		"two lines":   {func(context.Context) (string, error) { return secretToken + "\n", nil }, nil},
		"out of time": {func(ctx context.Context) (string, error) { <-ctx.Done(); return "", ctx.Err() }, context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if errors.Is(tt.want, context.Canceled) {
				cancel()
			}
			s := &script{steps: []step{fine}}
			c, _ := scripted(t, s, client.WithTokenSource(tt.source))
			err := doings["GET"](ctx, c)
			if err == nil || len(s.sent) > 0 || !errors.Is(err, tt.want) && tt.want != nil || strings.Contains(err.Error(), secretToken) {
				t.Errorf("sent %d times: %v", len(s.sent), err)
			}
		})
	}
}

// TestRenewalKeepsTheKey has a creation's answer lost, and then its token refused.
func TestRenewalKeepsTheKey(t *testing.T) {
	s := &script{steps: []step{lost, reply(401, ``), lost, fine}}
	var i issuer
	c, _ := scripted(t, s, client.WithTokenSource(i.token))
	if err := doings["POST"](t.Context(), c); err != nil || len(s.sent) != 4 {
		t.Fatalf("sent %d times: %v", len(s.sent), err)
	}
	for n, r := range s.sent {
		if got, want := r.Header.Get("X-Auth-Token"), fmt.Sprintf("%s-%d", secretToken, 1+n/2); got != want {
			t.Errorf("attempt %d has %q, want %q", n+1, got, want)
		}
		if r.Header.Get("Idempotency-Key") != s.sent[0].Header.Get("Idempotency-Key") || s.bodies[n] != s.bodies[0] || s.bodies[0] == "" {
			t.Errorf("attempt %d is another request: %v %s", n+1, r.Header, s.bodies[n])
		}
	}
}

// TestStaticTokenIsNotRenewed answers 401 once.
func TestStaticTokenIsNotRenewed(t *testing.T) {
	s := &script{steps: []step{reply(401, ``), fine}}
	c, _ := scripted(t, s, client.WithToken(secretToken))
	if err := doings["GET"](t.Context(), c); !client.IsUnauthorized(err) || len(s.sent) != 1 {
		t.Errorf("sent %d times: %v", len(s.sent), err)
	}
}
