package httpvalidate_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/peering/peering/validate"
	"github.com/peering/peering/validate/httpvalidate"
)

const document = `
openapi: 3.0.3
info: { title: Things, version: "1" }
paths:
  /things/{thing-id}/parts/{part_id}:
    parameters:
      - { name: thing-id, in: path, required: true, schema: { type: string, pattern: "^[A-C/]+$" } }
      - { name: part_id, in: path, required: true, schema: { type: integer } }
    put:
      operationId: putPart
      requestBody: { required: true, content: { application/json: { schema: { type: object, additionalProperties: false } } } }
      responses: { "204": { description: Done } }
  /things/:
    get: { operationId: listThings, responses: { "200": { description: Done, content: { application/json: { schema: { type: array, items: {} } } } } } }
  /things/{name}.json:
    parameters: [{ name: name, in: path, required: true, schema: { type: string } }]
    get: { operationId: showThing, responses: { "204": { description: Done } } }
`

func operations(t testing.TB) map[string]*validate.Operation {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	validator, err := validate.New(doc, validate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	byID := map[string]*validate.Operation{}
	for _, operation := range validator.Operations() {
		byID[operation.ID] = operation
	}
	return byID
}

func TestPattern(t *testing.T) {
	for id, want := range map[string]string{"putPart": "PUT /things/{segment2}/parts/{part_id}", "listThings": "GET /things/{$}", "showThing": ""} {
		got, err := httpvalidate.Pattern(operations(t)[id])
		if got != want || (err != nil) != (want == "") {
			t.Errorf("%s: got %q, %v, want %q", id, got, err, want)
		}
	}
}

func serve(t testing.TB, id string, next http.HandlerFunc, options httpvalidate.Options, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	operation := operations(t)[id]
	pattern, err := httpvalidate.Pattern(operation)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(pattern, httpvalidate.Handler(operation, next, options))
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	return w
}

func put(t testing.TB, target, body string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return r
}

func noContent(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }

func TestHandler(t *testing.T) {
	for _, tt := range []struct {
		name, target, body string
		status             int
		want               string
	}{
		{"valid", "/things/ABC/parts/1", `{}`, http.StatusNoContent, ""},
		{"escaped", "/things/A%2FB/parts/%31", `{}`, http.StatusNoContent, ""},
		{"invalid body", "/things/A/parts/1", `{"x":1}`, http.StatusBadRequest, `"errors":[{"in":"body","field":"/x","keyword":"additionalProperties","message":"is unknown"}]`},
		{"invalid path", "/things/x/parts/1", `{}`, http.StatusBadRequest, `{"in":"path","field":"thing-id","keyword":"pattern",`},
		{"large body", "/things/A/parts/1", strings.Repeat(" ", 1<<17), http.StatusRequestEntityTooLarge, `"title":"Request Entity Too Large","status":413`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := serve(t, "putPart", noContent, httpvalidate.Options{}, put(t, tt.target, tt.body))
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
				t.Errorf("got %d %s, want %d with %s", w.Code, w.Body, tt.status, tt.want)
			}
			if want := "application/problem+json"; tt.want != "" && w.Header().Get("Content-Type") != want {
				t.Errorf("got content type %q, want %q", w.Header().Get("Content-Type"), want)
			}
		})
	}
}

func TestHandlerUsesRefuseOption(t *testing.T) {
	refuse := func(w http.ResponseWriter, _ *http.Request, err error) {
		if _, ok := errors.AsType[*validate.Error](err); !ok {
			t.Errorf("got %v (%T)", err, err)
		}
		w.WriteHeader(http.StatusTeapot)
	}
	if w := serve(t, "putPart", noContent, httpvalidate.Options{Refuse: refuse}, put(t, "/things/x/parts/1", `{}`)); w.Code != http.StatusTeapot {
		t.Errorf("got status %d", w.Code)
	}
}

func TestHandlerChecksResponses(t *testing.T) {
	respond := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{}`))
	}
	responses := &validate.Responses{Mode: validate.Enforce}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/things/", http.NoBody)
	w := serve(t, "listThings", respond, httpvalidate.Options{Responses: responses}, r)
	if _, invalid, _ := responses.Counts(); w.Code != http.StatusInternalServerError || invalid != 1 {
		t.Errorf("got status %d, %d invalid, want 500, 1", w.Code, invalid)
	}
}

func TestHandlerSendsNothingAfterAPanic(t *testing.T) {
	responses := &validate.Responses{Mode: validate.Enforce}
	handler := httpvalidate.Handler(operations(t)["putPart"], http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
		panic("broken")
	}), httpvalidate.Options{Responses: responses})
	mux := http.NewServeMux()
	mux.Handle("PUT /things/{segment2}/parts/{part_id}", handler)
	w := httptest.NewRecorder()
	defer func() {
		if checked, _, _ := responses.Counts(); recover() != "broken" || checked != 0 {
			t.Errorf("got %d checked responses or no panic, want none and the panic", checked)
		}
		if w.WriteHeader(http.StatusInternalServerError); w.Code != http.StatusInternalServerError {
			t.Errorf("the status %d was sent before the recovery", w.Code)
		}
	}()
	mux.ServeHTTP(w, put(t, "/things/A/parts/1", `{}`))
}

func TestRefuseHidesOtherErrors(t *testing.T) {
	w := httptest.NewRecorder()
	httpvalidate.Refuse(w, nil, errors.New("secret"))
	if w.Code != http.StatusInternalServerError || w.Body.Len() > 0 {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}
