package validate_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/peering/peering/validate"
)

// testRequest is a request that Check and the oracle both validate.
type testRequest struct {
	operation *validate.Operation
	path      map[string]string
	query     string
	header    http.Header
	body      string
}

func (r testRequest) request() *http.Request {
	request := &http.Request{
		Method: r.operation.Method, URL: &url.URL{Path: "/", RawQuery: r.query}, Header: r.header.Clone(),
		Body: io.NopCloser(strings.NewReader(r.body)), ContentLength: int64(len(r.body)),
	}
	if r.body == "" {
		request.Body = http.NoBody
	}
	return request
}

// isJSON reports whether the Content-Type is JSON.
func (r testRequest) isJSON() bool {
	mediaType, _, err := mime.ParseMediaType(r.header.Get("Content-Type"))
	return err != nil || mediaType == "application/json" || strings.HasSuffix(mediaType, "+json")
}

// oracle is the independent reference for verdicts: encoding/json with strict
// checks, and kin-openapi.
type oracle struct {
	document  *openapi3.T
	validator *validate.Validator
}

// newOracle loads a document. kin-openapi rejects documents with invalid
// examples, so they have none.
func newOracle(t testing.TB, file string) oracle {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	document := load(t, string(data))
	validator, err := validate.New(document, validate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return oracle{document, validator}
}

func (o oracle) accepts(r testRequest) bool {
	item := o.document.Paths.Value(r.operation.Path)
	operation := *item.GetOperation(r.operation.Method)
	operation.Security = openapi3.NewSecurityRequirements()
	request := r.request()
	if operation.RequestBody != nil && r.body != "" && r.isJSON() && !isStrictJSON([]byte(r.body)) {
		return false
	}
	query, err := url.ParseQuery(r.query)
	if err != nil || hasDuplicates(item, &operation, query, request) {
		return false
	}
	return openapi3filter.ValidateRequest(request.Context(), &openapi3filter.RequestValidationInput{
		Request: request, PathParams: maps.Clone(r.path), QueryParams: query,
		Route:   &routers.Route{Spec: o.document, Path: r.operation.Path, PathItem: item, Method: r.operation.Method, Operation: &operation},
		Options: &openapi3filter.Options{SkipSettingDefaults: true},
	}) == nil
}

// hasDuplicates reports whether a scalar parameter has two values.
func hasDuplicates(item *openapi3.PathItem, operation *openapi3.Operation, query url.Values, r *http.Request) bool {
	for _, parameters := range []openapi3.Parameters{item.Parameters, operation.Parameters} {
		for _, ref := range parameters {
			p := ref.Value
			if p.Schema == nil || p.Schema.Value.Type == nil || p.Schema.Value.Type.Is("array") || p.Schema.Value.Type.Is("object") {
				continue
			}
			if p.In == "query" && len(query[p.Name]) > 1 || p.In == "header" && len(r.Header.Values(p.Name)) > 1 || p.In == "cookie" && len(r.CookiesNamed(p.Name)) > 1 {
				return true
			}
		}
	}
	return false
}

// isStrictJSON is a second implementation of the strict JSON check, based on
// encoding/json.
func isStrictJSON(data []byte) bool {
	if !utf8.Valid(data) || !json.Valid(data) || bytes.Contains(bytes.ReplaceAll(data, []byte(`\\`), nil), []byte(`\u0000`)) || hasUnpairedSurrogates(data) {
		return false
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	return hasDistinctNames(decoder, 0)
}

// hasUnpairedSurrogates compares the number of replacement characters before
// and after decoding.
func hasUnpairedSurrogates(data []byte) bool {
	decoder := json.NewDecoder(bytes.NewReader(data))
	before := bytes.Count(data, []byte("\ufffd")) + strings.Count(strings.ToLower(string(bytes.ReplaceAll(data, []byte(`\\`), nil))), `\ufffd`)
	after := 0
	for token, err := decoder.Token(); err == nil; token, err = decoder.Token() {
		if text, ok := token.(string); ok {
			after += strings.Count(text, "\ufffd")
		}
		decoder.UseNumber()
	}
	return after > before
}

func hasDistinctNames(decoder *json.Decoder, depth int) bool {
	token, err := decoder.Token()
	if err != nil {
		return false
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return true
	}
	names := map[string]bool{}
	for decoder.More() {
		if delim == '{' {
			name, err := decoder.Token()
			text, _ := name.(string)
			if err != nil || names[text] {
				return false
			}
			names[text] = true
		}
		if !hasDistinctNames(decoder, depth+1) {
			return false
		}
	}
	_, err = decoder.Token()
	return err == nil && depth < 32
}
