// Package client is the SDK of the VPC peering service: typed calls and typed errors on top of the client that is
// generated from the contract.
//
//	c, err := client.New("http://127.0.0.1:8080", client.WithProject("4f30b9215e054c908d18f2b150131646"))
//	if err != nil {
//		return err
//	}
//	p, err := c.CreatePeering(ctx, "1000000", client.PeeringCreate{
//		Name:  "myVpc",
//		VPCID: "f4da5a55-fcd9-4a93-8b86-5b81585e14bb",
//	})
//	if client.IsConflict(err) {
//		// The two VPCs are peered already; the error names the peering.
//	}
//
// Calls go to the two roots of the API. Those named after VPCPeering are the VPC service's and are about the peerings of the
// project; all others are the Cloud Stream Service's and are about its clusters, their peerings and the routes over these.
// A call makes one request: nothing is retried.
package client

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/peering/peering/gen"
)

// maxAnswer is how many bytes of an answer are read at most: a page of 2000 peerings has about 1 MiB.
const maxAnswer = 16 << 20

// A Client calls the service for one project. It is safe for concurrent use.
type Client struct {
	raw     gen.ClientInterface
	project string
}

// An Option changes how a Client works.
type Option func(*options)

type options struct {
	project string
	http    *http.Client
	tls     *tls.Config
}

// WithProject sets the project that calls: the project of a cluster, and the tenant of a VPC. There is no default;
// without it the service refuses every call.
func WithProject(id string) Option {
	return func(o *options) { o.project = id }
}

// WithHTTPClient sets what requests are sent with. The default is http.DefaultClient, which has no time-out of its own;
// the context of each call bounds it.
func WithHTTPClient(c *http.Client) Option {
	return func(o *options) { o.http = c }
}

// WithTLSConfig sets how TLS is spoken with the service: RootCAs which CAs its certificate may come from, Certificates what
// is shown to a service that asks for one. The default is the system's CAs and no certificate. The configuration is
// copied. WithHTTPClient brings its own, so New refuses both together.
func WithTLSConfig(cfg *tls.Config) Option {
	return func(o *options) { o.tls = cfg.Clone() }
}

// New answers a client of the service at the endpoint, a URL such as http://127.0.0.1:8080. It sends nothing.
func New(endpoint string, opts ...Option) (*Client, error) {
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	sender, err := o.sender()
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("endpoint %q is not a URL such as http://127.0.0.1:8080", endpoint)
	}
	raw, err := gen.NewClient(endpoint, gen.WithHTTPClient(sender), gen.WithRequestEditorFn(
		func(_ context.Context, r *http.Request) error {
			if o.project != "" {
				r.Header.Set("X-Project-Id", o.project)
			}
			return nil
		}))
	if err != nil {
		return nil, fmt.Errorf("endpoint %q: %w", endpoint, err)
	}
	return &Client{raw: raw, project: o.project}, nil
}

// sender answers what requests are sent with.
func (o *options) sender() (*http.Client, error) {
	switch {
	case o.tls == nil && o.http == nil:
		return http.DefaultClient, nil
	case o.tls == nil:
		return o.http, nil
	case o.http != nil:
		return nil, errors.New("WithTLSConfig and WithHTTPClient exclude each other: set TLS in the HTTP client's transport")
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true}
	if t, ok := http.DefaultTransport.(*http.Transport); ok {
		transport = t.Clone()
	}
	transport.TLSClientConfig = o.tls
	return &http.Client{Transport: transport}, nil
}

// answer reads the answer of a request: the body as a T where the service did what it was asked for, an *Error where it
// refused.
func answer[T any](resp *http.Response, err error) (T, error) {
	var body T
	data, err := read(resp, err)
	if err != nil {
		return body, err
	}
	if err := json.Unmarshal(data, &body); err != nil {
		return body, fmt.Errorf("%s %s: answer: %w", resp.Request.Method, resp.Request.URL, err)
	}
	return body, nil
}

// read answers the body of a successful answer.
func read(resp *http.Response, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	err = errors.Join(err, resp.Body.Close())
	if err != nil {
		return nil, fmt.Errorf("%s %s: read answer: %w", resp.Request.Method, resp.Request.URL, err)
	}
	if resp.StatusCode/100 != 2 {
		return nil, newError(resp, data)
	}
	return data, nil
}
