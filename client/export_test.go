package client

import (
	"context"
	"time"
)

// WithTiming replaces the clock, the sleep function and the source of
// randomness. Nil arguments leave the defaults.
func WithTiming(
	now func() time.Time,
	sleep func(context.Context, time.Duration) error,
	random func(time.Duration) time.Duration,
) Option {
	return func(o *options) {
		if now != nil {
			o.timing.now = now
		}
		if sleep != nil {
			o.timing.sleep = sleep
		}
		if random != nil {
			o.timing.random = random
		}
	}
}

// CanReach reports whether a peering with status s can still get the wanted
// status.
func CanReach(s, want Status) bool { return canReach(s, []Status{want}) }
