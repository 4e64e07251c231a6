package client

import (
	"context"
	"log/slog"
	"net/http"
	"time"
)

// An Attempt describes one attempt to send a request, and its result.
type Attempt struct {
	// Method and Path are those of the request. The query is omitted.
	Method, Path string
	// Number is the number of the attempt within its call, from 1.
	Number int
	// Status is the HTTP status, 0 if there was no response.
	Status int
	// RequestID identifies the request in the service's log. It is empty if
	// there was no response.
	RequestID string
	// Err is why there was no response, or why it could not be read.
	Err error
	// Took is the time until the response was read completely.
	Took time.Duration
	// Again reports whether another attempt follows, after Wait.
	Again bool
	Wait  time.Duration
}

// notify reports an attempt to the functions of WithOnAttempt.
func (rt *retrier) notify(c *call, resp *http.Response, a Attempt) {
	if len(rt.onAttempt) == 0 {
		return
	}
	a.Method, a.Path, a.Number = c.request.Method, c.request.URL.EscapedPath(), c.attempts
	if resp != nil {
		a.Status, a.RequestID = resp.StatusCode, resp.Header.Get("X-Request-Id")
	}
	for _, f := range rt.onAttempt {
		f(c.request.Context(), a)
	}
}

// logAttempts returns a function that logs attempts.
func logAttempts(log *slog.Logger) func(context.Context, Attempt) {
	return func(ctx context.Context, a Attempt) {
		level := slog.LevelDebug
		attrs := []slog.Attr{
			slog.String("method", a.Method),
			slog.String("path", a.Path),
			slog.Int("attempt", a.Number),
			slog.Duration("took", a.Took),
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
