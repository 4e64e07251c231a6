package echovalidate_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/labstack/echo/v4"

	"github.com/peering/peering/validate"
	"github.com/peering/peering/validate/echovalidate"
)

const document = `
openapi: 3.0.3
info: { title: Things, version: "1" }
paths:
  /things/{thing_id}/parts/{part_id}:
    parameters:
      - { name: thing_id, in: path, required: true, schema: { type: string, pattern: "^[A-C/% ]+$" } }
      - { name: part_id, in: path, required: true, schema: { type: integer } }
    put:
      operationId: putPart
      requestBody: { required: true, content: { application/json: { schema: { type: object, additionalProperties: false } } } }
      responses: { "204": { description: Done } }
`

// newRouter returns an Echo that validates the document's operation. failed
// points to the last error that its error handler got.
func newRouter(t testing.TB) (router *echo.Echo, failed *error) {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	validator, err := validate.New(doc, validate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	failed = new(error)
	router = echo.New()
	router.HTTPErrorHandler = func(err error, c echo.Context) {
		*failed = err
		_ = c.NoContent(http.StatusTeapot)
	}
	handler := func(c echo.Context) error { return c.NoContent(http.StatusNoContent) }
	router.PUT("/things/:thing_id/parts/:part_id", handler, echovalidate.Middleware(validator.Operations()[0]))
	return router, failed
}

func put(t testing.TB, router *echo.Echo, target, body string) int {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, target, strings.NewReader(body))
	r.Header.Set(echo.HeaderContentType, echo.MIMEApplicationJSON)
	w := httptest.NewRecorder()
	router.ServeHTTP(w, r)
	return w.Code
}

func TestMiddlewarePassesValidRequests(t *testing.T) {
	for _, tt := range []struct{ name, target string }{
		{"unescaped", "/things/ABC/parts/1"},
		{"needlessly escaped", "/things/%41B%43/parts/%31"},
		{"escaped slash", "/things/A%2FB/parts/1"},
		{"escaped space", "/things/A%20B/parts/1"},
		{"escaped percent sign", "/things/A%25/parts/1"},
		{"escaped percent sign and slash", "/things/A%25%2FB/parts/1"},
		{"unknown query parameter", "/things/A/parts/1?thing_id=x"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			router, failed := newRouter(t)
			if code := put(t, router, tt.target, `{}`); code != http.StatusNoContent {
				t.Errorf("got status %d, error %v", code, *failed)
			}
		})
	}
}

func TestMiddlewareRejectsInvalidRequests(t *testing.T) {
	for _, tt := range []struct {
		name, target, body string
		want               validate.Violation
	}{
		{"body", "/things/A/parts/1", `{"x":1}`, validate.Violation{In: validate.Body, Field: "/x", Keyword: "additionalProperties"}},
		{"no body", "/things/A/parts/1", ``, validate.Violation{In: validate.Body, Keyword: "required"}},
		{"path", "/things/x/parts/1", `{}`, validate.Violation{In: validate.Path, Field: "thing_id", Keyword: "pattern"}},
		{"path of another type", "/things/A/parts/x", `{}`, validate.Violation{In: validate.Path, Field: "part_id", Keyword: "type"}},
		{"path with an empty segment", "/things//parts/1", `{}`, validate.Violation{In: validate.Path, Field: "thing_id", Keyword: "required"}},
		{"escaped path", "/things/%78/parts/1", `{}`, validate.Violation{In: validate.Path, Field: "thing_id", Keyword: "pattern"}},
		{"plus sign in an escaped path", "/things/A%2F+/parts/1", `{}`, validate.Violation{In: validate.Path, Field: "thing_id", Keyword: "pattern"}},
		{"path escaped twice", "/things/%2541/parts/1", `{}`, validate.Violation{In: validate.Path, Field: "thing_id", Keyword: "pattern"}},
		{"path with a slash, escaped twice", "/things/A%2F%252F/parts/1", `{}`, validate.Violation{In: validate.Path, Field: "thing_id", Keyword: "pattern"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			router, failed := newRouter(t)
			if code := put(t, router, tt.target, tt.body); code != http.StatusTeapot {
				t.Errorf("got status %d, want 418 from the error handler", code)
			}
			e, ok := errors.AsType[*validate.Error](*failed)
			if !ok {
				t.Fatalf("got error %v (%T), want a *validate.Error", *failed, *failed)
			}
			got := e.Violations[0]
			got.Reason = ""
			if e.Kind != validate.Invalid || len(e.Violations) != 1 || got != tt.want {
				t.Errorf("got %+v, want %+v", e.Violations, tt.want)
			}
		})
	}
}

func TestBinderBindsTheValidatedValue(t *testing.T) {
	type simple struct {
		Name string `json:"name"`
	}
	type withInterface struct {
		Name any `json:"name"`
	}
	for _, tt := range []struct {
		name, body string
		target     any
		want       any
	}{
		{"struct", `{"name":"a","NAME":"b"}`, new(simple), &simple{"a"}},
		{"struct with an interface", `{"name":"a","NAME":"b"}`, new(withInterface), &withInterface{"a"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			openDocument := strings.Replace(document, "additionalProperties: false", "additionalProperties: true", 1)
			doc, err := openapi3.NewLoader().LoadFromData([]byte(openDocument))
			if err != nil {
				t.Fatal(err)
			}
			validator, err := validate.New(doc, validate.Options{})
			if err != nil {
				t.Fatal(err)
			}
			e := echo.New()
			e.Binder = &echovalidate.Binder{}
			e.PUT("/things/:thing_id/parts/:part_id", func(c echo.Context) error { return c.Bind(tt.target) }, echovalidate.Middleware(validator.Operations()[0]))
			if code := put(t, e, "/things/A/parts/1", tt.body); code != http.StatusOK || !reflect.DeepEqual(tt.target, tt.want) {
				t.Errorf("got status %d, %+v, want %+v", code, tt.target, tt.want)
			}
		})
	}
}

func TestBinderFallsBackToEcho(t *testing.T) {
	e := echo.New()
	e.Binder = &echovalidate.Binder{}
	var got struct {
		ID   string `param:"thing_id"`
		Name string `json:"name"`
	}
	e.PUT("/things/:thing_id", func(c echo.Context) error { return c.Bind(&got) })
	if code := put(t, e, "/things/7", `{"name":"a"}`); code != http.StatusOK || got.ID != "7" || got.Name != "a" {
		t.Errorf("got status %d, %+v", code, got)
	}
}

func TestResponsesChecksResponses(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromData([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	validator, err := validate.New(doc, validate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	operation := validator.Operations()[0]
	for _, tt := range []struct {
		name    string
		handler echo.HandlerFunc
		want    int
		invalid int64
	}{
		{"documented", func(c echo.Context) error { return c.NoContent(http.StatusNoContent) }, http.StatusNoContent, 0},
		{"undocumented", func(c echo.Context) error { return c.NoContent(http.StatusAccepted) }, http.StatusInternalServerError, 1},
		{"error", func(echo.Context) error { return echo.ErrNotFound }, http.StatusInternalServerError, 1},
		{"panic", func(c echo.Context) error { _ = c.NoContent(http.StatusNoContent); panic("broken") }, http.StatusInternalServerError, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			responses := &validate.Responses{Mode: validate.Enforce}
			e := echo.New()
			logged := 0
			e.Use(func(next echo.HandlerFunc) echo.HandlerFunc {
				return func(c echo.Context) error {
					defer func() {
						if recover() != nil {
							c.Error(echo.ErrInternalServerError)
						}
						logged = c.Response().Status
					}()
					return next(c)
				}
			})
			e.PUT("/things/:thing_id/parts/:part_id", tt.handler, echovalidate.Responses(operation, responses))
			code := put(t, e, "/things/A/parts/1", `{}`)
			if _, invalid, _ := responses.Counts(); code != tt.want || logged != tt.want || invalid != tt.invalid {
				t.Errorf("got status %d, logged %d, %d invalid, want %d, %d", code, logged, invalid, tt.want, tt.invalid)
			}
		})
	}
}

func TestNilResponsesChecksNothing(t *testing.T) {
	e := echo.New()
	e.PUT("/things/:thing_id/parts/:part_id", func(c echo.Context) error { return c.NoContent(http.StatusAccepted) }, echovalidate.Responses(nil, nil))
	if code := put(t, e, "/things/A/parts/1", `{}`); code != http.StatusAccepted {
		t.Errorf("got status %d", code)
	}
}
