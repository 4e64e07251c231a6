package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// discardWriter is a ResponseWriter that keeps the header and the status only.
type discardWriter struct {
	header http.Header
	status int
}

func (w *discardWriter) Header() http.Header { return w.header }

func (w *discardWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *discardWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return len(p), nil
}

// handlerClient sends the same body to a handler repeatedly, in process. Each
// request takes three allocations.
type handlerClient struct {
	handler    http.Handler
	body       body
	wantStatus int // divided by 100
	url        *url.URL
	header     http.Header
	response   discardWriter
}

// newHandlerClient returns a client that expects 2xx for a valid body and, from
// a variant that validates, 4xx for an invalid one.
func newHandlerClient(v variant, handler http.Handler, d document, b body) *handlerClient {
	wantStatus := 4
	if b.valid || v.lenient {
		wantStatus = 2
	}
	return &handlerClient{
		handler: handler, body: b, wantStatus: wantStatus, url: &url.URL{Path: fillParameters(d.target)},
		header: http.Header{"Content-Type": {"application/json"}}, response: discardWriter{header: http.Header{}},
	}
}

// send sends one request. It returns an error if the status is not the expected
// one.
func (c *handlerClient) send() error {
	r := &http.Request{
		Method: c.body.method, URL: c.url, RequestURI: c.url.Path, Host: "localhost",
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: c.header, Body: io.NopCloser(strings.NewReader(c.body.text)), ContentLength: int64(len(c.body.text)),
	}
	clear(c.response.header)
	c.response.status = 0
	c.handler.ServeHTTP(&c.response, r)
	if c.response.status/100 != c.wantStatus {
		return fmt.Errorf("body %s: got status %d, want %dxx", c.body.name, c.response.status, c.wantStatus)
	}
	return nil
}

// workload sends n requests and returns the time that they took.
func (c *handlerClient) workload(n int) (time.Duration, error) {
	start := time.Now()
	for range n {
		if err := c.send(); err != nil {
			return 0, err
		}
	}
	return time.Since(start), nil
}
