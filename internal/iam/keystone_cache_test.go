package iam_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/peering/peering/internal/iam"
	"github.com/peering/peering/internal/peering"
)

func TestKeystoneValidatesEachTokenOnce(t *testing.T) {
	const callers = 100
	fake := newFakeKeystone(t, newClock())
	k, _ := fake.connect(t)
	fake.issue("first", "admin")
	fake.issue("second", "reader")
	var wait sync.WaitGroup
	results := make(chan error, 2*callers)
	for _, token := range []string{"first", "second"} {
		for range callers {
			r := tokenRequest(t, token)
			wait.Go(func() {
				got, err := k.Authenticate(r, "")
				if err == nil && got.CanWrite() != (token == "first") {
					err = fmt.Errorf("the caller with token %s is %+v", token, got)
				}
				results <- err
			})
		}
	}
	wait.Wait()
	for range 2 * callers {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	fake.wantValidations(t, 2)
}

func TestKeystoneRevalidatesAfterTheCacheTTL(t *testing.T) {
	tests := []struct {
		name string
		ttl  time.Duration
		want time.Duration
	}{
		{"default", 0, time.Minute},
		{"maximum", time.Minute, time.Minute},
		{"one second", time.Second, time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newClock()
			fake := newFakeKeystone(t, c)
			k, _ := fake.connect(t, func(cfg *iam.KeystoneConfig) { cfg.CacheTTL = tt.ttl })
			fake.issue("token", "admin")
			wantToken(t, k, "token", "")
			fake.revoke("token")
			c.advance(tt.want - 1)
			wantToken(t, k, "token", "")
			fake.wantValidations(t, 1)
			c.advance(1)
			wantToken(t, k, "token", peering.Unauthenticated)
			fake.wantValidations(t, 2)
		})
	}
}

func TestKeystoneErrorsAreNotCached(t *testing.T) {
	fake := newFakeKeystone(t, newClock())
	k, _ := fake.connect(t)
	wantToken(t, k, "token", peering.Unauthenticated)
	fake.issue("token", "auditor")
	wantToken(t, k, "token", peering.Forbidden)
	fake.handleValidations(failWith(http.StatusInternalServerError))
	wantToken(t, k, "token", peering.Unavailable)
	fake.handleValidations(nil)
	fake.issue("token", "admin")
	wantToken(t, k, "token", "")
	fake.wantValidations(t, 4)
}

func TestKeystoneCacheIsBounded(t *testing.T) {
	fake := newFakeKeystone(t, newClock())
	k, _ := fake.connect(t)
	k.SetCacheSize(10)
	for i := range 30 {
		token := fmt.Sprintf("token-%d", i)
		fake.issue(token, "admin")
		wantToken(t, k, token, "")
		wantToken(t, k, token, "") // the newest is cached
		if n := k.CacheLen(); n > 10 {
			t.Fatalf("%d tokens are cached, want at most 10", n)
		}
	}
	fake.wantValidations(t, 30)
}

// A canceled request must not cancel the validation that others wait for.
func TestKeystoneValidationOutlivesACanceledRequest(t *testing.T) {
	fake := newFakeKeystone(t, newClock())
	k, _ := fake.connect(t)
	fake.issue("token", "admin")
	started, proceed := make(chan struct{}), make(chan struct{})
	fake.handleValidations(func(w http.ResponseWriter, r *http.Request) {
		close(started)
		<-proceed
		fake.handleValidations(nil)
		fake.validate(w, r)
	})
	authenticate := func(ctx context.Context) <-chan error {
		r, result := tokenRequest(t, "token").WithContext(ctx), make(chan error, 1)
		go func() {
			_, err := k.Authenticate(r, "")
			result <- err
		}()
		return result
	}
	ctx, cancel := context.WithCancel(t.Context())
	first := authenticate(ctx)
	<-started
	second := authenticate(t.Context())
	cancel()
	err := <-first
	wantCode(t, err, peering.Unavailable)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
	close(proceed)
	wantCode(t, <-second, "")
	fake.wantValidations(t, 2) // the handler that held the request counts it again
}
