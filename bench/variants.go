package main

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/peering/peering/gen"
	api "github.com/peering/peering/gen/server"
	"github.com/peering/peering/validate"
	"github.com/peering/peering/validate/echovalidate"

	"github.com/peering/peering/bench/hosts"
)

// variant is one way to serve the document.
type variant struct {
	name string
	// lenient variants accept everything that they can decode.
	lenient bool
	build   func(document) (http.Handler, error)
}

// variants are in the order of the table. All are compared with the first one.
var variants = []variant{
	{"bare", true, bare},
	{"strict", true, strict},
	{"ours", false, ours},
	{"kin-gorillamux", false, kinGorillamux},
	{"nethttp-middleware", false, netHTTPMiddleware},
	{"huma", false, humaEcho},
	{"libopenapi-validator", false, libopenapi},
}

// createdPeering is the response of every variant to a create request.
func createdPeering(name, vpc string) gen.PeeringEnvelope {
	return gen.PeeringEnvelope{Peering: gen.Peering{
		ID: "7e974044-bcc1-4f25-aff8-5f10cb347b0f", Name: name, Status: gen.PeeringStatusPENDINGACCEPTANCE,
		RequestVPCInfo: gen.ClusterVPCInfo{
			VPCID: "83081290-198e-48e2-8e2d-64c50023d136", TenantID: "8185f87d043f4519a68420a282b5e2fa",
		},
		AcceptVPCInfo: gen.VPCInfo{VPCID: vpc, TenantID: "4f30b9215e054c908d18f2b150131646"},
	}}
}

// bare decodes and encodes with encoding/json and validates nothing.
func bare(d document) (http.Handler, error) {
	e := echo.New()
	create := func(c echo.Context) error {
		var body gen.PeeringCreate
		if err := json.NewDecoder(c.Request().Body).Decode(&body); err != nil {
			return err
		}
		return c.JSON(http.StatusCreated, createdPeering(body.Name, body.VPCID))
	}
	replace := func(c echo.Context) error {
		var body []hosts.Host
		if err := json.NewDecoder(c.Request().Body).Decode(&body); err != nil {
			return err
		}
		return c.NoContent(http.StatusNoContent)
	}
	for _, path := range d.paths {
		e.POST(echoPath(path), create)
		e.PUT(echoPath(path), replace)
	}
	return e, nil
}

// peeringHandler and hostsHandler implement the two generated strict servers.
type (
	peeringHandler struct{ api.StrictServerInterface }
	hostsHandler   struct{}
)

func (peeringHandler) CreatePeering(
	_ context.Context, r api.CreatePeeringRequestObject,
) (api.CreatePeeringResponseObject, error) {
	return api.CreatePeering201JSONResponse{Body: createdPeering(r.Body.Name, r.Body.VPCID)}, nil
}

func (hostsHandler) PutHosts(context.Context, hosts.PutHostsRequestObject) (hosts.PutHostsResponseObject, error) {
	return hosts.PutHosts204Response{}, nil
}

// strictServer returns an Echo with the generated strict servers on every path
// and the middleware of each operation, by operation id.
func strictServer(d document, middleware map[string]echo.MiddlewareFunc) *echo.Echo {
	e := echo.New()
	create := api.ServerInterfaceWrapper{Handler: api.NewStrictHandler(peeringHandler{}, nil)}
	replace := hosts.ServerInterfaceWrapper{Handler: hosts.NewStrictHandler(hostsHandler{}, nil)}
	middlewareOf := func(method, path string) []echo.MiddlewareFunc {
		if m := middleware[operationID(method, path)]; m != nil {
			return []echo.MiddlewareFunc{m}
		}
		return nil
	}
	for _, path := range d.paths {
		e.POST(echoPath(path), create.CreatePeering, middlewareOf(http.MethodPost, path)...)
		e.PUT(echoPath(path), replace.PutHosts, middlewareOf(http.MethodPut, path)...)
	}
	return e
}

func strict(d document) (http.Handler, error) {
	return strictServer(d, nil), nil
}

// ours is the strict server with this project's validation: a Middleware for each
// operation, and the Binder.
func ours(d document) (http.Handler, error) {
	doc, err := d.load()
	if err != nil {
		return nil, err
	}
	validator, err := validate.New(doc, validate.Options{})
	if err != nil {
		return nil, err
	}
	middleware := map[string]echo.MiddlewareFunc{}
	for _, operation := range validator.Operations() {
		middleware[operation.ID] = echovalidate.Middleware(operation)
	}
	e := strictServer(d, middleware)
	e.Binder = &echovalidate.Binder{}
	e.HTTPErrorHandler = handleError
	return e, nil
}
