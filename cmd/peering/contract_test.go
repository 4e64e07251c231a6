package main

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

// contract is what all tests of this package check answers against, and where they record what they have exercised.
var contract = newDocument()

// document is the contract with its answers closed: a member that it does not describe is a failure.
type document struct {
	*openapi3.T

	router routers.Router

	mu   sync.Mutex
	seen map[string]bool
}

func newDocument() *document {
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
	return &document{T: doc, router: router, seen: map[string]bool{}}
}

func exercise(operationID string, status int) string {
	return operationID + " " + strconv.Itoa(status)
}

// coverage answers a table of all documented operations and statuses, and how many of them no test has seen; these stand
// in brackets.
func (d *document) coverage() (text string, missing int) {
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
			rows = append(rows, fmt.Sprintf("%-6s %-90s %-16s %s", method, path, operation.OperationID, strings.Join(statuses, " ")))
		}
	}
	slices.Sort(rows)
	return strings.Join(rows, "\n"), missing
}

// check answers how an answer departs from the contract, or nil.
func (d *document) check(r *http.Request, resp *http.Response, body []byte) error {
	if resp.Header.Get("X-Request-Id") == "" {
		return errors.New("no X-Request-Id")
	}
	if len(body) > 0 && resp.Header.Get("Content-Type") != "application/json" {
		return fmt.Errorf("content type is %q", resp.Header.Get("Content-Type"))
	}
	if (resp.StatusCode == http.StatusServiceUnavailable || resp.StatusCode == http.StatusTooManyRequests) && resp.Header.Get("Retry-After") == "" {
		return errors.New("no Retry-After")
	}
	if resp.StatusCode == http.StatusUnauthorized && resp.Header.Get("WWW-Authenticate") == "" {
		return errors.New("no WWW-Authenticate")
	}
	route, _, err := d.router.FindRoute(r)
	if errors.Is(err, routers.ErrPathNotFound) || errors.Is(err, routers.ErrMethodNotAllowed) {
		return nil // What is answered there has tests of its own.
	}
	if err != nil {
		return err
	}
	d.mu.Lock()
	d.seen[exercise(route.Operation.OperationID, resp.StatusCode)] = true
	d.mu.Unlock()
	return openapi3filter.ValidateResponse(r.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, Route: route},
		Status:                 resp.StatusCode,
		Header:                 resp.Header,
		Body:                   io.NopCloser(bytes.NewReader(body)),
		Options:                &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
	})
}

// checkedTransport fails a test over every answer that departs from the contract, and looks for secrets in all.
type checkedTransport struct {
	t    testing.TB
	base http.RoundTripper
}

func (c checkedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := c.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		return nil, err
	}
	leaks.lookAt(r, resp, body)
	if err := contract.check(r, resp, body); err != nil {
		c.t.Errorf("%s %s answered %d %s\nwhich departs from the contract: %v", r.Method, r.URL, resp.StatusCode, body, err)
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// checkedHTTP answers an HTTP client whose answers are checked; its connections end with the test.
func checkedHTTP(t testing.TB) *http.Client {
	t.Helper()
	base := &http.Transport{}
	t.Cleanup(base.CloseIdleConnections)
	return &http.Client{Transport: checkedTransport{t: t, base: base}}
}

// answered is an answer that was read.
type answered struct {
	status int
	header http.Header
	body   string
}

// send makes a request as it is given, with headers as pairs of name and value.
func send(t testing.TB, method, url, body string, headers ...string) answered {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return sendRequest(t, r, headers...)
}

func sendRequest(t testing.TB, r *http.Request, headers ...string) answered {
	t.Helper()
	return sendWith(t, checkedHTTP(t), r, headers...)
}

func sendWith(t testing.TB, c *http.Client, r *http.Request, headers ...string) answered {
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
	return answered{status: resp.StatusCode, header: resp.Header, body: string(data)}
}

func TestExamplesFollowTheirSchemas(t *testing.T) {
	// Validate checks the examples of every parameter, request and answer.
	if err := contract.Validate(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestRequestSchemasAreClosed(t *testing.T) {
	doc, err := api.GetSpec()
	if err != nil {
		t.Fatal(err)
	}
	var bodies int
	for path, item := range doc.Paths.Map() {
		for method, operation := range item.Operations() {
			if operation.RequestBody == nil {
				continue
			}
			bodies++
			checkClosed(t, method+" "+path, operation.RequestBody.Value.Content["application/json"].Schema.Value)
		}
	}
	if bodies == 0 {
		t.Error("no operation has a body")
	}
}

func checkClosed(t *testing.T, where string, s *openapi3.Schema) {
	t.Helper()
	if !s.Type.Is(openapi3.TypeObject) {
		return
	}
	if has := s.AdditionalProperties.Has; has == nil || *has {
		t.Errorf("%s takes members that it does not describe", where)
	}
	for name, property := range s.Properties {
		checkClosed(t, where+" "+name, property.Value)
	}
}

func TestPatternsAreAnchored(t *testing.T) {
	for name, schema := range contract.Components.Schemas {
		for property, ref := range schema.Value.Properties {
			checkAnchored(t, name+"."+property, ref.Value.Pattern)
		}
		checkAnchored(t, name, schema.Value.Pattern)
	}
}

func checkAnchored(t *testing.T, where, pattern string) {
	t.Helper()
	if pattern != "" && (!strings.HasPrefix(pattern, "^") || !strings.HasSuffix(pattern, "$")) {
		t.Errorf("pattern of %s is not anchored: %s", where, pattern)
	}
}
