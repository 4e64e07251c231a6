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

// A RetryPolicy says how often and when requests are sent again. Members that are zero have their defaults.
type RetryPolicy struct {
	// Attempts is how often a request is sent at most. With 1 nothing is sent again, and creations get no key of their
	// own. The default is 4.
	Attempts int
	// Base and Max bound the wait before a repetition: it is anything from nothing to Base before the first, to twice as
	// much before each further one, and to Max at most. The defaults are 100 ms and 5 s.
	Base, Max time.Duration
	// MaxRetryAfter is the longest Retry-After that is waited for, in addition to the above. Where the service asks for
	// more, its error is answered at once. The default is 30 s.
	MaxRetryAfter time.Duration
	// AttemptTimeout bounds one attempt, with the reading of its answer. The default is 15 s.
	AttemptTimeout time.Duration
	// Timeout bounds a call with all its attempts and waits. The default is a minute; the context of a call may end it
	// earlier.
	Timeout time.Duration
	// Budget is how many repetitions all calls of a client may make in a row without success. A call that succeeds gives
	// back a fifth of one, after repetitions one. Without any left, errors are answered at once. The default is 100.
	Budget int
}

func (p RetryPolicy) withDefaults() RetryPolicy {
	defaulted(&p.Attempts, 4)
	defaulted(&p.Base, 100*time.Millisecond)
	defaulted(&p.Max, 5*time.Second)
	defaulted(&p.MaxRetryAfter, 30*time.Second)
	defaulted(&p.AttemptTimeout, 15*time.Second)
	defaulted(&p.Timeout, time.Minute)
	defaulted(&p.Budget, 100)
	return p
}

func defaulted[T comparable](value *T, def T) {
	var zero T
	if *value == zero {
		*value = def
	}
}

func (p RetryPolicy) check() error {
	if p.Attempts < 0 || p.Base < 0 || p.Max < 0 || p.MaxRetryAfter < 0 || p.AttemptTimeout < 0 || p.Timeout < 0 || p.Budget < 0 {
		return errors.New("a member of the RetryPolicy is negative")
	}
	return nil
}

// backOff answers how long to wait before the repetition that follows so many attempts (full jitter, as in the AWS
// Architecture Blog, "Exponential Backoff And Jitter").
func (p RetryPolicy) backOff(attempts int, random func(time.Duration) time.Duration) time.Duration {
	bound := p.Base
	for range attempts - 1 {
		if bound >= p.Max {
			break
		}
		bound *= 2
	}
	return random(min(bound, p.Max))
}

// repeater sends a request until it has an answer that another attempt would not better, or gives up.
type repeater struct {
	next      func(*http.Request) (*http.Response, error)
	policy    RetryPolicy
	budget    *budget
	timing    timing
	onAttempt []func(context.Context, Attempt)
}

func newRepeater(o *options, next func(*http.Request) (*http.Response, error)) *repeater {
	return &repeater{next: next, policy: o.retry, budget: newBudget(o.retry.Budget), timing: o.timing, onAttempt: o.onAttempt}
}

// send implements sender.
func (p *repeater) send(c *call) (*http.Response, error) {
	if c.end.IsZero() {
		c.end = p.timing.now().Add(p.policy.Timeout)
	}
	for n := 1; ; n++ {
		resp, took, err := p.attempt(c)
		again := p.judge(c, resp, err)
		var wait time.Duration
		if again {
			wait, again = p.plan(c, n, resp)
		}
		p.tell(c, resp, err, took, wait, again)
		if !again {
			return p.finish(c, n, resp, err)
		}
		if sleepErr := p.timing.sleep(c.request.Context(), wait); sleepErr != nil {
			return p.finish(c, n, resp, err)
		}
	}
}

// attempt sends the request once and reads the answer.
func (p *repeater) attempt(c *call) (resp *http.Response, took time.Duration, err error) {
	begin := p.timing.now()
	ctx, cancel := context.WithTimeout(c.request.Context(), min(p.policy.AttemptTimeout, c.end.Sub(begin)))
	defer cancel()
	r, err := c.next(ctx)
	if err != nil {
		return nil, 0, err
	}
	resp, err = p.next(r)
	if err == nil {
		err = readWhole(c, resp)
	}
	if err != nil {
		resp = nil
	}
	return resp, p.timing.now().Sub(begin), err
}

// judge tells whether a request is to be sent again, and notes in the call whether the service may have carried it out.
func (p *repeater) judge(c *call, resp *http.Response, err error) (again bool) {
	switch {
	case err == nil && !passing(resp.StatusCode):
		return false
	case err == nil && resp.StatusCode == http.StatusTooManyRequests, notSent(err):
		return true
	case err != nil && hopeless(err):
		return false
	}
	c.unknown = true
	return repeatable(c.request)
}

// passing tells whether an answer says that another one may follow. With 429 nothing was done; after the others the
// service may have done what it was asked for.
func passing(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusRequestTimeout,
		http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	default:
		return false
	}
}

// notSent tells whether a request surely did not reach the service, as no connection could be opened.
func notSent(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && (op.Op == "dial" || op.Op == "proxyconnect")
}

// hopeless tells whether another attempt would fail alike: the answer is too long, or the two sides do not get on about TLS.
func hopeless(err error) bool {
	_, distrusted := errors.AsType[*tls.CertificateVerificationError](err)
	_, noTLS := errors.AsType[tls.RecordHeaderError](err)
	_, alert := errors.AsType[tls.AlertError](err)
	op, ok := errors.AsType[*net.OpError](err)
	return distrusted || noTLS || alert || ok && op.Op == "remote error" || errors.Is(err, errTooLong)
}

// repeatable tells whether a request does no more when it is carried out twice: its method is idempotent (RFC 9110, section
// 9.2.2), or the service knows it again by its key.
func repeatable(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodPut, http.MethodDelete:
		return true
	default:
		return r.Header.Get(keyHeader) != ""
	}
}

// keyHeader is draft-ietf-httpapi-idempotency-key-header.
const keyHeader = "Idempotency-Key"

// plan answers how long to wait before the next attempt, and whether there is one.
func (p *repeater) plan(c *call, n int, resp *http.Response) (time.Duration, bool) {
	ctx := c.request.Context()
	if n >= p.policy.Attempts || ctx.Err() != nil {
		return 0, false
	}
	wait := p.policy.backOff(n, p.timing.random)
	if resp != nil {
		asked := retryAfter(resp.Header, p.timing.now)
		if asked > p.policy.MaxRetryAfter {
			return 0, false
		}
		wait += asked
	}
	begin := p.timing.now().Add(wait)
	if deadline, ok := ctx.Deadline(); ok && !begin.Before(deadline) || !begin.Before(c.end) {
		return 0, false // the error at hand says more than that time ran out
	}
	return wait, p.budget.take()
}

// finish answers what a call ends with.
func (p *repeater) finish(c *call, n int, resp *http.Response, err error) (*http.Response, error) {
	if err == nil {
		if !passing(resp.StatusCode) {
			p.budget.succeeded(n > 1)
		}
		return resp, nil
	}
	ctx := c.request.Context()
	if cause := context.Cause(ctx); cause != nil && !errors.Is(err, cause) {
		err = fmt.Errorf("%w: %w", err, cause)
	}
	return nil, &noAnswerError{
		err:      err,
		attempts: c.attempts,
		unknown:  c.unknown && changes(c.request),
		hopeless: hopeless(err) || ctx.Err() != nil || c.unknown && !repeatable(c.request),
	}
}

// changes tells whether a request asks for a change.
func changes(r *http.Request) bool { return r.Method != http.MethodGet }

// settles tells whether an answer says what came of the attempts before it, too: neither a limit nor credentials kept the
// service from looking.
func settles(status int) bool {
	return !passing(status) && status != http.StatusUnauthorized && status != http.StatusForbidden
}
