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

// signingSuites are the clients that sign their requests, with the first
// character of the ids of their two tenants.
var signingSuites = map[string]string{"sdk-go": "a", "sdk-node": "b", "sdk-python": "c"}

// runSigned runs the selected clients that sign against a service that verifies
// signatures, through a tamperingProxy.
func (r *runner) runSigned(ctx context.Context) (err error) {
	file := filepath.Join(r.dir, "credentials.yaml")
	if err := os.WriteFile(file, []byte(credentialsFile()), 0o600); err != nil {
		return err
	}
	server, err := r.startService(ctx, "signed", []string{"--auth", "file:" + file}, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	proxy, err := startTamperingProxy(server.endpoint)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, proxy.stop()) }()
	for _, s := range clientSuites {
		if signingSuites[s.name] == "" || !r.selected[s.name] {
			continue
		}
		run := s.run
		s.run = func(ctx context.Context, t *checker, r *runner, endpoint string) {
			run(ctx, t, r, endpoint)
			tampered, err := proxy.result()
			t.noError("tampered requests are rejected", err)
			t.isTrue("requests were tampered with", tampered > 0)
			t.requests += tampered
			t.checks += tampered
		}
		if err := r.runSuite(ctx, s, "signed", proxy.endpoint); err != nil {
			return err
		}
	}
	return nil
}

// credentialsFile returns a credentials file of the service with the access
// keys of all tenants.
func credentialsFile() string {
	var text strings.Builder
	text.WriteString("access_keys:\n")
	for name, letter := range signingSuites {
		for n := 1; n <= 2; n++ {
			tenant := fmt.Sprintf("%s%031d", letter, n)
			fmt.Fprintf(&text, "- {access_key: access-%[1]s, secret_key: secret-%[1]s, project_id: %[1]s, user: %[2]s, roles: [admin]}\n",
				tenant, name)
		}
	}
	return text.String()
}

// tamperingProxy forwards requests unchanged. Before each it sends a copy in
// which one byte differs, which the service must reject.
type tamperingProxy struct {
	endpoint string
	server   *http.Server

	mu       sync.Mutex
	upstream *url.URL
	// tampered counts the copies since the last call of result, requests all
	// requests.
	tampered, requests int
	first              error
}

func startTamperingProxy(upstream string) (*tamperingProxy, error) {
	target, err := url.Parse(upstream)
	if err != nil {
		return nil, err
	}
	var config net.ListenConfig
	listener, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &tamperingProxy{endpoint: "http://" + listener.Addr().String(), upstream: target}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host // some clients sign it
	}}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		p.sendTampered(r, body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		proxy.ServeHTTP(w, r)
	})
	p.server = &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: handler}
	go func() { _ = p.server.Serve(listener) }() // stop ends it
	return p, nil
}

// sendTampered sends a copy of a request with one byte changed. Successive
// requests change different parts.
func (p *tamperingProxy) sendTampered(r *http.Request, body []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests++
	p.tampered++
	tampered := r.Clone(r.Context())
	tampered.RequestURI = ""
	tampered.URL.Scheme, tampered.URL.Host = p.upstream.Scheme, p.upstream.Host
	part := "signature"
	switch {
	case p.requests%3 == 1 && len(body) > 0:
		part = "body"
		body = bytes.Clone(body)
		changeLastByte(body)
	case p.requests%3 == 1 && r.URL.RawQuery != "":
		part = "query"
		query := []byte(r.URL.RawQuery)
		changeLastByte(query)
		tampered.URL.RawQuery = string(query)
	case p.requests%3 == 1 && strings.Count(r.URL.Path, "/") > 3:
		part = "path"
		segments := strings.Split(r.URL.Path, "/")
		id := []byte(segments[4])
		changeLastByte(id)
		segments[4] = string(id)
		tampered.URL.Path = strings.Join(segments, "/")
	case p.requests%3 == 2:
		part = "date"
		date := []byte(r.Header.Get("X-Sdk-Date"))
		changeLastByte(date[:len(date)-1]) // the last is a Z
		tampered.Header.Set("X-Sdk-Date", string(date))
	default:
		authorization := []byte(r.Header.Get("Authorization"))
		changeLastByte(authorization)
		tampered.Header.Set("Authorization", string(authorization))
	}
	tampered.Body = io.NopCloser(bytes.NewReader(body))
	tampered.ContentLength, tampered.TransferEncoding = int64(len(body)), nil
	if err := expectUnauthorized(tampered); err != nil && p.first == nil {
		p.first = fmt.Errorf("%s %s with a changed %s: %w", r.Method, r.URL.Path, part, err)
	}
}

// changeLastByte replaces the last byte with another digit.
func changeLastByte(text []byte) {
	last := len(text) - 1
	switch text[last] {
	case '1':
		text[last] = '2'
	default:
		text[last] = '1'
	}
}

// expectUnauthorized sends a request and returns an error unless the response
// is 401.
func expectUnauthorized(r *http.Request) error {
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(response.Body)
	_ = response.Body.Close() // it has been read to the end
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusUnauthorized {
		return fmt.Errorf("got status %d %s, want 401", response.StatusCode, text)
	}
	return nil
}

// result returns the number of tampered copies since its last call, and the
// first that was not rejected.
func (p *tamperingProxy) result() (tampered int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	tampered, p.tampered = p.tampered, 0
	return tampered, p.first
}

func (p *tamperingProxy) stop() error {
	return p.server.Close()
}
