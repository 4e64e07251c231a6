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

// hostOperation returns the operation of a small document.
func hostOperation(options validate.Options) *validate.Operation {
	doc, err := openapi3.NewLoader().LoadFromData([]byte(`
openapi: 3.0.3
info: { title: Hosts, version: "1" }
security: [{ token: [] }]
paths:
  /hosts:
    post:
      operationId: createHost
      parameters:
        - { name: dry, in: query, schema: { anyOf: [{ type: boolean }, { type: integer }] } }
      requestBody:
        content:
          application/json:
            schema: { type: object, additionalProperties: false, properties: { name: { type: string }, cpus: { type: integer, maximum: 64 } } }
      responses:
        "201": { description: Created, content: { application/json: { schema: { type: object, required: [id] } } } }
components:
  securitySchemes:
    token: { type: http, scheme: bearer }
`))
	if err != nil {
		log.Fatal(err)
	}
	validator, err := validate.New(doc, options)
	if err != nil {
		log.Fatal(err)
	}
	return validator.Operations()[0]
}

func createHost(body string) *http.Request {
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/hosts", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return r
}

func ExampleOperation_Compiled() {
	fmt.Println(hostOperation(validate.Options{}).Compiled())

	// Output:
	// false query parameter dry: the schema is composed of others, so the type of the value is ambiguous
}

func ExampleBind() {
	r := createHost(`{"name":"a","cpus":4}`)
	if err := hostOperation(validate.Options{}).Check(r, nil); err != nil {
		log.Fatal(err)
	}
	var host struct {
		Name string `json:"name"`
		CPUs int    `json:"cpus"`
	}
	fmt.Println(validate.Bind(r, &host), host.Name, host.CPUs)

	// Output:
	// true a 4
}

func ExampleError_Problem() {
	err := hostOperation(validate.Options{}).Check(createHost(`{"cpus":65,"disks":1}`), nil)
	if rejected, ok := errors.AsType[*validate.Error](err); ok {
		for _, entry := range rejected.Problem().Errors {
			fmt.Println(entry.In, entry.Field, entry.Keyword, entry.Message)
		}
	}

	// Output:
	// body /cpus maximum must be at most 64
	// body /disks additionalProperties is unknown
}

func ExampleOptions_authenticate() {
	createHostOperation := hostOperation(validate.Options{
		Authenticate: func(_ context.Context, r *http.Request, credentials validate.Credentials) error {
			if r.Header.Get("Authorization") != "Bearer s3cret" {
				return fmt.Errorf("%s: unknown token", credentials.Name)
			}
			return nil
		},
	})
	err := createHostOperation.Check(createHost(`{}`), nil)
	fmt.Println(err)
	fmt.Println("for the log:", errors.Unwrap(err))

	// Output:
	// header: must contain credentials that the operation accepts
	// for the log: token: unknown token
}

func ExampleResponses() {
	responses := &validate.Responses{
		Mode:        validate.Enforce,
		OnViolation: func(r *http.Request, err error) { fmt.Println(r.Method, r.URL.Path, err) },
	}
	recorder := httptest.NewRecorder()
	w := responses.Writer(hostOperation(validate.Options{}), createHost(`{}`), recorder)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	_, _ = w.Write([]byte(`{"name":"a"}`))
	_ = w.Finish()
	checked, invalid, _ := responses.Counts()
	fmt.Println(recorder.Code, checked, invalid)

	// Output:
	// POST /hosts body /id: is required
	// 500 1 1
}
