package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/peering/peering/gen"
)

// A Client calls the service on behalf of one project. It is safe for
// concurrent use.
type Client struct {
	api     gen.ClientInterface
	project string
	// generateKeys reports whether a create without IdempotencyKey gets a
	// random key.
	generateKeys bool
	wait         WaitPolicy
	timing       timing
}

// ErrNoProject is returned by the methods for clusters, their peerings and
// their routes if the client has no project. See WithProject.
var ErrNoProject = errors.New("no project is set; operations on clusters require one")

// New returns a client of the service at the endpoint, an http or https URL
// such as http://127.0.0.1:8080. It sends no request. It returns an error if
// the endpoint or an option is invalid, or if options contradict each other.
func New(endpoint string, opts ...Option) (*Client, error) {
	o := newOptions(opts)
	if err := o.validate(); err != nil {
		return nil, err
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("endpoint %q is not an http or https URL such as %s", endpoint, DefaultEndpoint)
	}
	api, err := gen.NewClient(endpoint, gen.WithHTTPClient(newSender(o)), gen.WithRequestEditorFn(o.prepare))
	if err != nil {
		return nil, fmt.Errorf("endpoint %q: %w", endpoint, err)
	}
	return &Client{
		api:          api,
		project:      o.project,
		generateKeys: o.retry.Attempts > 1,
		wait:         o.wait,
		timing:       o.timing,
	}, nil
}

// prepare sets the headers that all requests have. It returns ErrNoProject for
// a request whose path lacks the project.
func (o *options) prepare(_ context.Context, r *http.Request) error {
	if o.project == "" && strings.Contains(r.URL.Path, "/v1.0//") {
		return ErrNoProject
	}
	if o.project != "" {
		r.Header.Set("X-Project-Id", o.project)
	}
	r.Header.Set("User-Agent", o.userAgent)
	return nil
}

// checkHeader returns an error if HTTP does not allow the value in a header
// (RFC 9110, section 5.5). The error does not contain the value, which may be a
// secret.
func checkHeader(name, value string) error {
	for i := range len(value) {
		if b := value[i]; b < ' ' && b != '\t' || b == 0x7f {
			return fmt.Errorf("header %s: the value contains a control character", name)
		}
	}
	return nil
}
