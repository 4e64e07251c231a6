package iam_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/peering/peering/internal/peering"
)

func TestKeystoneFailures(t *testing.T) {
	tests := []struct {
		name    string
		handler http.HandlerFunc
		code    peering.Code
	}{
		{"bad request is unauthenticated", failWith(http.StatusBadRequest), peering.Unauthenticated},
		{"too large headers are unauthenticated", failWith(http.StatusRequestHeaderFieldsTooLarge), peering.Unauthenticated},
		{"unauthorized service is unavailable", failWith(http.StatusUnauthorized), peering.Unavailable},
		{"forbidden service is unavailable", failWith(http.StatusForbidden), peering.Unavailable},
		{"too many requests is unavailable", failWith(http.StatusTooManyRequests), peering.Unavailable},
		{"internal error is unavailable", failWith(http.StatusInternalServerError), peering.Unavailable},
		{"bad gateway is unavailable", failWith(http.StatusBadGateway), peering.Unavailable},
		{"overload is unavailable", failWith(http.StatusServiceUnavailable), peering.Unavailable},
		{"redirect is unavailable", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/v3/elsewhere", http.StatusTemporaryRedirect)
		}, peering.Unavailable},
		{"empty body is unavailable", func(http.ResponseWriter, *http.Request) {}, peering.Unavailable},
		{"HTML is unavailable", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }, peering.Unavailable},
		{"empty object is unavailable", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{}")) }, peering.Unavailable},
		{"closed connection is unavailable", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, peering.Unavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fake := newFakeKeystone(t, newClock())
			k, log := fake.connect(t)
			fake.handleValidations(tt.handler)
			_, err := k.Authenticate(tokenRequest(t, "token-of-alice"), "")
			wantCode(t, err, tt.code)
			want := 0
			if tt.code == peering.Unavailable {
				want = 1
			}
			if lines := log.lines(slog.LevelError); len(lines) != want {
				t.Errorf("error lines are %q, want %d", lines, want)
			}
			wantNoSecret(t, formatted(err)+log.String(), "token-of-alice", servicePassword, "service-token-1", "service-token-2")
			fake.handleValidations(nil)
			fake.issue("token-of-bob", "admin")
			wantToken(t, k, "token-of-bob", "")
		})
	}
}

func TestKeystoneDown(t *testing.T) {
	fake := newFakeKeystone(t, newClock())
	k, log := fake.connect(t)
	fake.issue("token", "admin")
	wantToken(t, k, "token", "")
	fake.Close()
	wantToken(t, k, "another", peering.Unavailable)
	wantToken(t, k, "token", "") // cached
	fake.clock.advance(time.Minute)
	wantToken(t, k, "token", peering.Unavailable)
	if lines := log.lines(slog.LevelError); len(lines) != 2 {
		t.Errorf("error lines are %q, want two", lines)
	}
}

func TestKeystoneTimeout(t *testing.T) {
	fake := newFakeKeystone(t, newClock())
	k, log := fake.connect(t)
	k.SetTimeout(50 * time.Millisecond)
	canceled := make(chan struct{})
	fake.handleValidations(func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done() // never responds
		close(canceled)
	})
	wantToken(t, k, "token", peering.Unavailable)
	<-canceled
	if lines := log.lines(slog.LevelError); len(lines) != 1 || !strings.Contains(lines[0], "in time") {
		t.Errorf("error lines are %q, want one about the timeout", lines)
	}
}

func TestKeystoneCircuitBreaker(t *testing.T) {
	c := newClock()
	fake := newFakeKeystone(t, c)
	k, log := fake.connect(t)
	fake.issue("cached", "admin")
	wantToken(t, k, "cached", "")
	fake.issue("token", "admin")
	fake.handleValidations(failWith(http.StatusServiceUnavailable))
	for i := range 20 {
		wantToken(t, k, fmt.Sprintf("token-%d", i), peering.Unavailable)
	}
	fake.wantValidations(t, 1+5)
	wantToken(t, k, "cached", "")

	c.advance(5*time.Second - 1)
	wantToken(t, k, "token", peering.Unavailable)
	fake.wantValidations(t, 6)
	c.advance(1) // one probe is sent, and fails
	wantToken(t, k, "token", peering.Unavailable)
	wantToken(t, k, "token", peering.Unavailable)
	fake.wantValidations(t, 7)

	fake.handleValidations(nil)
	wantToken(t, k, "token", peering.Unavailable)
	c.advance(5 * time.Second)
	wantToken(t, k, "token", "")
	wantToken(t, k, "unknown-token", peering.Unauthenticated)
	fake.wantValidations(t, 9)
	if lines := log.lines(slog.LevelError); len(lines) != 6 {
		t.Errorf("error lines are %q, want 6", lines)
	}
	if lines := log.lines(slog.LevelInfo); len(lines) != 1 || !strings.Contains(lines[0], "again") {
		t.Errorf("info lines are %q, want one about the recovery", lines)
	}
}

func TestKeystoneCircuitBreakerSendsOneProbeAtATime(t *testing.T) {
	c := newClock()
	fake := newFakeKeystone(t, c)
	k, _ := fake.connect(t)
	fake.handleValidations(failWith(http.StatusServiceUnavailable))
	for i := range 5 {
		wantToken(t, k, fmt.Sprintf("token-%d", i), peering.Unavailable)
	}
	c.advance(5 * time.Second)
	started, proceed := make(chan struct{}), make(chan struct{})
	fake.handleValidations(func(w http.ResponseWriter, _ *http.Request) {
		close(started)
		<-proceed
		w.WriteHeader(http.StatusNotFound)
	})
	probed := make(chan error, 1)
	first := tokenRequest(t, "first")
	go func() {
		_, err := k.Authenticate(first, "")
		probed <- err
	}()
	<-started
	wantToken(t, k, "second", peering.Unavailable)
	close(proceed)
	wantCode(t, <-probed, peering.Unauthenticated)
	fake.handleValidations(nil)
	wantToken(t, k, "second", peering.Unauthenticated)
	fake.wantValidations(t, 7)
}

// Only consecutive failures open the circuit, and an unknown token is not a
// failure.
func TestKeystoneCircuitBreakerStaysClosedOnOccasionalFailures(t *testing.T) {
	fake := newFakeKeystone(t, newClock())
	k, _ := fake.connect(t)
	for i := range 20 {
		handler, want := failWith(http.StatusServiceUnavailable), peering.Unavailable
		if i%5 == 4 {
			handler, want = nil, peering.Unauthenticated
		}
		fake.handleValidations(handler)
		wantToken(t, k, fmt.Sprintf("token-%d", i), want)
	}
	fake.wantValidations(t, 20)
}

func TestKeystoneServiceTokenIsRenewedOnce(t *testing.T) {
	fake := newFakeKeystone(t, newClock())
	k, log := fake.connect(t)
	fake.expireServiceToken()
	const callers = 20
	var wait sync.WaitGroup
	results := make(chan error, callers)
	for i := range callers {
		token := fmt.Sprintf("token-%d", i)
		fake.issue(token, "admin")
		r := tokenRequest(t, token)
		wait.Go(func() {
			_, err := k.Authenticate(r, "")
			results <- err
		})
	}
	wait.Wait()
	for range callers {
		wantCode(t, <-results, "")
	}
	if logins, _ := fake.counts(); logins != 2 {
		t.Errorf("the service got %d tokens, want one at the start and one renewal", logins)
	}
	if lines := log.lines(slog.LevelError); len(lines) > 0 {
		t.Errorf("error lines are %q, want none", lines)
	}
}

func TestKeystoneServiceTokenCannotBeRenewed(t *testing.T) {
	fake := newFakeKeystone(t, newClock())
	k, log := fake.connect(t)
	fake.issue("token-of-alice", "admin")
	fake.expireServiceToken()
	fake.handleLogins(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "rejected "+servicePassword+" "+r.Header.Get("X-Auth-Token"), http.StatusUnauthorized)
	})
	_, err := k.Authenticate(tokenRequest(t, "token-of-alice"), "")
	wantCode(t, err, peering.Unavailable)
	if logins, _ := fake.counts(); logins != 2 {
		t.Errorf("the service requested %d tokens, want 2", logins)
	}
	if !strings.Contains(errors.Unwrap(err).Error(), "own") {
		t.Errorf("error is %v, want one about the service's own token", err)
	}
	wantNoSecret(t, formatted(err)+log.String(), "token-of-alice", servicePassword, "service-token-1")
	fake.handleLogins(nil)
	wantToken(t, k, "token-of-alice", "")
}
