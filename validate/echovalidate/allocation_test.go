package echovalidate_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/peering/peering/gen"
	api "github.com/peering/peering/gen/server"
	"github.com/peering/peering/validate"
	"github.com/peering/peering/validate/echovalidate"
)

const (
	target  = "/v1.0/4f30b9215e054c908d18f2b150131646/reserved_cluster/1000000/peering"
	example = `{"name":"myVpc","vpc_id":"f4da5a55-fcd9-4a93-8b86-5b81585e14bb"}`
)

// response returns the peering that every handler here responds with.
func response(name, vpc string) gen.PeeringEnvelope {
	return gen.PeeringEnvelope{Peering: gen.Peering{
		ID: "7e974044-bcc1-4f25-aff8-5f10cb347b0f", Name: name, Status: gen.PeeringStatusPENDINGACCEPTANCE,
		RequestVPCInfo: gen.ClusterVPCInfo{VPCID: "83081290-198e-48e2-8e2d-64c50023d136", TenantID: "8185f87d043f4519a68420a282b5e2fa"},
		AcceptVPCInfo:  gen.VPCInfo{VPCID: vpc, TenantID: "4f30b9215e054c908d18f2b150131646"},
	}}
}

// handlers implements the one operation of the generated server that is called.
type handlers struct{ api.StrictServerInterface }

func (handlers) CreatePeering(_ context.Context, r api.CreatePeeringRequestObject) (api.CreatePeeringResponseObject, error) {
	return api.CreatePeering201JSONResponse{Body: response(r.Body.Name, r.Body.VPCID)}, nil
}

// bareHandler returns a handler that decodes and encodes without any checks.
func bareHandler() http.Handler {
	e := echo.New()
	e.POST("/v1.0/:project_id/reserved_cluster/:cluster_id/peering", func(c echo.Context) error {
		var body gen.PeeringCreate
		if err := json.NewDecoder(c.Request().Body).Decode(&body); err != nil {
			return err
		}
		return c.JSON(http.StatusCreated, response(body.Name, body.VPCID))
	})
	return e
}

// validatedHandler returns the generated server with Middleware on every
// operation and Binder.
func validatedHandler(t testing.TB) http.Handler {
	t.Helper()
	doc, err := api.GetSpec()
	if err != nil {
		t.Fatal(err)
	}
	validator, err := validate.New(doc, validate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	checks := map[string][]echo.MiddlewareFunc{}
	for _, operation := range validator.Operations() {
		checks[operation.ID] = []echo.MiddlewareFunc{echovalidate.Middleware(operation)}
	}
	e := echo.New()
	e.Binder = &echovalidate.Binder{}
	api.RegisterHandlersWithOptions(e, api.NewStrictHandler(handlers{}, nil), api.RegisterHandlersOptions{OperationMiddlewares: checks})
	return e
}

// A valid request needs at most 30 allocations in all, those of the generated
// server and of the test's request included. A bare handler needs 27 with Go
// 1.26 and 24 with Go 1.27, whose encoding/json allocates less. The race
// detector distorts sync.Pool, so the test needs a run without it.
func TestValidRequestsAreCheap(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates memory itself")
	}
	allocations := func(handler http.Handler) float64 {
		return testing.AllocsPerRun(200, func() {
			r := &http.Request{
				Method: http.MethodPost, URL: &url.URL{Path: target}, Header: http.Header{"Content-Type": {"application/json"}}, Proto: "HTTP/1.1",
				Body: io.NopCloser(strings.NewReader(example)), ContentLength: int64(len(example)),
			}
			w := httptest.NewRecorder()
			if handler.ServeHTTP(w, r); w.Code != http.StatusCreated {
				t.Errorf("got status %d", w.Code)
			}
		})
	}
	plain, validated := allocations(bareHandler()), allocations(validatedHandler(t))
	t.Logf("%v allocations, bare handler %v", validated, plain)
	if validated > 30 {
		t.Errorf("got %v allocations, want at most 30; the bare handler needs %v", validated, plain)
	}
}
