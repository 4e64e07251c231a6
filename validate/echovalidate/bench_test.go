package echovalidate_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/labstack/echo/v4"

	"github.com/peering/peering/gen"
	api "github.com/peering/peering/gen/server"
	"github.com/peering/peering/validate"
	"github.com/peering/peering/validate/echovalidate"
)

const (
	target  = "/v1.0/4f30b9215e054c908d18f2b150131646/reserved_cluster/1000000/peering"
	example = `{"name":"myVpc","vpc_id":"f4da5a55-fcd9-4a93-8b86-5b81585e14bb"}`
	wrong   = `{"name":"myVpc","vpc_id":"f4da5a55"}`
)

// answer is what every handler here answers: the peering of the example.
func answer(name, vpc string) gen.PeeringEnvelope {
	return gen.PeeringEnvelope{Peering: gen.Peering{
		ID: "7e974044-bcc1-4f25-aff8-5f10cb347b0f", Name: name, Status: gen.PeeringStatusPENDINGACCEPTANCE,
		RequestVPCInfo: gen.ClusterVPCInfo{VPCID: "83081290-198e-48e2-8e2d-64c50023d136", TenantID: "8185f87d043f4519a68420a282b5e2fa"},
		AcceptVPCInfo:  gen.VPCInfo{VPCID: vpc, TenantID: "4f30b9215e054c908d18f2b150131646"},
	}}
}

// handlers are the generated server's, of which one is called.
type handlers struct{ api.StrictServerInterface }

func (handlers) CreatePeering(_ context.Context, r api.CreatePeeringRequestObject) (api.CreatePeeringResponseObject, error) {
	return api.CreatePeering201JSONResponse{Body: answer(r.Body.Name, r.Body.VPCID)}, nil
}

// bare is a handler that decodes and answers, and checks nothing.
func bare() http.Handler {
	e := echo.New()
	e.POST("/v1.0/:project_id/reserved_cluster/:cluster_id/peering", func(c echo.Context) error {
		var body gen.PeeringCreate
		if err := json.NewDecoder(c.Request().Body).Decode(&body); err != nil {
			return err
		}
		return c.JSON(http.StatusCreated, answer(body.Name, body.VPCID))
	})
	return e
}

// strict is the generated server, with a check before it or without.
func strict(b testing.TB, check func(*openapi3.T) map[string][]echo.MiddlewareFunc, morePaths int) http.Handler {
	b.Helper()
	doc, err := api.GetSpec()
	if err != nil {
		b.Fatal(err)
	}
	e := echo.New()
	e.HTTPErrorHandler = func(_ error, c echo.Context) { c.Response().WriteHeader(http.StatusBadRequest) }
	for i := range morePaths {
		copied := *doc.Paths.Value("/v1.0/{project_id}/reserved_cluster/{cluster_id}/peering")
		doc.Paths.Set(fmt.Sprintf("/v1.0/{project_id}/reserved_cluster/{cluster_id}/peering%d", i), &copied)
	}
	if check != nil {
		e.Binder = &echovalidate.Binder{}
	}
	options := api.RegisterHandlersOptions{}
	if check != nil {
		options.OperationMiddlewares = check(doc)
	}
	api.RegisterHandlersWithOptions(e, api.NewStrictHandler(handlers{}, nil), options)
	return e
}

func compiled(b testing.TB) func(doc *openapi3.T) map[string][]echo.MiddlewareFunc {
	return func(doc *openapi3.T) map[string][]echo.MiddlewareFunc {
		for _, path := range doc.Paths.InMatchingOrder() {
			if strings.ContainsAny(path[len(path)-1:], "0123456789") {
				for _, operation := range doc.Paths.Value(path).Operations() {
					copied := *operation
					copied.OperationID += path
					doc.Paths.Value(path).SetOperation(http.MethodPost, &copied)
					doc.Paths.Value(path).Get = nil
				}
			}
		}
		validator, err := validate.New(doc, validate.Options{})
		if err != nil {
			b.Fatal(err)
		}
		checks := map[string][]echo.MiddlewareFunc{}
		for _, operation := range validator.Operations() {
			checks[operation.ID] = []echo.MiddlewareFunc{echovalidate.Middleware(operation)}
		}
		return checks
	}
}

// byKinOpenAPI checks with kin-openapi alone, with the route that Echo found.
func byKinOpenAPI(doc *openapi3.T) map[string][]echo.MiddlewareFunc {
	const path = "/v1.0/{project_id}/reserved_cluster/{cluster_id}/peering"
	item := doc.Paths.Value(path)
	operation := *item.Post
	operation.Security = openapi3.NewSecurityRequirements()
	route := &routers.Route{Spec: doc, Path: path, PathItem: item, Method: http.MethodPost, Operation: &operation}
	return map[string][]echo.MiddlewareFunc{"createPeering": {func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			params := map[string]string{}
			for i, name := range c.ParamNames() {
				params[name] = c.ParamValues()[i]
			}
			if err := openapi3filter.ValidateRequest(c.Request().Context(), &openapi3filter.RequestValidationInput{
				Request: c.Request(), PathParams: params, Route: route,
				Options: &openapi3filter.Options{SkipSettingDefaults: true, KeepValidatedValue: true, MultiError: true},
			}); err != nil {
				return err
			}
			return next(c)
		}
	}}}
}

// caller sends one request again and again.
type caller struct {
	handler http.Handler
	request http.Request
	url     url.URL
	header  http.Header
	body    string
}

func (c *caller) call() int {
	w := httptest.NewRecorder()
	r := c.request
	r.Body = io.NopCloser(strings.NewReader(c.body))
	c.handler.ServeHTTP(w, &r)
	return w.Code
}

func newCaller(b testing.TB, handler http.Handler, body string, want int) *caller {
	b.Helper()
	c := &caller{handler: handler, body: body, url: url.URL{Path: target}, header: http.Header{"Content-Type": {"application/json"}}}
	c.request = http.Request{Method: http.MethodPost, URL: &c.url, Header: c.header, ContentLength: int64(len(body)), Proto: "HTTP/1.1"}
	if got := c.call(); got != want {
		b.Fatalf("got status %d, want %d", got, want)
	}
	return c
}

// BenchmarkRequest times a whole request, in process, against a bare handler. Rounds of the variants take turns and the
// medians of their ratios count, for the machine may be busy otherwise.
func BenchmarkRequest(b *testing.B) {
	floor := newCaller(b, bare(), example, http.StatusCreated)
	callers := []struct {
		name string
		*caller
	}{
		{"strict", newCaller(b, strict(b, nil, 0), example, http.StatusCreated)},
		{"validated", newCaller(b, strict(b, compiled(b), 0), example, http.StatusCreated)},
		{"validated-500-paths", newCaller(b, strict(b, compiled(b), 500), example, http.StatusCreated)},
		{"kin-openapi", newCaller(b, strict(b, byKinOpenAPI, 0), example, http.StatusCreated)},
		{"refused", newCaller(b, strict(b, compiled(b), 0), wrong, http.StatusBadRequest)},
		{"refused-by-kin-openapi", newCaller(b, strict(b, byKinOpenAPI, 0), wrong, http.StatusBadRequest)},
	}
	ratios := make([][]float64, len(callers))
	for range b.N {
		for i, c := range callers {
			ratios[i] = append(ratios[i], round(c.caller)/round(floor))
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(testing.AllocsPerRun(100, func() { floor.call() }), "allocs-bare")
	for i, c := range callers {
		slices.Sort(ratios[i])
		b.ReportMetric(ratios[i][len(ratios[i])/2], c.name+"/bare")
		b.ReportMetric(testing.AllocsPerRun(100, func() { c.call() }), "allocs-"+c.name)
	}
}

// round answers the time that some calls take.
func round(c *caller) float64 {
	const calls = 50
	start := time.Now()
	for range calls {
		c.call()
	}
	return float64(time.Since(start))
}
