package httpvalidate_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/peering/peering/validate"
	"github.com/peering/peering/validate/httpvalidate"
)

func ExampleHandler() {
	doc, err := openapi3.NewLoader().LoadFromData([]byte(`
openapi: 3.0.3
info: { title: Hosts, version: "1" }
paths:
  /hosts/{host_id}:
    parameters:
      - { name: host_id, in: path, required: true, schema: { type: integer } }
    put:
      operationId: putHost
      requestBody:
        required: true
        content:
          application/json:
            schema: { type: object, additionalProperties: false, properties: { name: { type: string } } }
      responses:
        "204": { description: Done }
`))
	if err != nil {
		log.Fatal(err)
	}
	validator, err := validate.New(doc, validate.Options{})
	if err != nil {
		log.Fatal(err)
	}
	handlers := map[string]http.HandlerFunc{
		"putHost": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
	}
	mux := http.NewServeMux()
	for _, operation := range validator.Operations() {
		pattern, err := httpvalidate.Pattern(operation)
		if err != nil {
			log.Fatal(err)
		}
		mux.Handle(pattern, httpvalidate.Handler(operation, handlers[operation.ID], httpvalidate.Options{}))
	}

	for _, body := range []string{`{"name":"a"}`, `{"nam":"a"}`} {
		r := httptest.NewRequestWithContext(context.Background(), http.MethodPut, "/hosts/7", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		fmt.Println(strings.TrimSpace(fmt.Sprint(w.Code, " ", w.Body)))
	}

	// Output:
	// 204
	// 400 {"type":"about:blank","title":"Bad Request","status":400,"detail":"body /nam: is unknown; did you mean \"name\"?","errors":[{"in":"body","field":"/nam","keyword":"additionalProperties","message":"is unknown; did you mean \"name\"?"}]}
}
