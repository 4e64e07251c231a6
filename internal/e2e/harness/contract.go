package harness

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	api "github.com/peering/peering/gen/server"
)

// Contract is the contract that responses are checked against. It records the
// operations and statuses that tests exercise.
var Contract = newDocument()

// Document is an OpenAPI document with closed response schemas: a response with
// an undescribed member violates it.
type Document struct {
	*openapi3.T

	router routers.Router

	mu   sync.Mutex
	seen map[string]bool
}

func newDocument() *Document {
	doc, err := api.GetSpec()
	if err != nil {
		panic(err)
	}
	closed := false
	for _, schema := range doc.Components.Schemas {
		if schema.Value.Type.Is(openapi3.TypeObject) {
			schema.Value.AdditionalProperties = openapi3.AdditionalProperties{Has: &closed}
		}
	}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		panic(err)
	}
	return &Document{T: doc, router: router, seen: map[string]bool{}}
}

func exercised(operationID string, status int) string {
	return operationID + " " + strconv.Itoa(status)
}

// Coverage returns a table of all documented operations and statuses, and how
// many of them no test has exercised; these are in brackets.
func (d *Document) Coverage() (text string, missing int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var rows []string
	for path, item := range d.Paths.Map() {
		for method, operation := range item.Operations() {
			statuses := slices.Sorted(maps.Keys(operation.Responses.Map()))
			for i, status := range statuses {
				if !d.seen[operation.OperationID+" "+status] {
					statuses[i] = "[" + status + "]"
					missing++
				}
			}
			rows = append(rows, fmt.Sprintf("%-6s %-90s %-16s %s", method, path, operation.OperationID,
				strings.Join(statuses, " ")))
		}
	}
	slices.Sort(rows)
	return strings.Join(rows, "\n"), missing
}

// Check returns an error if a response violates the contract. Responses of
// paths and methods without an operation are checked for headers only.
func (d *Document) Check(r *http.Request, resp *http.Response, body []byte) error {
	if resp.Header.Get("X-Request-Id") == "" {
		return errors.New("no X-Request-Id")
	}
	if len(body) > 0 && resp.Header.Get("Content-Type") != "application/json" {
		return fmt.Errorf("content type is %q", resp.Header.Get("Content-Type"))
	}
	if (resp.StatusCode == http.StatusServiceUnavailable || resp.StatusCode == http.StatusTooManyRequests) &&
		resp.Header.Get("Retry-After") == "" {
		return errors.New("no Retry-After")
	}
	if resp.StatusCode == http.StatusUnauthorized && resp.Header.Get("WWW-Authenticate") == "" {
		return errors.New("no WWW-Authenticate")
	}
	route, _, err := d.router.FindRoute(r)
	if errors.Is(err, routers.ErrPathNotFound) || errors.Is(err, routers.ErrMethodNotAllowed) {
		return nil // other tests cover these
	}
	if err != nil {
		return err
	}
	d.mu.Lock()
	d.seen[exercised(route.Operation.OperationID, resp.StatusCode)] = true
	d.mu.Unlock()
	return openapi3filter.ValidateResponse(r.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, Route: route},
		Status:                 resp.StatusCode,
		Header:                 resp.Header,
		Body:                   io.NopCloser(bytes.NewReader(body)),
		Options:                &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
	})
}

// CheckedTransport fails a test for every response that violates the contract
// or leaks a secret.
type CheckedTransport struct {
	T    testing.TB
	Base http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (c CheckedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := c.Base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		return nil, err
	}
	secrets.checkResponse(r, resp, body)
	if err := Contract.Check(r, resp, body); err != nil {
		c.T.Errorf("%s %s returned %d %s\nwhich violates the contract: %v", r.Method, r.URL, resp.StatusCode, body, err)
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// CheckedHTTP returns an HTTP client with a CheckedTransport. Its connections
// end with the test.
func CheckedHTTP(t testing.TB) *http.Client {
	t.Helper()
	base := &http.Transport{}
	t.Cleanup(base.CloseIdleConnections)
	return &http.Client{Transport: CheckedTransport{T: t, Base: base}}
}

// Response is a response with its body read.
type Response struct {
	Status int
	Header http.Header
	Body   string
}

// Send sends a request with headers, given as pairs of name and value, and
// checks the response.
func Send(t testing.TB, method, url, body string, headers ...string) Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return SendRequest(t, r, headers...)
}

// SendRequest is Send for a request of the caller.
func SendRequest(t testing.TB, r *http.Request, headers ...string) Response {
	t.Helper()
	return SendWith(t, CheckedHTTP(t), r, headers...)
}

// SendWith is SendRequest with an HTTP client of the caller.
func SendWith(t testing.TB, c *http.Client, r *http.Request, headers ...string) Response {
	t.Helper()
	for pair := range slices.Chunk(headers, 2) {
		r.Header.Add(pair[0], pair[1])
	}
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode == http.StatusTooManyRequests {
		c.CloseIdleConnections() // the server does not read from this one for a while
	}
	return Response{Status: resp.StatusCode, Header: resp.Header, Body: string(data)}
}
