package validate_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/peering/peering/validate"
)

// canary is the invalid part of rejected requests, and schemaCanary part of the
// schema there. Neither must appear in an error.
const (
	canary       = "canary-5e1f"
	schemaCanary = "canary-of-the-schema"
)

const document = `
openapi: 3.0.3
info: { title: Things, version: "1" }
security: [{ key: [] }]
paths:
  /things:
    post:
      operationId: createThing
      requestBody: { required: true, content: { application/json: { schema: { $ref: "#/components/schemas/Thing" } } } }
      responses: { "204": { description: Done } }
    patch:
      operationId: changeThing
      requestBody: { content: { application/merge-patch+json: { schema: { type: object } }, application/json: { schema: { type: object } } } }
      responses: { "204": { description: Done } }
    put:
      operationId: uploadThings
      requestBody:
        required: true
        content:
          multipart/form-data: { schema: { type: object, properties: { file: { type: string } } } }
          text/*: { schema: { type: string, maxLength: 9 } }
      responses: { "204": { description: Done } }
  /things/{thing_id}/{index}:
    parameters:
      - { name: thing_id, in: path, required: true, schema: { type: string, pattern: "^[a-z/]+$", description: canary-of-the-schema } }
      - { name: index, in: path, required: true, schema: { type: integer } }
      - { name: X-Count, in: header, schema: { type: integer } }
      - { name: sort, in: query, schema: { type: string } }
    get:
      operationId: showThing
      parameters:
        - { name: token, in: query, required: true, schema: { type: string, minLength: 1, maxLength: 9 } }
        - { name: limit, in: query, schema: { type: integer, format: int32, minimum: 1, maximum: 9 } }
        - { name: ratio, in: query, schema: { type: number } }
        - { name: filter, in: query, allowEmptyValue: true, schema: { type: string, minLength: 3 } }
        - { name: sort, in: query, schema: { type: array, items: { type: string, enum: [id, name] } } }
        - { name: ids, in: query, explode: false, schema: { type: array, items: { type: integer } } }
        - { name: ratios, in: query, explode: false, schema: { type: array, items: { type: number } } }
        - { name: either, in: query, schema: { anyOf: [{ type: integer }, { type: boolean }] } }
        - { name: size, in: query, style: deepObject, schema: { $ref: "#/components/schemas/Size" } }
        - { name: room, in: query, content: { application/json: { schema: { $ref: "#/components/schemas/Size" } } } }
        - { name: hall, in: query, content: { application/json: { schema: { $ref: "#/components/schemas/Size" } } } }
        - { name: X-Trace, in: header, required: true, schema: { type: string, minLength: 1 } }
        - { name: session, in: cookie, required: true, schema: { type: string, minLength: 1 } }
        - { name: visits, in: cookie, schema: { type: integer } }
      responses: { "200": { description: Done } }
    delete:
      operationId: deleteThing
      parameters:
        - { name: either, in: query, required: true, schema: { anyOf: [{ type: integer }, { type: boolean }] } }
        - { name: room, in: query, required: true, content: { application/json: { schema: { type: object } } } }
      responses: { "204": { description: Done } }
components:
  securitySchemes:
    key: { type: apiKey, in: header, name: X-Key }
  schemas:
    Thing:
      description: canary-of-the-schema
      type: object
      additionalProperties: false
      properties:
        text: { type: string, description: canary-of-the-schema }
        count: { type: integer }
        small: { type: integer, format: int32 }
        flag: { type: boolean }
        maybe: { type: string, nullable: true }
        color: { type: string, enum: [red, green] }
        name: { type: string, minLength: 2, maxLength: 4 }
        title: { type: string, minLength: 1 }
        code: { type: string, pattern: "^(canary-of-the-schema|[a-z]+)$" }
        vpc_id: { type: string, pattern: "^(canary-of-the-schema|[a-f]+)$", x-expects: letters from a to f }
        day: { type: string, format: date }
        level: { type: integer, minimum: 1, maximum: 5 }
        share: { type: number, minimum: 0, exclusiveMinimum: true, maximum: 1, exclusiveMaximum: true }
        step: { type: integer, multipleOf: 5 }
        list: { type: array, minItems: 1, maxItems: 2, items: { type: string } }
        set: { type: array, uniqueItems: true, items: { type: string } }
        bag: { type: object, minProperties: 1, maxProperties: 2, description: canary-of-the-schema }
        one: { oneOf: [{ type: string, minLength: 3 }, { type: string, maxLength: 5 }] }
        any: { anyOf: [{ type: integer, description: canary-of-the-schema }, { type: boolean }] }
        all: { allOf: [{ $ref: "#/components/schemas/Size" }, { type: object, required: [depth] }] }
        none: { not: { type: string, minLength: 3 } }
        pet: { oneOf: [{ $ref: "#/components/schemas/Size" }], discriminator: { propertyName: kind, mapping: { size: Size } } }
        id: { type: string, readOnly: true }
        size: { $ref: "#/components/schemas/Size" }
        sizes: { type: array, items: { $ref: "#/components/schemas/Size" } }
        free: { minLength: 1 }
        a/b~c: { type: object, properties: { d: { type: string } } }
    Size:
      type: object
      additionalProperties: false
      required: [width]
      properties:
        width: { type: integer }
        height: { type: integer }
        depth: { type: string }
        kind: { type: string }
`

func load(t testing.TB, text string) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// operations returns the operations of the document above by their ID.
func operations(t testing.TB, options validate.Options) map[string]*validate.Operation {
	t.Helper()
	v, err := validate.New(load(t, document), options)
	if err != nil {
		t.Fatal(err)
	}
	byID := map[string]*validate.Operation{}
	for _, o := range v.Operations() {
		byID[o.ID] = o
	}
	return byID
}

func operation(t testing.TB, id string) *validate.Operation {
	t.Helper()
	return operations(t, validate.Options{})[id]
}

// postJSON returns a request with a JSON body.
func postJSON(t testing.TB, body string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/things", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return r
}

// validationError returns err as a *validate.Error and checks the rules for
// every one.
func validationError(t testing.TB, err error) *validate.Error {
	t.Helper()
	e, ok := errors.AsType[*validate.Error](err)
	if !ok {
		t.Fatalf("got error %v (%T), want a *validate.Error", err, err)
	}
	if n := len(e.Violations); n < 1 || n > 16 {
		t.Errorf("got %d violations, want 1 to 16", n)
	}
	if text := e.Error(); strings.Contains(text, canary) || strings.Contains(text, schemaCanary) {
		t.Errorf("the error shows the value or the schema: %s", text)
	}
	return e
}

// wantViolations fails the test unless err has exactly the wanted violations,
// apart from their reasons.
func wantViolations(t testing.TB, err error, kind validate.Kind, want ...validate.Violation) {
	t.Helper()
	e := validationError(t, err)
	got := slices.Clone(e.Violations)
	for i := range got {
		if got[i].Reason == "" {
			t.Errorf("violation %+v has no reason", got[i])
		}
		got[i].Reason = ""
	}
	if e.Kind != kind || !slices.Equal(got, want) {
		t.Errorf("got kind %d, violations %+v (%v), want kind %d, %+v", e.Kind, got, e, kind, want)
	}
}
