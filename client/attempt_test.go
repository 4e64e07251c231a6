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

func TestAttemptsAreTold(t *testing.T) {
	s := &script{steps: []step{lost, reply(503, `{"code":"VPC.22108","message":"m"}`, "X-Request-Id", "r2", "Retry-After", "2"), fine}}
	var got []client.Attempt
	c, _ := scripted(t, s, client.WithOnAttempt(func(_ context.Context, a client.Attempt) { got = append(got, a) }))
	if _, err := c.ListVPCPeerings(t.Context(), client.VPCPeeringQuery{Name: "n"}); err != nil {
		t.Fatal(err)
	}
	want := []client.Attempt{
		{Method: "GET", Path: "/v2.0/vpc/peerings", Number: 1, Again: true, Wait: 100 * time.Millisecond},
		{Method: "GET", Path: "/v2.0/vpc/peerings", Number: 2, Status: 503, RequestID: "r2", Again: true, Wait: 2200 * time.Millisecond},
		{Method: "GET", Path: "/v2.0/vpc/peerings", Number: 3, Status: 200},
	}
	if len(got) != len(want) {
		t.Fatalf("told of %+v", got)
	}
	for i := range want {
		if (got[i].Err != nil) != (i == 0) {
			t.Errorf("attempt %d: %v", i+1, got[i].Err)
		}
		if got[i].Err = nil; got[i] != want[i] {
			t.Errorf("attempt %d is %+v, want %+v", i+1, got[i], want[i])
		}
	}
}

func TestTracesSeeEveryAttempt(t *testing.T) {
	var order []string
	wrap := func(name string) client.Option {
		return client.WithTransport(func(next http.RoundTripper) http.RoundTripper {
			return newTamperer(next, func(*http.Request) { order = append(order, name) })
		})
	}
	c, _ := scripted(t, &script{steps: []step{lost, fine}}, wrap("inner"), wrap("outer"))
	if err := doings["POST"](t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(order, " "); got != "outer inner outer inner" {
		t.Errorf("came through %s", got)
	}
}

// TestLogsHoldNoCredentials logs calls that fail in every way.
func TestLogsHoldNoCredentials(t *testing.T) {
	var log bytes.Buffer
	logger := client.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	source := client.WithTokenSource(func(context.Context) (string, error) { return secretToken, nil })
	for _, who := range []client.Option{client.WithToken(secretToken), client.WithCredentials("AK", secretKey), source} {
		s := &script{steps: []step{lost, busy, reply(401, ``), limited, reply(200, `[`), fine}}
		c, _ := scripted(t, s, who, logger, client.WithRetryPolicy(client.RetryPolicy{Attempts: 9}))
		for range 2 {
			_ = doings["POST"](t.Context(), c) // it is about the log only
		}
	}
	for _, secret := range []string{secretToken, secretKey, "Signature", "secret-"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log has %q:\n%s", secret, &log)
		}
	}
	for _, want := range []string{"level=WARN", "level=DEBUG", "attempt=2", "status=503", "again_after=", "path=/v2.0/vpc/peerings", "error="} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, &log)
		}
	}
}

func TestUserAgent(t *testing.T) {
	for name, want := range map[string]string{"": "peering-go", "shop/1.2": "shop/1.2 peering-go"} {
		s := &script{steps: []step{fine}}
		c, _ := scripted(t, s, client.WithUserAgent(name))
		if err := doings["GET"](t.Context(), c); err != nil || s.sent[0].Header.Get("User-Agent") != want {
			t.Errorf("sent %q: %v", s.sent[0].Header.Get("User-Agent"), err)
		}
	}
	if _, err := client.New(client.DefaultEndpoint, client.WithUserAgent("a\nb")); err == nil {
		t.Error("took two lines for a name")
	}
}
