package client

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// A call is one method call on a Client: a request and the state of its
// attempts.
type call struct {
	request *http.Request
	// deadline is when the call ends at the latest; zero before the first
	// attempt.
	deadline time.Time
	// attempts is how many attempts have been made so far.
	attempts int
	// maybeProcessed reports whether the service may have processed an attempt
	// whose result is not known.
	maybeProcessed bool
}

// nextRequest returns the request for the next attempt. The transport may
// still be reading the previous request, so that one is never modified.
func (c *call) nextRequest(ctx context.Context) (*http.Request, error) {
	c.attempts++
	if c.attempts == 1 {
		return c.request.WithContext(ctx), nil
	}
	r := c.request.Clone(ctx)
	if r.GetBody == nil {
		return r, nil
	}
	body, err := r.GetBody()
	if err != nil {
		return nil, fmt.Errorf("rewind the request body: %w", err)
	}
	r.Body = body
	return r, nil
}
