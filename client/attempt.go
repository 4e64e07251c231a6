package client

import (
	"context"
	"log/slog"
	"net/http"
	"time"
)

// An Attempt is one request that was sent, and what came of it.
type Attempt struct {
	// Method and Path are those of the request; the query is left out.
	Method, Path string
	// Number counts the attempts of a call from 1.
	Number int
	// Status is the HTTP status, 0 without an answer.
	Status int
	// RequestID names the request in the service's log, empty without an answer.
	RequestID string
	// Err is why there is no answer.
	Err error
	// Took is how long it took until the answer was read.
	Took time.Duration
	// Again tells whether another attempt follows, after Wait.
	Again bool
	Wait  time.Duration
}

// tell tells those who want to know of an attempt.
func (p *repeater) tell(c *call, resp *http.Response, err error, took, wait time.Duration, again bool) {
	if len(p.onAttempt) == 0 {
		return
	}
	a := Attempt{
		Method: c.request.Method, Path: c.request.URL.EscapedPath(), Number: c.attempts, Err: err, Took: took, Again: again, Wait: wait,
	}
	if resp != nil {
		a.Status, a.RequestID = resp.StatusCode, resp.Header.Get("X-Request-Id")
	}
	for _, f := range p.onAttempt {
		f(c.request.Context(), a)
	}
}

// logAttempts answers a function that logs attempts.
func logAttempts(log *slog.Logger) func(context.Context, Attempt) {
	return func(ctx context.Context, a Attempt) {
		level := slog.LevelDebug
		attrs := []slog.Attr{
			slog.String("method", a.Method), slog.String("path", a.Path), slog.Int("attempt", a.Number), slog.Duration("took", a.Took),
		}
		if a.Err != nil {
			attrs = append(attrs, slog.String("error", a.Err.Error()))
		} else {
			attrs = append(attrs, slog.Int("status", a.Status), slog.String("request_id", a.RequestID))
		}
		if a.Again {
			level = slog.LevelWarn
			attrs = append(attrs, slog.Duration("again_after", a.Wait))
		}
		log.LogAttrs(ctx, level, "request", attrs...)
	}
}
