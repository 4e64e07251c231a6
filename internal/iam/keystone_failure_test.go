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

func TestKeystoneThatFails(t *testing.T) {
	tests := []struct {
		name string
		ask  http.HandlerFunc
		code peering.Code
	}{
		{"does not understand", status(http.StatusBadRequest), peering.Unauthenticated},
		{"takes no such header", status(http.StatusRequestHeaderFieldsTooLarge), peering.Unauthenticated},
		{"does not take the service", status(http.StatusUnauthorized), peering.Unavailable},
		{"does not let the service ask", status(http.StatusForbidden), peering.Unavailable},
		{"is asked too often", status(http.StatusTooManyRequests), peering.Unavailable},
		{"is broken", status(http.StatusInternalServerError), peering.Unavailable},
		{"is behind a broken proxy", status(http.StatusBadGateway), peering.Unavailable},
		{"is overloaded", status(http.StatusServiceUnavailable), peering.Unavailable},
		{"is somewhere else", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/v3/elsewhere", http.StatusTemporaryRedirect)
		}, peering.Unavailable},
		{"says nothing", func(http.ResponseWriter, *http.Request) {}, peering.Unavailable},
		{"says something else", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }, peering.Unavailable},
		{"says what means nothing", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{}")) }, peering.Unavailable},
		{"hangs up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, peering.Unavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fake := newFakeKeystone(t, newClock())
			k, log := fake.open(t)
			fake.answer(tt.ask)
			_, err := k.Authenticate(withToken(t, "token-of-alice"), "")
			wantCode(t, err, tt.code)
			want := 0
			if tt.code == peering.Unavailable {
				want = 1
			}
			if lines := log.lines(slog.LevelError); len(lines) != want {
				t.Errorf("the log says %q", lines)
			}
			wantNoSecret(t, printed(err)+log.String(), "token-of-alice", ownPassword, "own-token-1", "own-token-2")
			fake.answer(nil)
			fake.issue("token-of-bob", "admin")
			wantToken(t, k, "token-of-bob", "")
		})
	}
}

func TestKeystoneThatIsGone(t *testing.T) {
	fake := newFakeKeystone(t, newClock())
	k, log := fake.open(t)
	fake.issue("token", "admin")
	wantToken(t, k, "token", "")
	fake.Close()
	wantToken(t, k, "another", peering.Unavailable)
	wantToken(t, k, "token", "") // it is remembered
	fake.clock.pass(time.Minute)
	wantToken(t, k, "token", peering.Unavailable)
	if lines := log.lines(slog.LevelError); len(lines) != 2 {
		t.Errorf("the log says %q", lines)
	}
}

func TestKeystoneThatIsSlow(t *testing.T) {
	fake := newFakeKeystone(t, newClock())
	k, log := fake.open(t)
	k.WaitFor(50 * time.Millisecond)
	left := make(chan struct{})
	fake.answer(func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done() // it would never answer
		close(left)
	})
	wantToken(t, k, "token", peering.Unavailable)
	<-left
	if lines := log.lines(slog.LevelError); len(lines) != 1 || !strings.Contains(lines[0], "in time") {
		t.Errorf("the log says %q", lines)
	}
}

func TestKeystoneIsLeftAloneWhileItFails(t *testing.T) {
	c := newClock()
	fake := newFakeKeystone(t, c)
	k, log := fake.open(t)
	fake.issue("known", "admin")
	wantToken(t, k, "known", "")
	fake.issue("token", "admin")
	fake.answer(status(http.StatusServiceUnavailable))
	for i := range 20 {
		wantToken(t, k, fmt.Sprintf("token-%d", i), peering.Unavailable)
	}
	fake.wantAsks(t, 1+5)
	wantToken(t, k, "known", "")

	c.pass(5*time.Second - 1)
	wantToken(t, k, "token", peering.Unavailable)
	fake.wantAsks(t, 6)
	c.pass(1) // one may try, and fails
	wantToken(t, k, "token", peering.Unavailable)
	wantToken(t, k, "token", peering.Unavailable)
	fake.wantAsks(t, 7)

	fake.answer(nil)
	wantToken(t, k, "token", peering.Unavailable)
	c.pass(5 * time.Second)
	wantToken(t, k, "token", "")
	wantToken(t, k, "nobody's", peering.Unauthenticated)
	fake.wantAsks(t, 9)
	if lines := log.lines(slog.LevelError); len(lines) != 6 {
		t.Errorf("the log has %d errors: %q", len(lines), lines)
	}
	if lines := log.lines(slog.LevelInfo); len(lines) != 1 || !strings.Contains(lines[0], "again") {
		t.Errorf("the log says %q", lines)
	}
}

func TestKeystoneIsTriedByOneAtATime(t *testing.T) {
	c := newClock()
	fake := newFakeKeystone(t, c)
	k, _ := fake.open(t)
	fake.answer(status(http.StatusServiceUnavailable))
	for i := range 5 {
		wantToken(t, k, fmt.Sprintf("token-%d", i), peering.Unavailable)
	}
	c.pass(5 * time.Second)
	asked, goOn := make(chan struct{}), make(chan struct{})
	fake.answer(func(w http.ResponseWriter, _ *http.Request) {
		close(asked)
		<-goOn
		w.WriteHeader(http.StatusNotFound)
	})
	tried := make(chan error, 1)
	first := withToken(t, "first")
	go func() {
		_, err := k.Authenticate(first, "")
		tried <- err
	}()
	<-asked
	wantToken(t, k, "second", peering.Unavailable)
	close(goOn)
	wantCode(t, <-tried, peering.Unauthenticated)
	fake.answer(nil)
	wantToken(t, k, "second", peering.Unauthenticated)
	fake.wantAsks(t, 7)
}

// Failures have to come in a row, and a token that nobody knows is none.
func TestKeystoneThatFailsAtTimesIsAsked(t *testing.T) {
	fake := newFakeKeystone(t, newClock())
	k, _ := fake.open(t)
	for i := range 20 {
		fake.answer(status(http.StatusServiceUnavailable))
		if i%5 == 4 {
			fake.answer(nil)
		}
		wantToken(t, k, fmt.Sprintf("token-%d", i), map[bool]peering.Code{true: peering.Unauthenticated, false: peering.Unavailable}[i%5 == 4])
	}
	fake.wantAsks(t, 20)
}

func TestKeystoneTokenOfTheServiceIsRenewed(t *testing.T) {
	fake := newFakeKeystone(t, newClock())
	k, log := fake.open(t)
	fake.expireOwn()
	const callers = 20
	var wait sync.WaitGroup
	answers := make(chan error, callers)
	for i := range callers {
		token := fmt.Sprintf("token-%d", i)
		fake.issue(token, "admin")
		r := withToken(t, token)
		wait.Go(func() {
			_, err := k.Authenticate(r, "")
			answers <- err
		})
	}
	wait.Wait()
	for range callers {
		wantCode(t, <-answers, "")
	}
	if logins, _ := fake.counts(); logins != 2 {
		t.Errorf("the service got a token %d times, want once at its start and once again", logins)
	}
	if lines := log.lines(slog.LevelError); len(lines) > 0 {
		t.Errorf("the log says %q", lines)
	}
}

func TestKeystoneTokenOfTheServiceIsNotRenewed(t *testing.T) {
	fake := newFakeKeystone(t, newClock())
	k, log := fake.open(t)
	fake.issue("token-of-alice", "admin")
	fake.expireOwn()
	fake.answerLogins(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "no "+ownPassword+" "+r.Header.Get("X-Auth-Token"), http.StatusUnauthorized)
	})
	_, err := k.Authenticate(withToken(t, "token-of-alice"), "")
	wantCode(t, err, peering.Unavailable)
	if logins, _ := fake.counts(); logins != 2 {
		t.Errorf("the service asked for a token %d times", logins)
	}
	if !strings.Contains(errors.Unwrap(err).Error(), "own") {
		t.Errorf("error is %v", err)
	}
	wantNoSecret(t, printed(err)+log.String(), "token-of-alice", ownPassword, "own-token-1")
	fake.answerLogins(nil)
	wantToken(t, k, "token-of-alice", "")
}
