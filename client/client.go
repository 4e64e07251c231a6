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
// A call makes one request: nothing is retried, and no redirect is followed, which could lead credentials elsewhere.
//
// The service knows its callers by WithToken or by WithCredentials, unless it asks for neither.
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
	"strings"
	"time"

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
	project              string
	token                string
	accessKey, secretKey string
	http                 *http.Client
	tls                  *tls.Config
}

// WithProject sets the project that calls: the project of a cluster, and the tenant of a VPC. There is no default. Without
// it calls about clusters fail with ErrNoProject, and the others are for the project that the credentials belong to.
func WithProject(id string) Option {
	return func(o *options) { o.project = id }
}

// WithToken sends a token with every request, as X-Auth-Token: one of Keystone's, or of the operator's list. By default
// none is sent.
func WithToken(token string) Option {
	return func(o *options) { o.token = token }
}

// WithCredentials signs every request with the secret key of an access key. The clock may be 15 minutes off at most. By
// default nothing is signed.
func WithCredentials(accessKey, secretKey string) Option {
	return func(o *options) { o.accessKey, o.secretKey = accessKey, secretKey }
}

// WithHTTPClient sets what requests are sent with, but for its CheckRedirect. The default is http.DefaultClient, which has
// no time-out of its own; the context of each call bounds it.
func WithHTTPClient(c *http.Client) Option {
	return func(o *options) { o.http = c }
}

// WithTLSConfig sets how TLS is spoken with the service: RootCAs which CAs its certificate may come from, Certificates what
// is shown to a service that asks for one. The default is the system's CAs and no certificate. The configuration is
// copied. WithHTTPClient brings its own, so New refuses both together.
func WithTLSConfig(cfg *tls.Config) Option {
	return func(o *options) { o.tls = cfg.Clone() }
}

// ErrNoProject is what a call about a cluster answers where nothing says in which project the cluster is.
var ErrNoProject = errors.New("no project, which calls about clusters need")

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
	if err := o.checkCredentials(); err != nil {
		return nil, err
	}
	raw, err := gen.NewClient(endpoint, gen.WithHTTPClient(o.doer(sender)), gen.WithRequestEditorFn(o.edit))
	if err != nil {
		return nil, fmt.Errorf("endpoint %q: %w", endpoint, err)
	}
	return &Client{raw: raw, project: o.project}, nil
}

func (o options) checkCredentials() error {
	switch {
	case (o.accessKey == "") != (o.secretKey == ""):
		return errors.New("an access key and a secret key belong together; one of them is empty")
	case o.token != "" && o.accessKey != "":
		return errors.New("a token and an access key are two ways to show who calls; use one of them")
	default:
		return nil
	}
}

// edit gives a request what all of them have.
func (o options) edit(_ context.Context, r *http.Request) error {
	if o.project == "" && strings.Contains(r.URL.Path, "/v1.0//") {
		return ErrNoProject
	}
	if o.project != "" {
		r.Header.Set("X-Project-Id", o.project)
	}
	if o.token != "" {
		r.Header.Set("X-Auth-Token", o.token)
	}
	return nil
}

// doer answers the sender with what all requests get. It follows no redirect: net/http would take X-Auth-Token along to any host,
// and a signer would sign the request for it.
func (o options) doer(sender *http.Client) *http.Client {
	c := *sender
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if o.accessKey != "" {
		base := c.Transport
		if base == nil {
			base = http.DefaultTransport
		}
		c.Transport = signer{base: base, accessKey: o.accessKey, secretKey: o.secretKey, now: time.Now}
	}
	return &c
}

// sender answers what requests are sent with.
func (o options) sender() (*http.Client, error) {
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
		return body, fmt.Errorf("%s %s: answer: %w", resp.Request.Method, resp.Request.URL.Redacted(), err)
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
		return nil, fmt.Errorf("%s %s: read answer: %w", resp.Request.Method, resp.Request.URL.Redacted(), err)
	}
	if resp.StatusCode/100 != 2 {
		return nil, newError(resp, data)
	}
	return data, nil
}
