package client_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/peering/peering/client"
)

func TestOnAttemptSeesEveryAttempt(t *testing.T) {
	s := &scriptedTransport{steps: []step{
		resetConnection,
		respond(503, `{"code":"VPC.22108","message":"m"}`, "X-Request-Id", "r2", "Retry-After", "2"),
		respondOK,
	}}
	var got []client.Attempt
	c, _ := newScriptedClient(t, s, client.WithOnAttempt(func(_ context.Context, a client.Attempt) {
		got = append(got, a)
	}))
	if _, err := c.ListVPCPeerings(t.Context(), client.VPCPeeringQuery{Name: "n"}); err != nil {
		t.Fatal(err)
	}
	const path = "/v2.0/vpc/peerings"
	want := []client.Attempt{
		{Method: "GET", Path: path, Number: 1, Again: true, Wait: 100 * time.Millisecond},
		{
			Method: "GET", Path: path, Number: 2, Status: 503, RequestID: "r2",
			Again: true, Wait: 2200 * time.Millisecond,
		},
		{Method: "GET", Path: path, Number: 3, Status: 200},
	}
	if len(got) != len(want) {
		t.Fatalf("got %d attempts, want %d: %+v", len(got), len(want), got)
	}
	for i := range want {
		if (got[i].Err != nil) != (i == 0) {
			t.Errorf("attempt %d has error %v", i+1, got[i].Err)
		}
		if got[i].Err = nil; got[i] != want[i] {
			t.Errorf("attempt %d is %+v, want %+v", i+1, got[i], want[i])
		}
	}
}

func TestWrappedTransportsSeeEveryAttempt(t *testing.T) {
	var order []string
	wrap := func(name string) client.Option {
		return client.WithTransport(func(next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(r *http.Request) (*http.Response, error) {
				order = append(order, name)
				return next.RoundTrip(r)
			})
		})
	}
	s := &scriptedTransport{steps: []step{resetConnection, respondOK}}
	c, _ := newScriptedClient(t, s, wrap("inner"), wrap("outer"))
	if err := callsByMethod["POST"](t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(order, " "); got != "outer inner outer inner" {
		t.Errorf("attempts passed %q, want the outer transport before the inner one, twice", got)
	}
}

func TestLogsContainNoCredentials(t *testing.T) {
	var log bytes.Buffer
	logger := client.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	source := client.WithTokenSource(func(context.Context) (string, error) { return secretToken, nil })
	for _, credentials := range []client.Option{
		client.WithToken(secretToken), client.WithCredentials("AK", secretKey), source,
	} {
		s := &scriptedTransport{steps: []step{
			resetConnection, respondUnavailable, respond(401, ``), respondRateLimited, respond(200, `[`), respondOK,
		}}
		c, _ := newScriptedClient(t, s, credentials, logger, client.WithRetryPolicy(client.RetryPolicy{Attempts: 9}))
		for range 2 {
			_ = callsByMethod["POST"](t.Context(), c) // only the log matters
		}
	}
	for _, secret := range []string{secretToken, secretKey, "Signature", "secret-"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log contains %q:\n%s", secret, &log)
		}
	}
	for _, want := range []string{
		"level=WARN", "level=DEBUG", "attempt=2", "status=503", "again_after=", "path=/v2.0/vpc/peerings", "error=",
	} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, &log)
		}
	}
}

func TestUserAgent(t *testing.T) {
	for name, want := range map[string]string{"": "peering-go", "shop/1.2": "shop/1.2 peering-go"} {
		s := &scriptedTransport{steps: []step{respondOK}}
		c, _ := newScriptedClient(t, s, client.WithUserAgent(name))
		if err := callsByMethod["GET"](t.Context(), c); err != nil {
			t.Fatal(err)
		}
		r, _ := s.first(t)
		if got := r.Header.Get("User-Agent"); got != want {
			t.Errorf("sent User-Agent %q, want %q", got, want)
		}
	}
	if _, err := client.New(client.DefaultEndpoint, client.WithUserAgent("a\nb")); err == nil {
		t.Error("accepted a User-Agent with a newline")
	}
}
