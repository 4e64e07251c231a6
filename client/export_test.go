package client

import (
	"context"
	"time"
)

// WithTiming sets the clock, how a client waits, and chance. A nil one stays as it is.
func WithTiming(now func() time.Time, sleep func(context.Context, time.Duration) error, random func(time.Duration) time.Duration) Option {
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

// CanBecome tells whether a peering in a status may get the other one.
func CanBecome(s, want Status) bool { return canBecome(s, []Status{want}) }
