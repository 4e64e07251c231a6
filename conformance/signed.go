package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// signedParts are the clients that sign their requests, and the letter that the ids of their two tenants start with.
var signedParts = map[string]string{"sdk-go": "a", "sdk-node": "b", "sdk-python": "c"}

// signed runs the chosen clients that sign against a service that checks signatures. Between them stands a forger.
func (b *bench) signed(ctx context.Context) (err error) {
	file := filepath.Join(b.dir, "credentials.yaml")
	if err := os.WriteFile(file, []byte(accessKeys()), 0o600); err != nil {
		return err
	}
	server, err := b.serve(ctx, "signed", []string{"--auth", "file:" + file}, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	f, err := startForger(server.endpoint)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.stop()) }()
	for _, p := range clientParts {
		if signedParts[p.name] == "" || !b.chosen[p.name] {
			continue
		}
		run := p.run
		p.run = func(ctx context.Context, t *trial, b *bench, endpoint string) {
			run(ctx, t, b, endpoint)
			forgeries, err := f.verdict()
			t.must("forgeries are refused", err)
			t.that("there were forgeries", forgeries > 0)
			t.requests += forgeries
			t.checks += forgeries
		}
		if err := b.try(ctx, p, "signed", f.endpoint); err != nil {
			return err
		}
	}
	return nil
}

// accessKeys lists those of all tenants in the form of the service's file of credentials.
func accessKeys() string {
	var text strings.Builder
	text.WriteString("access_keys:\n")
	for name, letter := range signedParts {
		for n := 1; n <= 2; n++ {
			tenant := fmt.Sprintf("%s%031d", letter, n)
			fmt.Fprintf(&text, "- {access_key: access-%s, secret_key: secret-%s, project_id: %s, user: %s, roles: [admin]}\n", tenant, tenant, tenant, name)
		}
	}
	return text.String()
}

// forger passes requests on as they are, each after a copy in which one byte is another one. The service has to refuse
// the copy.
type forger struct {
	endpoint string
	server   *http.Server

	mu       sync.Mutex
	upstream *url.URL
	// forged counts the copies since the last verdict, seen all requests.
	forged, seen int
	first        error
}

func startForger(upstream string) (*forger, error) {
	target, err := url.Parse(upstream)
	if err != nil {
		return nil, err
	}
	var config net.ListenConfig
	listener, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	f := &forger{endpoint: "http://" + listener.Addr().String(), upstream: target}
	proxy := &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) {
		p.SetURL(target)
		p.Out.Host = p.In.Host // some clients sign it
	}}
	f.server = &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		f.forge(r, body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		proxy.ServeHTTP(w, r)
	})}
	go func() { _ = f.server.Serve(listener) }() // ends with stop
	return f, nil
}

// forge sends a copy of a request with one byte changed, in another part of it each time.
func (f *forger) forge(r *http.Request, body []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen++
	f.forged++
	forged := r.Clone(r.Context())
	forged.RequestURI = ""
	forged.URL.Scheme, forged.URL.Host = f.upstream.Scheme, f.upstream.Host
	what := "signature"
	switch {
	case f.seen%3 == 1 && len(body) > 0:
		what = "body"
		body = bytes.Clone(body)
		change(body)
	case f.seen%3 == 1 && r.URL.RawQuery != "":
		what = "query"
		query := []byte(r.URL.RawQuery)
		change(query)
		forged.URL.RawQuery = string(query)
	case f.seen%3 == 1 && strings.Count(r.URL.Path, "/") > 3:
		what = "path"
		segments := strings.Split(r.URL.Path, "/")
		id := []byte(segments[4])
		change(id)
		segments[4] = string(id)
		forged.URL.Path = strings.Join(segments, "/")
	case f.seen%3 == 2:
		what = "date"
		date := []byte(r.Header.Get("X-Sdk-Date"))
		change(date[:len(date)-1]) // the last is a Z
		forged.Header.Set("X-Sdk-Date", string(date))
	default:
		authorization := []byte(r.Header.Get("Authorization"))
		change(authorization)
		forged.Header.Set("Authorization", string(authorization))
	}
	forged.Body, forged.ContentLength, forged.TransferEncoding = io.NopCloser(bytes.NewReader(body)), int64(len(body)), nil
	if err := refused(forged); err != nil && f.first == nil {
		f.first = fmt.Errorf("%s %s with another %s: %w", r.Method, r.URL.Path, what, err)
	}
}

// change makes another digit or letter of the last byte of a text.
func change(text []byte) {
	last := len(text) - 1
	switch text[last] {
	case '1':
		text[last] = '2'
	default:
		text[last] = '1'
	}
}

// refused sends a request and answers an error where it is not refused for its credentials.
func refused(r *http.Request) error {
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close() // it is read to its end
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusUnauthorized {
		return fmt.Errorf("answered %d %s", answer.StatusCode, text)
	}
	return nil
}

// verdict answers how many requests were forged since the last one, and the first that was not refused.
func (f *forger) verdict() (forged int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	forged, f.forged = f.forged, 0
	return forged, f.first
}

func (f *forger) stop() error {
	return f.server.Close()
}
