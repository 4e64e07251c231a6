package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/peering/peering/gen"
)

// A Client calls the service for one project. It is safe for concurrent use.
type Client struct {
	raw     gen.ClientInterface
	project string
	keyed   bool
	wait    WaitPolicy
	timing  timing
}

// ErrNoProject is what a call about a cluster answers where nothing says in which project the cluster is.
var ErrNoProject = errors.New("no project, which calls about clusters need")

// New answers a client of the service at the endpoint, a URL such as http://127.0.0.1:8080. It sends nothing.
func New(endpoint string, opts ...Option) (*Client, error) {
	o := newOptions(opts)
	if err := o.check(); err != nil {
		return nil, err
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("endpoint %q is not a URL such as %s", endpoint, DefaultEndpoint)
	}
	raw, err := gen.NewClient(endpoint, gen.WithHTTPClient(o.chain()), gen.WithRequestEditorFn(o.edit))
	if err != nil {
		return nil, fmt.Errorf("endpoint %q: %w", endpoint, err)
	}
	return &Client{raw: raw, project: o.project, keyed: o.retry.Attempts > 1, wait: o.wait, timing: o.timing}, nil
}

// edit gives a request what all of them have.
func (o *options) edit(_ context.Context, r *http.Request) error {
	if o.project == "" && strings.Contains(r.URL.Path, "/v1.0//") {
		return ErrNoProject
	}
	if o.project != "" {
		r.Header.Set("X-Project-Id", o.project)
	}
	r.Header.Set("User-Agent", o.userAgent)
	return checkHeader(keyHeader, r.Header.Get(keyHeader))
}

// checkHeader answers an error for a value that HTTP can't carry (RFC 9110, section 5.5). It does not hold the value.
func checkHeader(name, value string) error {
	for i := range len(value) {
		if b := value[i]; b < ' ' && b != '\t' || b == 0x7f {
			return fmt.Errorf("header %s: the value holds a control character", name)
		}
	}
	return nil
}

// answer takes the answer of a call: the body as a T where the service did what it was asked for, an *Error where it
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
	body, ok := resp.Body.(*answerBody)
	if !ok {
		return nil, errors.New("the answer did not come through the client's own chain")
	}
	if resp.StatusCode/100 != 2 {
		return nil, newError(resp, body)
	}
	return body.data, nil
}

// deleted makes a success of the error which says that there is nothing to delete, where an earlier attempt of the call may
// have deleted it.
func deleted(err error, codes ...string) error {
	if e, ok := errors.AsType[*Error](err); ok && e.earlier && e.is(codes...) {
		return nil
	}
	return err
}
