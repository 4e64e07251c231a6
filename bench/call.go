package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// answer is where a handler writes.
type answer struct {
	header http.Header
	status int
	size   int
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	a.size += len(p)
	return len(p), nil
}

// A caller sends one body to a handler again and again. That takes three allocations a request.
type caller struct {
	handler http.Handler
	body    body
	lenient bool
	url     *url.URL
	header  http.Header
	answer  answer
}

func newCaller(v variant, handler http.Handler, d document, b body) *caller {
	return &caller{
		handler: handler, body: b, lenient: v.lenient, url: &url.URL{Path: target(d.asked)},
		header: http.Header{"Content-Type": {"application/json"}}, answer: answer{header: http.Header{}},
	}
}

// call sends one request. It fails where the answer is not 2xx to a valid body and 4xx to an invalid one.
func (c *caller) call() error {
	r := &http.Request{
		Method: c.body.method, URL: c.url, RequestURI: c.url.Path, Host: "localhost", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: c.header, Body: io.NopCloser(strings.NewReader(c.body.text)), ContentLength: int64(len(c.body.text)),
	}
	clear(c.answer.header)
	c.answer.status, c.answer.size = 0, 0
	c.handler.ServeHTTP(&c.answer, r)
	want := 4
	if c.body.valid || c.lenient {
		want = 2
	}
	if c.answer.status/100 != want {
		return fmt.Errorf("body %s was answered %d, want %dxx", c.body.name, c.answer.status, want)
	}
	return nil
}

// calls answers how long so many requests take.
func (c *caller) calls(n int) (time.Duration, error) {
	start := time.Now()
	for range n {
		if err := c.call(); err != nil {
			return 0, err
		}
	}
	return time.Since(start), nil
}
