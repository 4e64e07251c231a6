package client

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net/http"
	"os"
)

// An Option configures a Client.
type Option func(*options)

type options struct {
	project              string
	token                string
	tokenSource          func(context.Context) (string, error)
	accessKey, secretKey string
	http                 *http.Client
	tls                  *tls.Config
	wrap                 []func(http.RoundTripper) http.RoundTripper
	userAgent            string
	retry                RetryPolicy
	wait                 WaitPolicy
	onAttempt            []func(context.Context, Attempt)
	timing               timing
	// env supplies the project and the credentials that no option sets.
	env environment
}

func newOptions(opts []Option) *options {
	o := &options{userAgent: sdkUserAgent, timing: systemTiming()}
	for _, opt := range opts {
		opt(o)
	}
	o.env.applyTo(o)
	o.retry, o.wait = o.retry.withDefaults(), o.wait.withDefaults()
	return o
}

// sdkUserAgent is the SDK's own product name in User-Agent.
const sdkUserAgent = "peering-go"

// WithProject sets the project: the project of the clusters on the Cloud Stream
// Service, and the tenant on the VPC service. There is no default. Without a
// project the methods for clusters return ErrNoProject, and those for VPC
// peerings act for the project of the credentials.
func WithProject(id string) Option {
	return func(o *options) { o.project = id }
}

// WithToken sends a token with every request, in X-Auth-Token: a Keystone token
// or one that the operator has issued. By default no token is sent.
func WithToken(token string) Option {
	return func(o *options) { o.token = token }
}

// WithTokenSource sends the token that source returns, in X-Auth-Token. The
// client calls source for its first request and again after a 401, at most once
// per call. Concurrent calls share one token, and source is never called
// concurrently. The context is that of the call that needs the token. An error
// of source fails the call. There is no default.
func WithTokenSource(source func(ctx context.Context) (token string, err error)) Option {
	return func(o *options) { o.tokenSource = source }
}

// WithCredentials signs every attempt with an access key and its secret key
// (SDK-HMAC-SHA256). The local clock may be off by at most 15 minutes. By
// default requests are not signed.
func WithCredentials(accessKey, secretKey string) Option {
	return func(o *options) { o.accessKey, o.secretKey = accessKey, secretKey }
}

// WithHTTPClient sets the HTTP client that sends the requests. Its
// CheckRedirect is ignored, and its Timeout bounds a single attempt. The
// default is http.DefaultClient.
func WithHTTPClient(c *http.Client) Option {
	return func(o *options) { o.http = c }
}

// WithTLSConfig sets the TLS configuration: RootCAs to trust a private CA,
// Certificates to authenticate with a client certificate. The configuration is
// copied. The default is the system's CAs and no client certificate. New
// returns an error if WithHTTPClient is given as well; configure TLS in that
// client's transport instead.
func WithTLSConfig(cfg *tls.Config) Option {
	return func(o *options) { o.tls = cfg.Clone() }
}

// WithTransport wraps the transport of the HTTP client, for tracing and
// metrics, for example with otelhttp.NewTransport. The wrapped transport sees
// every attempt as it is sent, including credentials. If the option is given
// more than once, the last one is the outermost. By default the transport is
// not wrapped.
func WithTransport(wrap func(http.RoundTripper) http.RoundTripper) Option {
	return func(o *options) { o.wrap = append(o.wrap, wrap) }
}

// WithUserAgent puts the name of the program, such as "shop/1.2", in front of
// the SDK's own name in User-Agent. The default is the SDK's name alone.
func WithUserAgent(name string) Option {
	return func(o *options) {
		o.userAgent = sdkUserAgent
		if name != "" {
			o.userAgent = name + " " + sdkUserAgent
		}
	}
}

// WithRetryPolicy sets how often and when requests are retried. The default is
// the zero RetryPolicy, which selects the defaults of its fields.
func WithRetryPolicy(p RetryPolicy) Option {
	return func(o *options) { o.retry = p }
}

// WithWaitPolicy sets how the WaitFor methods poll and who observes the polls.
// The default is the zero WaitPolicy, which selects the defaults of its fields.
func WithWaitPolicy(p WaitPolicy) Option {
	return func(o *options) { o.wait = p }
}

// WithOnAttempt calls f after each attempt to send a request. Attempts contain
// neither credentials nor bodies. f runs on the goroutine of the call, so it
// should be fast, and it must be safe for concurrent use. If the option is
// given more than once, all functions are called. By default none is.
func WithOnAttempt(f func(ctx context.Context, a Attempt)) Option {
	return func(o *options) { o.onAttempt = append(o.onAttempt, f) }
}

// WithLogger logs every attempt: at level warn if it will be retried, otherwise
// at level debug. Neither credentials nor bodies are logged. By default nothing
// is logged.
func WithLogger(log *slog.Logger) Option {
	return WithOnAttempt(logAttempts(log))
}

// validate returns an error if options are invalid or contradict each other.
func (o *options) validate() error {
	switch {
	case (o.accessKey == "") != (o.secretKey == ""):
		return errors.New("WithCredentials requires both an access key and a secret key")
	case o.token != "" && o.tokenSource != nil:
		return errors.New("WithToken and WithTokenSource are mutually exclusive")
	case (o.token != "" || o.tokenSource != nil) && o.accessKey != "":
		return errors.New("a token and an access key are mutually exclusive")
	case o.http != nil && o.tls != nil:
		return errors.New("WithTLSConfig and WithHTTPClient are mutually exclusive: " +
			"configure TLS in the HTTP client's transport")
	}
	return errors.Join(
		checkHeader(tokenHeader, o.token),
		checkHeader("Authorization", o.accessKey),
		checkHeader("User-Agent", o.userAgent),
		checkHeader("X-Project-Id", o.project),
		o.retry.validate(),
		o.wait.validate(),
	)
}

// DefaultEndpoint is the endpoint that FromEnv uses if PEERING_ENDPOINT is not
// set.
const DefaultEndpoint = "http://127.0.0.1:8080"

// FromEnv returns a client that is configured by the same environment variables
// as the command line:
//
//	PEERING_ENDPOINT    URL of the service (default DefaultEndpoint)
//	PEERING_PROJECT     project, see WithProject
//	PEERING_TOKEN       token, see WithToken
//	PEERING_ACCESS_KEY, PEERING_SECRET_KEY    keys, see WithCredentials
//
// Options take precedence: WithProject replaces the project of the environment,
// and any credentials among the options replace all of its credentials. FromEnv
// returns the same errors as New.
func FromEnv(opts ...Option) (*Client, error) {
	env := environment{
		project:   os.Getenv("PEERING_PROJECT"),
		token:     os.Getenv("PEERING_TOKEN"),
		accessKey: os.Getenv("PEERING_ACCESS_KEY"),
		secretKey: os.Getenv("PEERING_SECRET_KEY"),
	}
	all := append([]Option{func(o *options) { o.env = env }}, opts...)
	return New(cmp.Or(os.Getenv("PEERING_ENDPOINT"), DefaultEndpoint), all...)
}

// environment holds the project and the credentials that FromEnv has read.
type environment struct {
	project, token, accessKey, secretKey string
}

// applyTo fills in what the options leave unset.
func (e environment) applyTo(o *options) {
	o.project = cmp.Or(o.project, e.project)
	if o.token == "" && o.tokenSource == nil && o.accessKey == "" && o.secretKey == "" {
		o.token, o.accessKey, o.secretKey = e.token, e.accessKey, e.secretKey
	}
}
