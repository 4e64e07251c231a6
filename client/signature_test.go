package client_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/iam"
	"github.com/peering/peering/internal/peering"
)

// newVerifyingServer starts a server that accepts only requests signed with
// secretKey, and counts them.
func newVerifyingServer(t *testing.T) (url string, accepted *int) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "credentials.yaml")
	text := "access_keys:\n- {access_key: AK, secret_key: " + secretKey + ", project_id: " + project + ", user: u, roles: [admin]}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	keys, err := iam.OpenFile(file, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	accepted = new(int)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := keys.Authenticate(r, ""); err != nil {
			status := http.StatusInternalServerError
			if peering.CodeOf(err) == peering.Unauthenticated {
				status = http.StatusUnauthorized
			}
			w.WriteHeader(status)
			return
		}
		*accepted++
		_, _ = w.Write([]byte(`{}`))
	}))
	t.Cleanup(func() {
		s.Close()
		_ = keys.Close()
	})
	return s.URL, accepted
}

// signedCalls are calls whose requests differ in method, body, query and
// escaping.
var signedCalls = map[string]func(context.Context, *client.Client) error{
	"list": func(ctx context.Context, c *client.Client) error {
		_, err := c.ListVPCPeerings(ctx, client.VPCPeeringQuery{})
		return err
	},
	"list with filters": func(ctx context.Context, c *client.Client) error {
		_, err := c.ListVPCPeerings(ctx, client.VPCPeeringQuery{Name: "a b+c&d=é~*/%", Status: client.Active, Limit: 7, Marker: "z"})
		return err
	},
	"a name in the path": func(ctx context.Context, c *client.Client) error {
		_, err := c.ShowCluster(ctx, "a b+c%2Fé~*;=")
		return err
	},
	"a body": func(ctx context.Context, c *client.Client) error {
		_, err := c.CreateVPCPeering(ctx, client.VPCPeeringCreate{Name: "n", Description: "é \x00 </>"})
		return err
	},
	"a PUT without a body": func(ctx context.Context, c *client.Client) error {
		_, err := c.AcceptVPCPeering(ctx, "1")
		return err
	},
	"PATCH": func(ctx context.Context, c *client.Client) error {
		return c.UpdateCluster(ctx, "1", client.ClusterUpdate{Name: "n"})
	},
	"DELETE": func(ctx context.Context, c *client.Client) error { return c.DeleteVPCPeering(ctx, "1") },
}

func TestSignedRequestsAreAccepted(t *testing.T) {
	url, accepted := newVerifyingServer(t)
	for prefix, options := range map[string][]client.Option{
		"":        {client.WithProject(project)},
		"/a%20b/": {client.WithProject(project), client.WithHTTPClient(&http.Client{Transport: &http.Transport{}})},
	} {
		c, err := client.New(url+prefix, append(options, client.WithCredentials("AK", secretKey))...)
		if err != nil {
			t.Fatal(err)
		}
		for name, call := range signedCalls {
			t.Run(prefix+name, func(t *testing.T) {
				*accepted = 0
				if err := call(t.Context(), c); err != nil || *accepted != 1 {
					t.Errorf("%d requests accepted, want 1: %v", *accepted, err)
				}
			})
		}
	}
}

// tamperer is a transport that changes requests after they are signed.
type tamperer struct {
	next   http.RoundTripper
	change func(*http.Request)
}

func newTamperer(next http.RoundTripper, change func(*http.Request)) tamperer {
	return tamperer{next, change}
}

func (t tamperer) RoundTrip(r *http.Request) (*http.Response, error) {
	t.change(r)
	return t.next.RoundTrip(r)
}

func TestTamperedRequestsAreRejected(t *testing.T) {
	url, accepted := newVerifyingServer(t)
	for name, change := range map[string]func(*http.Request){
		"method":       func(r *http.Request) { r.Method = http.MethodPatch },
		"path":         func(r *http.Request) { r.URL.Path += "x" },
		"query":        func(r *http.Request) { r.URL.RawQuery = "x=1" },
		"host":         func(r *http.Request) { r.Host = "elsewhere.test" },
		"content type": func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") },
		"project":      func(r *http.Request) { r.Header.Set("X-Project-Id", "another") },
		"date":         func(r *http.Request) { r.Header.Set("X-Sdk-Date", "20260102T150405Z") },
		"body": func(r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			body[0] ^= 1
			r.Body = io.NopCloser(bytes.NewReader(body))
		},
	} {
		t.Run(name, func(t *testing.T) {
			*accepted = 0
			c, err := client.New(url, client.WithProject(project), client.WithCredentials("AK", secretKey),
				client.WithHTTPClient(&http.Client{Transport: newTamperer(http.DefaultTransport, change)}))
			if err != nil {
				t.Fatal(err)
			}
			err = signedCalls["a body"](t.Context(), c)
			if !client.IsUnauthorized(err) || *accepted != 0 || strings.Contains(err.Error(), secretKey) {
				t.Errorf("%d requests accepted, want none and no secret in the error: %v", *accepted, err)
			}
		})
	}
}

// The clock advances between attempts by more than the lifetime of a signature.
func TestEachAttemptIsSignedAgain(t *testing.T) {
	begin := time.Now()
	s := &scriptedTransport{steps: []step{
		respond(429, `{"code":"VPC.22115","message":"m"}`, "Retry-After", "1200"), resetConnection, respondOK,
	}}
	c, at := newScriptedClient(t, s, client.WithCredentials("AK", secretKey),
		client.WithRetryPolicy(client.RetryPolicy{MaxRetryAfter: time.Hour, Timeout: time.Hour}))
	at.now = begin
	if err := signedCalls["a body"](t.Context(), c); err != nil || s.attempts() != 3 {
		t.Fatalf("sent %d times, want 3: %v", s.attempts(), err)
	}
	want := []string{sdkDate(begin), sdkDate(at.now.Add(-200 * time.Millisecond)), sdkDate(at.now)}
	for i, r := range s.requests {
		if got := r.Header.Get("X-Sdk-Date"); got != want[i] {
			t.Errorf("attempt %d has the date %s, want %s", i+1, got, want[i])
		}
	}
	if s.requests[0].Header.Get("Authorization") == s.requests[1].Header.Get("Authorization") {
		t.Error("the second attempt has the signature of the first")
	}
}

func sdkDate(at time.Time) string { return at.UTC().Format("20060102T150405Z") }

func TestRetriedRequestsAreAccepted(t *testing.T) {
	url, accepted := newVerifyingServer(t)
	for name, call := range signedCalls {
		t.Run(name, func(t *testing.T) {
			*accepted = 0
			limited := 1
			c, err := client.New(url, client.WithProject(project), client.WithCredentials("AK", secretKey), client.WithTiming(nil, noSleep, nil),
				client.WithTransport(func(next http.RoundTripper) http.RoundTripper { return rateLimiter{next, &limited} }))
			if err != nil {
				t.Fatal(err)
			}
			if err := call(t.Context(), c); err != nil || *accepted != 2 {
				t.Errorf("%d requests accepted, want 2: %v", *accepted, err)
			}
		})
	}
}

// rateLimiter is a transport that turns the next responses into 429.
type rateLimiter struct {
	next    http.RoundTripper
	limited *int
}

func (l rateLimiter) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.next.RoundTrip(r)
	if err != nil || *l.limited == 0 {
		return resp, err
	}
	*l.limited--
	resp.StatusCode = http.StatusTooManyRequests
	return resp, nil
}
