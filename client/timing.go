package client

import (
	"context"
	"math/rand/v2"
	"time"
)

// timing is what the client knows of time and chance; tests bring their own.
type timing struct {
	now func() time.Time
	// sleep returns after d, or with the context's error when that ends earlier.
	sleep func(ctx context.Context, d time.Duration) error
	// random answers a duration from 0 to below d.
	random func(d time.Duration) time.Duration
}

func realTime() timing {
	return timing{now: time.Now, sleep: sleep, random: random}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func random(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	return rand.N(d) //nolint:gosec // it spreads load and guards nothing
}
