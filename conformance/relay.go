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

// violationsHeader is where prism says how a request or its answer differs from the contract.
const violationsHeader = "Sl-Violations"

// violation is one of prism's findings.
type violation struct {
	Location []string
	Severity string
	Message  string
}

// refusedStatuses are the answers to requests that do not follow the contract.
var refusedStatuses = []int{
	http.StatusBadRequest, http.StatusUnauthorized, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType,
}

// relay stands between the clients and prism and judges what prism found.
//
// The clients also send requests that the service has to refuse, and prism finds these at fault too. So prism runs without
// --errors, which would answer them itself, and the relay asks for agreement: an answer never differs from the contract,
// and a request that prism finds at fault is one that the service refused.
type relay struct {
	endpoint string
	server   *http.Server

	mu      sync.Mutex
	seen    int
	refused int
	first   error
}

// startRelay starts a relay in front of a proxy.
func startRelay(upstream string) (*relay, error) {
	target, err := url.Parse(upstream)
	if err != nil {
		return nil, err
	}
	var config net.ListenConfig
	listener, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &relay{endpoint: "http://" + listener.Addr().String()}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(target)
			giveLength(p.Out)
		},
		ModifyResponse: func(answer *http.Response) error { r.judge(answer); return nil },
	}
	r.server = &http.Server{Handler: proxy, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = r.server.Serve(listener) }() // ends with stop
	return r, nil
}

// giveLength makes a request whose body comes in chunks one with a Content-Length. The Go SDK sends accept and reject with
// an empty body in chunks, which prism refuses itself as malformed JSON, while it takes one of length 0 for none.
func giveLength(request *http.Request) {
	if request.ContentLength >= 0 {
		return
	}
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return // the client went away; the proxy finds that out, too
	}
	request.ContentLength, request.TransferEncoding = int64(len(body)), nil
	request.Body = io.NopCloser(bytes.NewReader(body))
	if len(body) == 0 {
		request.Body = http.NoBody
	}
}

func (r *relay) judge(answer *http.Response) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen++
	header := answer.Header.Get(violationsHeader)
	if header == "" {
		return
	}
	err := disagreement(header, answer.StatusCode)
	if err == nil {
		r.refused++
		return
	}
	if r.first == nil {
		r.first = fmt.Errorf("prism: %s %s, answered %d: %w", answer.Request.Method, answer.Request.URL, answer.StatusCode, err)
	}
}

// disagreement answers an error unless all violations are of the request and the service refused it.
func disagreement(header string, status int) error {
	var violations []violation
	if err := json.Unmarshal([]byte(header), &violations); err != nil {
		return fmt.Errorf("%s %q: %w", violationsHeader, header, err)
	}
	for _, v := range violations {
		if len(v.Location) == 0 || v.Location[0] != "request" || !slices.Contains(refusedStatuses, status) {
			return errors.New(header)
		}
	}
	return nil
}

// verdict answers the first disagreement so far.
func (r *relay) verdict() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.first
}

// counts answers how many requests there were and how many of them prism and the service refused alike.
func (r *relay) counts() (requests, refusals int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seen, r.refused
}

func (r *relay) stop() error {
	return r.server.Close()
}
