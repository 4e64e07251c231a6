package overload

import (
	"context"
	"time"
)

// Throttler is a connection that can delay its next request.
type Throttler interface {
	// Throttle makes the connection idle for d after the current response,
	// before it reads the next request.
	Throttle(d time.Duration)
}

type throttlerKey struct{}

// WithThrottler returns a context for the requests of a connection. A server
// sets it in http.Server.ConnContext.
func WithThrottler(ctx context.Context, t Throttler) context.Context {
	return context.WithValue(ctx, throttlerKey{}, t)
}

// Throttle throttles the connection of the request with the context ctx. It
// does nothing if the connection is not a Throttler.
func Throttle(ctx context.Context, d time.Duration) {
	if t, ok := ctx.Value(throttlerKey{}).(Throttler); ok {
		t.Throttle(d)
	}
}
