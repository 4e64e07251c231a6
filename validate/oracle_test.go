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

// trial is a request of which two opinions are asked.
type trial struct {
	operation *validate.Operation
	path      map[string]string
	query     string
	header    http.Header
	body      string
}

func (c trial) request() *http.Request {
	r := &http.Request{
		Method: c.operation.Method, URL: &url.URL{Path: "/", RawQuery: c.query}, Header: c.header.Clone(),
		Body: io.NopCloser(strings.NewReader(c.body)), ContentLength: int64(len(c.body)),
	}
	if c.body == "" {
		r.Body = http.NoBody
	}
	return r
}

// json tells whether the body says that it is JSON.
func (c trial) json() bool {
	mediaType, _, err := mime.ParseMediaType(c.header.Get("Content-Type"))
	return err != nil || mediaType == "application/json" || strings.HasSuffix(mediaType, "+json")
}

// oracle is the other opinion: encoding/json, with checks of its own, and kin-openapi.
type oracle struct {
	document  *openapi3.T
	validator *validate.Validator
}

// oracleFor reads a document. kin-openapi takes no examples that do not follow their schemas; they are not used here.
func oracleFor(t testing.TB, file string) oracle {
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

func (o oracle) accepts(c trial) bool {
	item := o.document.Paths.Value(c.operation.Path)
	operation := *item.GetOperation(c.operation.Method)
	operation.Security = openapi3.NewSecurityRequirements()
	r := c.request()
	if operation.RequestBody != nil && c.body != "" && c.json() && !strictlyJSON([]byte(c.body)) {
		return false
	}
	query, err := url.ParseQuery(c.query)
	if err != nil || givenTwice(item, &operation, query, r) {
		return false
	}
	return openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
		Request: r, PathParams: maps.Clone(c.path), QueryParams: query,
		Route:   &routers.Route{Spec: o.document, Path: c.operation.Path, PathItem: item, Method: c.operation.Method, Operation: &operation},
		Options: &openapi3filter.Options{SkipSettingDefaults: true},
	}) == nil
}

// givenTwice tells whether a plain parameter has two values.
func givenTwice(item *openapi3.PathItem, operation *openapi3.Operation, query url.Values, r *http.Request) bool {
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

// strictlyJSON is the strict check once more, written on encoding/json.
func strictlyJSON(data []byte) bool {
	if !utf8.Valid(data) || !json.Valid(data) || bytes.Contains(bytes.ReplaceAll(data, []byte(`\\`), nil), []byte(`\u0000`)) || halfSurrogates(data) {
		return false
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	return distinctNames(decoder, 0)
}

// halfSurrogates compares the replacement characters before and after decoding.
func halfSurrogates(data []byte) bool {
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

func distinctNames(decoder *json.Decoder, depth int) bool {
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
		if !distinctNames(decoder, depth+1) {
			return false
		}
	}
	_, err = decoder.Token()
	return err == nil && depth < 32
}
