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

func TestNewRefusesBrokenDocuments(t *testing.T) {
	for _, tt := range []struct{ name, old, new string }{
		{"without a title", "title: Things, ", ""},
		{"path parameter that is not declared", "/{thing_id}/{index}:", "/{thing_id}/{index}/{more}:"},
		{"pattern that does not compile", `"^[a-z/]+$"`, `"^[a-z/+$"`},
		{"unknown type", "title: { type: string", "title: { type: text"},
		{"security scheme that is not declared", "[{ key: [] }]", "[{ key: [] }, { token: [] }]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := strings.Replace(document, tt.old, tt.new, 1)
			if text == document {
				t.Fatal("the document is not broken")
			}
			if _, err := validate.New(load(t, text), validate.Options{}); err == nil {
				t.Error("got nil, want an error")
			}
		})
	}
}

func TestNewTakesOpenAPI30Only(t *testing.T) {
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
				t.Errorf("got %v, want nil to be %t", err, tt.ok)
			}
		})
	}
}

func TestOperationsListsTheDocument(t *testing.T) {
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

func TestOperationsAnswersACopy(t *testing.T) {
	v, err := validate.New(load(t, document), validate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	clear(v.Operations())
	if slices.Contains(v.Operations(), nil) {
		t.Error("changing the list changed the validator")
	}
}

func TestCheckLeavesTheDocumentAsItIs(t *testing.T) {
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
			_ = o.Check(post(t, body), validShowing().path)
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
				if err := o.Check(post(t, `{"vpc_id":"abc","all":{"width":1,"depth":"2"}}`), nil); err != nil {
					t.Errorf("got %v, want nil", err)
				}
				if err := o.Check(post(t, `{"vpcid":"x","sizes":[{},{"a":1}]}`), nil); err == nil {
					t.Error("got nil, want a refusal")
				}
			}
		})
	}
	wg.Wait()
}

func TestCheckAsksNobodyWhoCalls(t *testing.T) {
	if err := operation(t, "createThing").Check(post(t, `{}`), nil); err != nil {
		t.Errorf("got %v for a request without the key that the document asks for, want nil", err)
	}
}

// kin-openapi would never come back from such a schema: the process would end on the first request.
func TestNewRefusesSchemasThatAreOnlyMadeOfThemselves(t *testing.T) {
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
		{"by a schema with a type", `{"properties":{"a":{"type":"array","items":{"$ref":"#/components/schemas/S"}}}}`, true},
		{"empty", `{"properties":{"a":{},"b":{"items":{}}}}`, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			doc := load(t, `{"openapi":"3.0.3","info":{"title":"One","version":"1"},"paths":{"/":{"post":{"operationId":"post",
				"requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/S"}}}},"responses":{"204":{"description":"Done"}}}}},
				"components":{"schemas":{"S":`+tt.schema+`}}}`)
			v, err := validate.New(doc, validate.Options{})
			if (err == nil) != tt.ok {
				t.Fatalf("got %v, want nil to be %t", err, tt.ok)
			}
			if tt.ok {
				if err := v.Operations()[0].Check(post(t, `{"a":{"a":[]},"b":1}`), nil); err != nil {
					t.Logf("refused, but not for ever: %v", err)
				}
			}
		})
	}
}
