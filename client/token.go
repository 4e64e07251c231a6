package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

const tokenHeader = "X-Auth-Token" //nolint:gosec // the name of a header, not a token

// authenticator sets the token of a request. After a 401 it gets a new token
// from the source, at most once per call.
type authenticator struct {
	next   sender
	source func(context.Context) (string, error)
	// current holds the current token, "" before the first one. Receiving from
	// it locks the token, in a way that a context can interrupt, so concurrent
	// calls renew it once.
	current chan string
}

func newAuthenticator(o *options, next sender) *authenticator {
	a := &authenticator{next: next, source: o.tokenSource, current: make(chan string, 1)}
	a.current <- o.token
	return a
}

// send implements sender.
func (a *authenticator) send(c *call) (*http.Response, error) {
	token, err := a.token(c.request.Context(), "")
	if err != nil {
		return nil, err
	}
	c.request.Header.Set(tokenHeader, token)
	resp, err := a.next(c)
	if err != nil || resp.StatusCode != http.StatusUnauthorized || a.source == nil {
		return resp, err
	}
	token, err = a.token(c.request.Context(), token)
	if err != nil {
		return nil, err
	}
	// The transport may still be reading the previous request.
	c.request = c.request.Clone(c.request.Context())
	c.request.Header.Set(tokenHeader, token)
	return a.next(c)
}

// token returns the current token. It renews the token first if it is still the
// rejected one.
func (a *authenticator) token(ctx context.Context, rejected string) (string, error) {
	var token string
	select {
	case token = <-a.current:
	case <-ctx.Done():
		return "", fmt.Errorf("wait for a token: %w", context.Cause(ctx))
	}
	defer func() { a.current <- token }()
	if token != rejected {
		return token, nil
	}
	renewed, err := a.source(ctx)
	if err != nil {
		return "", fmt.Errorf("get a token: %w", err)
	}
	if renewed == "" {
		return "", errors.New("get a token: the token source returned an empty token")
	}
	if err := checkHeader(tokenHeader, renewed); err != nil {
		return "", fmt.Errorf("get a token: %w", err)
	}
	token = renewed
	return token, nil
}
