package client

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// retrier sends a request until it gets a final response or gives up.
type retrier struct {
	next      func(*http.Request) (*http.Response, error)
	policy    RetryPolicy
	budget    *retryBudget
	timing    timing
	onAttempt []func(context.Context, Attempt)
}

func newRetrier(o *options, next func(*http.Request) (*http.Response, error)) *retrier {
	return &retrier{
		next:      next,
		policy:    o.retry,
		budget:    newRetryBudget(o.retry.Budget),
		timing:    o.timing,
		onAttempt: o.onAttempt,
	}
}

// send implements sender.
func (rt *retrier) send(c *call) (*http.Response, error) {
	if c.deadline.IsZero() {
		c.deadline = rt.timing.now().Add(rt.policy.Timeout)
	}
	for n := 1; ; n++ {
		resp, took, err := rt.attempt(c)
		var delay time.Duration
		retry := c.shouldRetry(resp, err)
		if retry {
			delay, retry = rt.nextDelay(c, n, resp)
		}
		rt.notify(c, resp, Attempt{Err: err, Took: took, Again: retry, Wait: delay})
		if !retry {
			return rt.finish(c, n, resp, err)
		}
		if sleepErr := rt.timing.sleep(c.request.Context(), delay); sleepErr != nil {
			return rt.finish(c, n, resp, err)
		}
	}
}

// attempt sends the request once and buffers the response.
func (rt *retrier) attempt(c *call) (resp *http.Response, took time.Duration, err error) {
	start := rt.timing.now()
	ctx, cancel := context.WithTimeout(c.request.Context(), min(rt.policy.AttemptTimeout, c.deadline.Sub(start)))
	defer cancel()
	r, err := c.nextRequest(ctx)
	if err != nil {
		return nil, 0, err
	}
	resp, err = rt.next(r)
	if err == nil {
		err = bufferBody(c, resp)
	}
	if err != nil {
		resp = nil
	}
	return resp, rt.timing.now().Sub(start), err
}

// nextDelay returns the delay before the next attempt, after n attempts. It
// returns false if there is none: the policy, the budget or a deadline does not
// allow it.
func (rt *retrier) nextDelay(c *call, n int, resp *http.Response) (time.Duration, bool) {
	ctx := c.request.Context()
	if n >= rt.policy.Attempts || ctx.Err() != nil {
		return 0, false
	}
	delay := rt.policy.backoff(n, rt.timing.random)
	if resp != nil {
		after := retryAfter(resp.Header, rt.timing.now)
		if after > rt.policy.MaxRetryAfter {
			return 0, false
		}
		delay += after
	}
	start := rt.timing.now().Add(delay)
	if deadline, ok := ctx.Deadline(); ok && !start.Before(deadline) || !start.Before(c.deadline) {
		return 0, false // the error at hand is more useful than a timeout
	}
	return delay, rt.budget.withdraw()
}

// finish returns the result of a call after n attempts.
func (rt *retrier) finish(c *call, n int, resp *http.Response, err error) (*http.Response, error) {
	if err == nil {
		if !isTransientStatus(resp.StatusCode) {
			rt.budget.deposit(n > 1)
		}
		return resp, nil
	}
	ctx := c.request.Context()
	if cause := context.Cause(ctx); cause != nil && !errors.Is(err, cause) {
		err = fmt.Errorf("%w: %w", err, cause)
	}
	safe := !c.maybeProcessed || isIdempotent(c.request)
	return nil, &noResponseError{
		err:            err,
		attempts:       c.attempts,
		outcomeUnknown: c.maybeProcessed && isWrite(c.request),
		retryable:      safe && !isPermanent(err) && ctx.Err() == nil,
	}
}

// shouldRetry reports whether a retry after the given result is safe and may
// succeed. It also records whether the service may have processed the request.
func (c *call) shouldRetry(resp *http.Response, err error) bool {
	switch {
	case err == nil && !isTransientStatus(resp.StatusCode):
		return false
	case err == nil && resp.StatusCode == http.StatusTooManyRequests, isConnectError(err):
		return true
	case err != nil && isPermanent(err):
		return false
	}
	c.maybeProcessed = true
	return isIdempotent(c.request)
}

// isTransientStatus reports whether a later attempt may get another status.
// After 429 the request had no effect; after the others it may have had one.
func isTransientStatus(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusRequestTimeout, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	default:
		return false
	}
}

// isConclusive reports whether a status also tells the outcome of the earlier
// attempts. A 401 or 403 does not: the service rejects the caller before it
// looks at the resource.
func isConclusive(status int) bool {
	return !isTransientStatus(status) && status != http.StatusUnauthorized && status != http.StatusForbidden
}

// isConnectError reports whether no connection could be opened, so the request
// was never sent.
func isConnectError(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && (op.Op == "dial" || op.Op == "proxyconnect")
}

// isPermanent reports whether every attempt would fail in the same way: TLS
// cannot be negotiated, or the response is too large.
func isPermanent(err error) bool {
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	_, notTLS := errors.AsType[tls.RecordHeaderError](err)
	_, alert := errors.AsType[tls.AlertError](err)
	op, ok := errors.AsType[*net.OpError](err)
	remoteAlert := ok && op.Op == "remote error"
	return untrusted || notTLS || alert || remoteAlert || errors.Is(err, errResponseTooLarge)
}

// isIdempotent reports whether processing a request twice has the same effect
// as processing it once: its method is idempotent (RFC 9110, section 9.2.2), or
// it has an idempotency key.
func isIdempotent(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodPut, http.MethodDelete:
		return true
	default:
		return r.Header.Get(idempotencyKeyHeader) != ""
	}
}

// isWrite reports whether a request may change something.
func isWrite(r *http.Request) bool { return r.Method != http.MethodGet }
