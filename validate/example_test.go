package validate_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/peering/peering/validate"
)

func Example() {
	doc, err := openapi3.NewLoader().LoadFromData([]byte(`
openapi: 3.0.3
info: { title: Peerings, version: "1" }
paths:
  /{project_id}/peerings:
    post:
      operationId: createPeering
      parameters:
        - { name: project_id, in: path, required: true, schema: { type: string, maxLength: 32 } }
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              additionalProperties: false
              required: [vpc_id, name]
              properties:
                vpc_id: { type: string, pattern: "^[0-9a-f]{32}$", x-expects: 32 hexadecimal digits }
                name: { type: string, minLength: 1 }
      responses:
        "201": { description: Created }
`))
	if err != nil {
		log.Fatal(err)
	}
	validator, err := validate.New(doc, validate.Options{})
	if err != nil {
		log.Fatal(err)
	}
	createPeering := validator.Operations()[0]

	handler := func(w http.ResponseWriter, r *http.Request) {
		err := createPeering.Check(r, map[string]string{"project_id": r.PathValue("project_id")})
		if rejected, ok := errors.AsType[*validate.Error](err); ok {
			http.Error(w, rejected.Error(), rejected.Kind.Status())
			return
		}
		if err != nil {
			http.Error(w, "internal error", http.StatusInternalServerError)
			return
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = fmt.Fprintln(w, "created")
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{project_id}/peerings", handler)

	for _, body := range []string{
		`{"vpc_id": "f4da5a55fcd94a938b865b81585e14bb", "name": "myVpc"}`,
		`{"vpcid": "f4da5a55", "name": ""}`,
		`{"vpc_id": "f4da5a55fcd94a938b865b81585e14bb", "name": "a", "name": "b"}`,
	} {
		r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/p1/peerings", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		fmt.Println(w.Code, strings.ReplaceAll(strings.TrimSpace(w.Body.String()), "; body", "\n    body"))
	}

	// Output:
	// 201 created
	// 400 body /name: must not be empty
	//     body /vpcid: is unknown; did you mean "vpc_id"?
	//     body /vpc_id: is required
	// 400 body /name: is given more than once
}
