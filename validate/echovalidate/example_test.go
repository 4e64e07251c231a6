package echovalidate_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/labstack/echo/v4"

	"github.com/peering/peering/validate"
	"github.com/peering/peering/validate/echovalidate"
)

func ExampleMiddleware() {
	doc, err := openapi3.NewLoader().LoadFromData([]byte(`
openapi: 3.0.3
info: { title: Peerings, version: "1" }
paths:
  /peerings/{peering_id}:
    get:
      operationId: showPeering
      parameters:
        - name: peering_id
          in: path
          required: true
          schema: { type: string, pattern: "^[0-9a-f-]{36}$", x-expects: a UUID }
      responses:
        "200": { description: The peering }
`))
	if err != nil {
		log.Fatal(err)
	}
	validator, err := validate.New(doc, validate.Options{})
	if err != nil {
		log.Fatal(err)
	}

	e := echo.New()
	e.HTTPErrorHandler = func(err error, c echo.Context) {
		if rejected, ok := errors.AsType[*validate.Error](err); ok {
			_ = c.String(rejected.Kind.Status(), rejected.Error())
			return
		}
		e.DefaultHTTPErrorHandler(err, c)
	}
	showPeering := func(c echo.Context) error { return c.String(http.StatusOK, "peering "+c.Param("peering_id")) }
	for _, operation := range validator.Operations() {
		path := strings.NewReplacer("{", ":", "}", "").Replace(operation.Path)
		e.Add(operation.Method, path, showPeering, echovalidate.Middleware(operation))
	}

	for _, id := range []string{"7e974044-bcc1-4f25-aff8-5f10cb347b0f", "7e974044"} {
		r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/peerings/"+id, http.NoBody)
		w := httptest.NewRecorder()
		e.ServeHTTP(w, r)
		fmt.Println(w.Code, w.Body)
	}

	// Output:
	// 200 peering 7e974044-bcc1-4f25-aff8-5f10cb347b0f
	// 400 path peering_id: must be a UUID
}
