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

func TestKeystoneIsAskedOncePerToken(t *testing.T) {
	const callers = 100
	fake := newFakeKeystone(t, newClock())
	k, _ := fake.open(t)
	fake.issue("first", "admin")
	fake.issue("second", "reader")
	var wait sync.WaitGroup
	answers := make(chan error, 2*callers)
	for _, token := range []string{"first", "second"} {
		for range callers {
			r := withToken(t, token)
			wait.Go(func() {
				got, err := k.Authenticate(r, "")
				if err == nil && got.MayChange() != (token == "first") {
					err = fmt.Errorf("the caller with token %s is %+v", token, got)
				}
				answers <- err
			})
		}
	}
	wait.Wait()
	for range 2 * callers {
		if err := <-answers; err != nil {
			t.Error(err)
		}
	}
	fake.wantAsks(t, 2)
}

func TestKeystoneIsAskedAgainAfterTheCacheTime(t *testing.T) {
	tests := []struct {
		name  string
		cache time.Duration
		want  time.Duration
	}{
		{"by default", 0, time.Minute},
		{"as long as may be", time.Minute, time.Minute},
		{"a second", time.Second, time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newClock()
			fake := newFakeKeystone(t, c)
			k, _ := fake.open(t, func(cfg *iam.KeystoneConfig) { cfg.Cache = tt.cache })
			fake.issue("token", "admin")
			wantToken(t, k, "token", "")
			fake.revoke("token")
			c.pass(tt.want - 1)
			wantToken(t, k, "token", "")
			fake.wantAsks(t, 1)
			c.pass(1)
			wantToken(t, k, "token", peering.Unauthenticated)
			fake.wantAsks(t, 2)
		})
	}
}

func TestKeystoneRefusalsAreNotRemembered(t *testing.T) {
	fake := newFakeKeystone(t, newClock())
	k, _ := fake.open(t)
	wantToken(t, k, "token", peering.Unauthenticated)
	fake.issue("token", "auditor")
	wantToken(t, k, "token", peering.Forbidden)
	fake.answer(status(http.StatusInternalServerError))
	wantToken(t, k, "token", peering.Unavailable)
	fake.answer(nil)
	fake.issue("token", "admin")
	wantToken(t, k, "token", "")
	fake.wantAsks(t, 4)
}

func TestKeystoneRemembersNoMoreThanItMay(t *testing.T) {
	fake := newFakeKeystone(t, newClock())
	k, _ := fake.open(t)
	k.Remember(10)
	for i := range 30 {
		token := fmt.Sprintf("token-%d", i)
		fake.issue(token, "admin")
		wantToken(t, k, token, "")
		wantToken(t, k, token, "") // the newest is there
		if n := k.Remembered(); n > 10 {
			t.Fatalf("%d tokens are remembered", n)
		}
	}
	fake.wantAsks(t, 30)
}

// A caller who leaves does not take the answer along from those who wait for it, too.
func TestKeystoneCallersLeaveByThemselves(t *testing.T) {
	fake := newFakeKeystone(t, newClock())
	k, _ := fake.open(t)
	fake.issue("token", "admin")
	asked, goOn := make(chan struct{}), make(chan struct{})
	fake.answer(func(w http.ResponseWriter, r *http.Request) {
		close(asked)
		<-goOn
		fake.answer(nil)
		fake.answerAsk(w, r)
	})
	answers := func(ctx context.Context) <-chan error {
		r, answer := withToken(t, "token").WithContext(ctx), make(chan error, 1)
		go func() {
			_, err := k.Authenticate(r, "")
			answer <- err
		}()
		return answer
	}
	ctx, leave := context.WithCancel(t.Context())
	first := answers(ctx)
	<-asked
	second := answers(t.Context())
	leave()
	err := <-first
	wantCode(t, err, peering.Unavailable)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
	close(goOn)
	wantCode(t, <-second, "")
	fake.wantAsks(t, 2) // the fake counts its own answer to the held question, too
}
