package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
	"time"
)

// violationsHeader is the response header in which Prism reports how a request
// or its response violates the contract.
const violationsHeader = "Sl-Violations"

// violation is one of Prism's findings.
type violation struct {
	Location []string
	Severity string
	Message  string
}

// rejectionStatuses are the statuses with which the service may reject a
// request that violates the contract.
var rejectionStatuses = []int{
	http.StatusBadRequest, http.StatusUnauthorized, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType,
}

// startPrism starts Prism as a proxy that compares every request and every
// response with the contract.
func (r *runner) startPrism(ctx context.Context, upstream string) (*daemon, error) {
	return startDaemon(ctx, "Prism is listening on ", command{
		name: "node",
		args: []string{
			r.tools.prism, "proxy", contractFile, upstream,
			"--host", "127.0.0.1", "--port", "0", "--verboseLevel", "info",
		},
		env: loopbackEnv(),
	})
}

// prismProxy is a reverse proxy between the clients and Prism that evaluates
// Prism's findings.
//
// The clients also send requests that the service must reject, and Prism
// reports these as violations. So Prism runs without --errors, with which it
// would respond itself, and the proxy checks that both agree: a response never
// violates the contract, and the service rejects every request that does.
type prismProxy struct {
	endpoint string
	server   *http.Server

	mu       sync.Mutex
	requests int
	rejected int
	first    error
}

// startPrismProxy starts a proxy in front of Prism.
func startPrismProxy(upstream string) (*prismProxy, error) {
	target, err := url.Parse(upstream)
	if err != nil {
		return nil, err
	}
	var config net.ListenConfig
	listener, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &prismProxy{endpoint: "http://" + listener.Addr().String()}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			setContentLength(r.Out)
		},
		ModifyResponse: func(response *http.Response) error { p.record(response); return nil },
	}
	p.server = &http.Server{Handler: proxy, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = p.server.Serve(listener) }() // stop ends it
	return p, nil
}

// setContentLength replaces chunked encoding by a Content-Length. The Go SDK
// sends accept and reject with an empty chunked body, which Prism rejects as
// malformed JSON. It accepts a body of length 0.
func setContentLength(request *http.Request) {
	if request.ContentLength >= 0 {
		return
	}
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return // the client disconnected, so the proxy fails as well
	}
	request.ContentLength, request.TransferEncoding = int64(len(body)), nil
	request.Body = io.NopCloser(bytes.NewReader(body))
	if len(body) == 0 {
		request.Body = http.NoBody
	}
}

// record evaluates the violations that Prism reports with a response.
func (p *prismProxy) record(response *http.Response) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests++
	header := response.Header.Get(violationsHeader)
	if header == "" {
		return
	}
	err := checkViolations(header, response.StatusCode)
	if err == nil {
		p.rejected++
		return
	}
	if p.first == nil {
		p.first = fmt.Errorf("prism: %s %s, status %d: %w",
			response.Request.Method, response.Request.URL, response.StatusCode, err)
	}
}

// checkViolations returns an error unless all violations are the request's and
// the service rejected the request.
func checkViolations(header string, status int) error {
	var violations []violation
	if err := json.Unmarshal([]byte(header), &violations); err != nil {
		return fmt.Errorf("%s %q: %w", violationsHeader, header, err)
	}
	for _, v := range violations {
		if len(v.Location) == 0 || v.Location[0] != "request" || !slices.Contains(rejectionStatuses, status) {
			return errors.New(header)
		}
	}
	return nil
}

// firstError returns the first disagreement between Prism and the service.
func (p *prismProxy) firstError() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.first
}

// counts returns the number of requests, and of those that both Prism and the
// service rejected.
func (p *prismProxy) counts() (requests, rejected int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.requests, p.rejected
}

func (p *prismProxy) stop() error {
	return p.server.Close()
}
