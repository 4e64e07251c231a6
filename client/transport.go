package client

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// A sender executes a call. The body of the response it returns is a
// *bufferedBody.
type sender func(*call) (*http.Response, error)

// Do implements gen.HttpRequestDoer.
func (s sender) Do(r *http.Request) (*http.Response, error) {
	return s(&call{request: r})
}

// newSender returns the chain that sends requests, from the outermost to the
// innermost:
//
//	authenticator  sets the token and renews it, once, after 401
//	retrier        retries what is safe to retry and buffers the response
//	signer         signs each attempt, because signatures expire
//	http.Client    without redirects, on the transport that WithTransport wraps
//
// In this order a renewed token gets as many attempts as the old one, every
// attempt has a fresh signature, and wrapped transports see every attempt.
func newSender(o *options) sender {
	do := o.httpClient().Do
	if o.accessKey != "" {
		do = signer{next: do, accessKey: o.accessKey, secretKey: o.secretKey, now: o.timing.now}.do
	}
	send := newRetrier(o, do).send
	if o.token != "" || o.tokenSource != nil {
		send = newAuthenticator(o, send).send
	}
	return send
}

// httpClient returns the client that sends an attempt. It does not follow
// redirects: net/http would send X-Auth-Token to any host.
func (o *options) httpClient() *http.Client {
	c := http.Client{}
	switch {
	case o.http != nil:
		c = *o.http
	case o.tls != nil:
		c.Transport = o.tlsTransport()
	default:
		c = *http.DefaultClient
	}
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for _, wrap := range o.wrap {
		if c.Transport == nil {
			c.Transport = http.DefaultTransport
		}
		c.Transport = wrap(c.Transport)
	}
	return &c
}

// tlsTransport returns a copy of http.DefaultTransport with the TLS
// configuration of the options.
func (o *options) tlsTransport() http.RoundTripper {
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true}
	if t, ok := http.DefaultTransport.(*http.Transport); ok { // unless a program has replaced it
		transport = t.Clone()
	}
	transport.TLSClientConfig = o.tls
	return transport
}

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
