package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

const tokenHeader = "X-Auth-Token" //nolint:gosec // it names a header

// authenticator puts the token on a request. Where the service does not take it any more, it asks the source for another
// one, once in a call.
type authenticator struct {
	next   sender
	source func(context.Context) (string, error)
	// turn holds the token, empty before the first one, while nobody looks at it. So calls at a time ask the source once.
	turn chan string
}

func newAuthenticator(o *options, next sender) *authenticator {
	a := &authenticator{next: next, source: o.source, turn: make(chan string, 1)}
	a.turn <- o.token
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
	c.request = c.request.Clone(c.request.Context()) // a transport may still read the one before
	c.request.Header.Set(tokenHeader, token)
	return a.next(c)
}

// token answers the token, a new one where it is still the one that was refused.
func (a *authenticator) token(ctx context.Context, refused string) (string, error) {
	var token string
	select {
	case token = <-a.turn:
	case <-ctx.Done():
		return "", fmt.Errorf("wait for a token: %w", context.Cause(ctx))
	}
	defer func() { a.turn <- token }()
	if token != refused {
		return token, nil
	}
	fresh, err := a.source(ctx)
	if err != nil {
		return "", fmt.Errorf("get a token: %w", err)
	}
	if fresh == "" {
		return "", errors.New("get a token: the source answered an empty one")
	}
	if err := checkHeader(tokenHeader, fresh); err != nil {
		return "", fmt.Errorf("get a token: %w", err)
	}
	token = fresh
	return token, nil
}
