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

// checking answers a server that takes requests which the secret key has signed, and counts them.
func checking(t *testing.T) (url string, taken *int) {
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
	taken = new(int)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := keys.Authenticate(r, ""); err != nil {
			status := http.StatusInternalServerError
			if peering.CodeOf(err) == peering.Unauthenticated {
				status = http.StatusUnauthorized
			}
			w.WriteHeader(status)
			return
		}
		*taken++
		_, _ = w.Write([]byte(`{}`))
	}))
	t.Cleanup(func() {
		s.Close()
		_ = keys.Close()
	})
	return s.URL, taken
}

// calls make requests of all shapes: with and without a body, a query, and what has to be escaped.
var calls = map[string]func(context.Context, *client.Client) error{
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
	"a change": func(ctx context.Context, c *client.Client) error {
		return c.UpdateCluster(ctx, "1", client.ClusterUpdate{Name: "n"})
	},
	"a deletion": func(ctx context.Context, c *client.Client) error { return c.DeleteVPCPeering(ctx, "1") },
}

func TestSignaturesAreTaken(t *testing.T) {
	url, taken := checking(t)
	for prefix, options := range map[string][]client.Option{
		"":        {client.WithProject(project)},
		"/a%20b/": {client.WithProject(project), client.WithHTTPClient(&http.Client{Transport: &http.Transport{}})},
	} {
		c, err := client.New(url+prefix, append(options, client.WithCredentials("AK", secretKey))...)
		if err != nil {
			t.Fatal(err)
		}
		for name, call := range calls {
			t.Run(prefix+name, func(t *testing.T) {
				*taken = 0
				if err := call(t.Context(), c); err != nil || *taken != 1 {
					t.Errorf("%d were taken: %v", *taken, err)
				}
			})
		}
	}
}

// meddler changes requests that are signed.
type meddler struct {
	next   http.RoundTripper
	change func(*http.Request)
}

func meddlerOf(next http.RoundTripper, change func(*http.Request)) meddler {
	return meddler{next, change}
}

func (m meddler) RoundTrip(r *http.Request) (*http.Response, error) {
	m.change(r)
	return m.next.RoundTrip(r)
}

func TestSignaturesCoverWhatMatters(t *testing.T) {
	url, taken := checking(t)
	for name, change := range map[string]func(*http.Request){
		"the method":  func(r *http.Request) { r.Method = http.MethodPatch },
		"the path":    func(r *http.Request) { r.URL.Path += "x" },
		"the query":   func(r *http.Request) { r.URL.RawQuery = "x=1" },
		"the host":    func(r *http.Request) { r.Host = "elsewhere.test" },
		"the type":    func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") },
		"the project": func(r *http.Request) { r.Header.Set("X-Project-Id", "another") },
		"the date":    func(r *http.Request) { r.Header.Set("X-Sdk-Date", "20260102T150405Z") },
		"the body": func(r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			body[0] ^= 1
			r.Body = io.NopCloser(bytes.NewReader(body))
		},
	} {
		t.Run(name, func(t *testing.T) {
			*taken = 0
			c, err := client.New(url, client.WithProject(project), client.WithCredentials("AK", secretKey),
				client.WithHTTPClient(&http.Client{Transport: meddlerOf(http.DefaultTransport, change)}))
			if err != nil {
				t.Fatal(err)
			}
			err = calls["a body"](t.Context(), c)
			if !client.IsUnauthorized(err) || *taken != 0 || strings.Contains(err.Error(), secretKey) {
				t.Errorf("%d were taken: %v", *taken, err)
			}
		})
	}
}

// TestEachAttemptIsSignedAnew has the clock go on between attempts for longer than a signature lives.
func TestEachAttemptIsSignedAnew(t *testing.T) {
	begin := time.Now()
	s := &script{steps: []step{
		reply(429, `{"code":"VPC.22115","message":"m"}`, "Retry-After", "1200"), lost, fine,
	}}
	c, at := scripted(t, s, client.WithCredentials("AK", secretKey),
		client.WithRetryPolicy(client.RetryPolicy{MaxRetryAfter: time.Hour, Timeout: time.Hour}))
	at.now = begin
	if err := calls["a body"](t.Context(), c); err != nil || len(s.sent) != 3 {
		t.Fatalf("sent %d times: %v", len(s.sent), err)
	}
	want := []string{dateOf(begin), dateOf(at.now.Add(-200 * time.Millisecond)), dateOf(at.now)}
	for i, r := range s.sent {
		if got := r.Header.Get("X-Sdk-Date"); got != want[i] {
			t.Errorf("attempt %d is of %s, want %s", i+1, got, want[i])
		}
	}
	if s.sent[0].Header.Get("Authorization") == s.sent[1].Header.Get("Authorization") {
		t.Error("the second attempt has the signature of the first")
	}
}

func dateOf(at time.Time) string { return at.UTC().Format("20060102T150405Z") }

// TestRepetitionsAreTaken has what knows signatures look at a second attempt.
func TestRepetitionsAreTaken(t *testing.T) {
	url, taken := checking(t)
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			*taken = 0
			lose := 1
			c, err := client.New(url, client.WithProject(project), client.WithCredentials("AK", secretKey), client.WithTiming(nil, at0, nil),
				client.WithTransport(func(next http.RoundTripper) http.RoundTripper { return loser{next, &lose} }))
			if err != nil {
				t.Fatal(err)
			}
			if err := call(t.Context(), c); err != nil || *taken != 2 {
				t.Errorf("%d were taken: %v", *taken, err)
			}
		})
	}
}

// at0 does not wait.
func at0(ctx context.Context, _ time.Duration) error { return ctx.Err() }

// loser answers 429 in place of some answers.
type loser struct {
	next http.RoundTripper
	lose *int
}

func (l loser) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.next.RoundTrip(r)
	if err != nil || *l.lose == 0 {
		return resp, err
	}
	*l.lose--
	resp.StatusCode = http.StatusTooManyRequests
	return resp, nil
}
