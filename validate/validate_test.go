package validate_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/peering/peering/validate"
)

func TestNewRejectsInvalidDocuments(t *testing.T) {
	for _, tt := range []struct{ name, old, new string }{
		{"without a title", "title: Things, ", ""},
		{"undeclared path parameter", "/{thing_id}/{index}:", "/{thing_id}/{index}/{more}:"},
		{"invalid pattern", `"^[a-z/]+$"`, `"^[a-z/+$"`},
		{"unknown type", "title: { type: string", "title: { type: text"},
		{"undeclared security scheme", "[{ key: [] }]", "[{ key: [] }, { token: [] }]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := strings.Replace(document, tt.old, tt.new, 1)
			if text == document {
				t.Fatal("the replacement changed nothing")
			}
			if _, err := validate.New(load(t, text), validate.Options{}); err == nil {
				t.Error("got nil, want an error")
			}
		})
	}
}

func TestNewAcceptsOnlyOpenAPI30(t *testing.T) {
	for _, tt := range []struct {
		name, version string
		ok            bool
	}{
		{"3.0", "3.0.0", true},
		{"3.1", "3.1.0", false},
		{"3.2", "3.2.0", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			doc := load(t, `{"openapi":"`+tt.version+`","info":{"title":"Nothing","version":"1"},"paths":{}}`)
			if _, err := validate.New(doc, validate.Options{}); (err == nil) != tt.ok {
				t.Errorf("got %v, want success %t", err, tt.ok)
			}
		})
	}
}

func TestOperationsReturnsAllOperations(t *testing.T) {
	v, err := validate.New(load(t, document), validate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range v.Operations() {
		got = append(got, o.ID+" "+o.Method+" "+o.Path)
	}
	slices.Sort(got)
	want := []string{
		"changeThing PATCH /things",
		"createThing POST /things",
		"deleteThing DELETE /things/{thing_id}/{index}",
		"showThing GET /things/{thing_id}/{index}",
		"uploadThings PUT /things",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestOperationsReturnsACopy(t *testing.T) {
	v, err := validate.New(load(t, document), validate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	clear(v.Operations())
	if slices.Contains(v.Operations(), nil) {
		t.Error("the validator shares its list with the caller")
	}
}

func TestCheckDoesNotChangeTheDocument(t *testing.T) {
	doc := load(t, document)
	before, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	v, err := validate.New(doc, validate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range v.Operations() {
		for _, body := range []string{``, `{}`, `{"x":1}`, `{"all":{"width":1,"depth":"2"},"one":"abcd"}`} {
			_ = o.Check(postJSON(t, body), validShowRequest().path)
		}
	}
	if after, err := json.Marshal(doc); err != nil || !bytes.Equal(after, before) {
		t.Errorf("the document changed (%v) to %s", err, after)
	}
}

func TestCheckRunsConcurrently(t *testing.T) {
	o := operation(t, "createThing")
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 20 {
				if err := o.Check(postJSON(t, `{"vpc_id":"abc","all":{"width":1,"depth":"2"}}`), nil); err != nil {
					t.Errorf("got %v, want nil", err)
				}
				if err := o.Check(postJSON(t, `{"vpcid":"x","sizes":[{},{"a":1}]}`), nil); err == nil {
					t.Error("got nil, want an error")
				}
			}
		})
	}
	wg.Wait()
}

func TestCheckIgnoresSecurityByDefault(t *testing.T) {
	if err := operation(t, "createThing").Check(postJSON(t, `{}`), nil); err != nil {
		t.Errorf("got %v for a request without credentials, want nil", err)
	}
}

// kin-openapi recurses without end on such a schema: the first request would
// end the process.
func TestNewRejectsSelfReferencingSchemas(t *testing.T) {
	for _, tt := range []struct {
		name, schema string
		ok           bool
	}{
		{"property", `{"properties":{"a":{"$ref":"#/components/schemas/S"}}}`, false},
		{"items", `{"items":{"$ref":"#/components/schemas/S"}}`, false},
		{"additional properties", `{"additionalProperties":{"$ref":"#/components/schemas/S"}}`, false},
		{"alternative", `{"anyOf":[{},{"properties":{"a":{"$ref":"#/components/schemas/S"}}}]}`, false},
		{"with a type", `{"type":"object","properties":{"a":{"$ref":"#/components/schemas/S"}}}`, true},
		{"with another property", `{"properties":{"a":{"$ref":"#/components/schemas/S"},"b":{"type":"string"}}}`, true},
		{"through a schema with a type", `{"properties":{"a":{"type":"array","items":{"$ref":"#/components/schemas/S"}}}}`, true},
		{"empty", `{"properties":{"a":{},"b":{"items":{}}}}`, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			doc := load(t, `{"openapi":"3.0.3","info":{"title":"One","version":"1"},"paths":{"/":{"post":{"operationId":"post",
				"requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/S"}}}},"responses":{"204":{"description":"Done"}}}}},
				"components":{"schemas":{"S":`+tt.schema+`}}}`)
			v, err := validate.New(doc, validate.Options{})
			if (err == nil) != tt.ok {
				t.Fatalf("got %v, want success %t", err, tt.ok)
			}
			if tt.ok {
				if err := v.Operations()[0].Check(postJSON(t, `{"a":{"a":[]},"b":1}`), nil); err != nil {
					t.Logf("rejected: %v", err)
				}
			}
		})
	}
}
