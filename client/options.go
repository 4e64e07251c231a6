package client

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net/http"
)

// An Option changes how a Client works.
type Option func(*options)

type options struct {
	project              string
	token                string
	source               func(context.Context) (string, error)
	accessKey, secretKey string
	http                 *http.Client
	tls                  *tls.Config
	wrap                 []func(http.RoundTripper) http.RoundTripper
	userAgent            string
	retry                RetryPolicy
	wait                 WaitPolicy
	onAttempt            []func(context.Context, Attempt)
	timing               timing
	// env says who calls where no option does.
	env environment
}

// newOptions answers what the options say, with the defaults of what they leave open.
func newOptions(opts []Option) *options {
	o := &options{userAgent: product, timing: realTime()}
	for _, opt := range opts {
		opt(o)
	}
	o.env.fill(o)
	o.retry, o.wait = o.retry.withDefaults(), o.wait.withDefaults()
	return o
}

// product is what the SDK calls itself in User-Agent.
const product = "peering-go"

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

// WithTokenSource sends the token that the source answers, as X-Auth-Token. The source is asked when the first call is made
// and again when the service answers 401, at most once in a call; calls at a time ask once. Its context is that of the
// call that asks. By default there is none.
func WithTokenSource(source func(ctx context.Context) (token string, err error)) Option {
	return func(o *options) { o.source = source }
}

// WithCredentials signs every request with the secret key of an access key, anew for every attempt. The clock may be 15
// minutes off at most. By default nothing is signed.
func WithCredentials(accessKey, secretKey string) Option {
	return func(o *options) { o.accessKey, o.secretKey = accessKey, secretKey }
}

// WithHTTPClient sets what requests are sent with, but for its CheckRedirect. Its Timeout is for one attempt. The default is
// http.DefaultClient.
func WithHTTPClient(c *http.Client) Option {
	return func(o *options) { o.http = c }
}

// WithTLSConfig sets how TLS is spoken with the service: RootCAs which CAs its certificate may come from, Certificates what
// is shown to a service that asks for one. The default is the system's CAs and no certificate. The configuration is
// copied. WithHTTPClient brings its own, so New refuses both together.
func WithTLSConfig(cfg *tls.Config) Option {
	return func(o *options) { o.tls = cfg.Clone() }
}

// WithTransport wraps the transport of the HTTP client, for traces and metrics: otelhttp.NewTransport does it for
// OpenTelemetry. What wraps it sees every attempt as it goes over the wire, credentials included. Given more than once,
// the last one is the outermost. By default nothing wraps it.
func WithTransport(wrap func(http.RoundTripper) http.RoundTripper) Option {
	return func(o *options) { o.wrap = append(o.wrap, wrap) }
}

// WithUserAgent says who calls, such as "shop/1.2", in front of the SDK's own name in User-Agent. The default is that name
// alone.
func WithUserAgent(name string) Option {
	return func(o *options) {
		o.userAgent = product
		if name != "" {
			o.userAgent = name + " " + product
		}
	}
}

// WithRetryPolicy sets how often and when requests are sent again. The default is the zero RetryPolicy.
func WithRetryPolicy(p RetryPolicy) Option {
	return func(o *options) { o.retry = p }
}

// WithWaitPolicy sets how the calls that begin with WaitFor look, and who is told what they see. The default is the zero
// WaitPolicy.
func WithWaitPolicy(p WaitPolicy) Option {
	return func(o *options) { o.wait = p }
}

// WithOnAttempt calls a function after each attempt to send a request. Attempts hold no credentials and no bodies. The
// function is called by the goroutine of the call, so it should be quick. Given more than once, all are called.
func WithOnAttempt(f func(ctx context.Context, a Attempt)) Option {
	return func(o *options) { o.onAttempt = append(o.onAttempt, f) }
}

// WithLogger logs every attempt at level debug, and at level warn one that will be repeated. By default nothing is logged.
// No credentials and no bodies are.
func WithLogger(log *slog.Logger) Option {
	return WithOnAttempt(logAttempts(log))
}

// check answers what is wrong with the options together.
func (o *options) check() error {
	switch {
	case (o.accessKey == "") != (o.secretKey == ""):
		return errors.New("an access key and a secret key belong together; one of them is empty")
	case o.token != "" && o.source != nil:
		return errors.New("WithToken and WithTokenSource exclude each other")
	case (o.token != "" || o.source != nil) && o.accessKey != "":
		return errors.New("a token and an access key are two ways to show who calls; use one of them")
	case o.http != nil && o.tls != nil:
		return errors.New("WithTLSConfig and WithHTTPClient exclude each other: set TLS in the HTTP client's transport")
	}
	return errors.Join(checkHeader(tokenHeader, o.token), checkHeader("Authorization", o.accessKey), checkHeader("User-Agent", o.userAgent),
		checkHeader("X-Project-Id", o.project), o.retry.check(), o.wait.check())
}
