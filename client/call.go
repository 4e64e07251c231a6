package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// maxAnswer is how many bytes of an answer are read at most: a page of 2000 peerings has about 1 MiB.
const maxAnswer = 16 << 20

// A call is what a method of a Client does: one request, sent in as many attempts as it takes.
type call struct {
	request *http.Request
	// end is when the call has to be over; zero for never.
	end time.Time
	// attempts counts those that were made.
	attempts int
	// unknown tells whether the service may have carried out an attempt without our knowing.
	unknown bool
}

// A sender sends the request of a call and answers with the whole body, an *answerBody.
type sender func(*call) (*http.Response, error)

// Do implements the interface that the generated client sends with.
func (s sender) Do(r *http.Request) (*http.Response, error) {
	return s(&call{request: r})
}

// chain answers what requests are sent with. From the outside in:
//
//	authenticate  puts the token on, and asks for a new one, once, where the service does not take it any more
//	repeat        sends what may be sent again until it has an answer, which it reads whole, or gives up
//	sign          signs each attempt anew, as its date ages
//	the HTTP client, which follows no redirect, with its transport in what WithTransport wraps around it
//
// So a new token gets as many attempts as the old one had, no credentials are older than an attempt's signature allows,
// and traces show every attempt.
func (o *options) chain() sender {
	do := o.client().Do
	if o.accessKey != "" {
		do = signer{next: do, accessKey: o.accessKey, secretKey: o.secretKey, now: o.timing.now}.do
	}
	send := newRepeater(o, do).send
	if o.token != "" || o.source != nil {
		send = newAuthenticator(o, send).send
	}
	return send
}

// client answers what sends an attempt. It follows no redirect: net/http would take X-Auth-Token along to any host.
func (o *options) client() *http.Client {
	c := http.Client{}
	switch {
	case o.http != nil:
		c = *o.http
	case o.tls != nil:
		c.Transport = encrypting(o)
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

// encrypting answers the default transport with the options' TLS.
func encrypting(o *options) http.RoundTripper {
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true}
	if t, ok := http.DefaultTransport.(*http.Transport); ok {
		transport = t.Clone()
	}
	transport.TLSClientConfig = o.tls
	return transport
}

// next answers the request for the next attempt. A transport may still read the one before, so that is not touched again.
func (c *call) next(ctx context.Context) (*http.Request, error) {
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
		return nil, fmt.Errorf("body for another attempt: %w", err)
	}
	r.Body = body
	return r, nil
}

// An answerBody is a body that was read to its end.
type answerBody struct {
	io.Reader

	data []byte
	// call is what the answer belongs to.
	call *call
}

// Close implements io.Closer.
func (*answerBody) Close() error { return nil }

// errTooLong is an answer that no call has.
var errTooLong = fmt.Errorf("the answer has more than %d bytes", maxAnswer)

// errCutOff is an answer that is not JSON as a whole. The service may have done what it was asked for.
var errCutOff = errors.New("the answer is not JSON, or was cut off")

// readWhole reads the body of an answer to its end and closes it.
func readWhole(c *call, resp *http.Response) error {
	data, err := readBody(resp)
	err = errors.Join(err, resp.Body.Close())
	if err == nil && resp.StatusCode/100 == 2 && resp.StatusCode != http.StatusNoContent && !json.Valid(data) {
		err = errCutOff
	}
	if err != nil {
		return fmt.Errorf("%s %s: read answer: %w", resp.Request.Method, resp.Request.URL.Redacted(), err)
	}
	resp.Body = &answerBody{Reader: bytes.NewReader(data), data: data, call: c}
	return nil
}

func readBody(resp *http.Response) ([]byte, error) {
	switch {
	case resp.ContentLength > maxAnswer:
		return nil, errTooLong
	case resp.ContentLength >= 0:
		data := make([]byte, resp.ContentLength)
		_, err := io.ReadFull(resp.Body, data)
		return data, err
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err == nil && len(data) > maxAnswer {
		err = errTooLong
	}
	return data, err
}
