package client

import (
	"context"
	"math/rand/v2"
	"time"
)

// timing is the client's source of time and randomness. Tests replace it.
type timing struct {
	now func() time.Time
	// sleep blocks for d. It returns the context's error if the context ends
	// first.
	sleep func(ctx context.Context, d time.Duration) error
	// random returns a duration in [0, d).
	random func(d time.Duration) time.Duration
}

func systemTiming() timing {
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
	return rand.N(d) //nolint:gosec // jitter does not need a cryptographic source
}
