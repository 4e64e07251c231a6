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

// A variant is one way to serve the document.
type variant struct {
	name string
	// lenient variants check nothing: what can be decoded is accepted.
	lenient bool
	build   func(document) (http.Handler, error)
}

// variants are in the order of the table. The first one is what all are compared with.
var variants = []variant{
	{"bare", true, bare},
	{"strict", true, strict},
	{"ours", false, ours},
	{"kin-gorillamux", false, kinGorillamux},
	{"nethttp-middleware", false, netHTTPMiddleware},
	{"huma", false, humaEcho},
	{"libopenapi-validator", false, libopenapi},
}

// created is what every variant answers to a creation: the peering of the seed's example.
func created(name, vpc string) gen.PeeringEnvelope {
	return gen.PeeringEnvelope{Peering: gen.Peering{
		ID: "7e974044-bcc1-4f25-aff8-5f10cb347b0f", Name: name, Status: gen.PeeringStatusPENDINGACCEPTANCE,
		RequestVPCInfo: gen.ClusterVPCInfo{VPCID: "83081290-198e-48e2-8e2d-64c50023d136", TenantID: "8185f87d043f4519a68420a282b5e2fa"},
		AcceptVPCInfo:  gen.VPCInfo{VPCID: vpc, TenantID: "4f30b9215e054c908d18f2b150131646"},
	}}
}

// bare decodes with encoding/json and answers.
func bare(d document) (http.Handler, error) {
	e := echo.New()
	create := func(c echo.Context) error {
		var body gen.PeeringCreate
		if err := json.NewDecoder(c.Request().Body).Decode(&body); err != nil {
			return err
		}
		return c.JSON(http.StatusCreated, created(body.Name, body.VPCID))
	}
	replace := func(c echo.Context) error {
		var body []hosts.Host
		if err := json.NewDecoder(c.Request().Body).Decode(&body); err != nil {
			return err
		}
		return c.NoContent(http.StatusNoContent)
	}
	for _, path := range d.paths {
		e.POST(routed(path), create)
		e.PUT(routed(path), replace)
	}
	return e, nil
}

// peerings and stored are handlers of the two strict servers that oapi-codegen generated.
type (
	peerings struct{ api.StrictServerInterface }
	stored   struct{}
)

func (peerings) CreatePeering(_ context.Context, r api.CreatePeeringRequestObject) (api.CreatePeeringResponseObject, error) {
	return api.CreatePeering201JSONResponse{Body: created(r.Body.Name, r.Body.VPCID)}, nil
}

func (stored) PutHosts(context.Context, hosts.PutHostsRequestObject) (hosts.PutHostsResponseObject, error) {
	return hosts.PutHosts204Response{}, nil
}

// generated answers an Echo with the generated strict servers on every path, and with the middleware of each operation.
func generated(d document, checks map[string]echo.MiddlewareFunc) *echo.Echo {
	e := echo.New()
	create := api.ServerInterfaceWrapper{Handler: api.NewStrictHandler(peerings{}, nil)}
	replace := hosts.ServerInterfaceWrapper{Handler: hosts.NewStrictHandler(stored{}, nil)}
	checked := func(method, path string) []echo.MiddlewareFunc {
		if check := checks[idOf(method, path)]; check != nil {
			return []echo.MiddlewareFunc{check}
		}
		return nil
	}
	for _, path := range d.paths {
		e.POST(routed(path), create.CreatePeering, checked(http.MethodPost, path)...)
		e.PUT(routed(path), replace.PutHosts, checked(http.MethodPut, path)...)
	}
	return e
}

func strict(d document) (http.Handler, error) {
	return generated(d, nil), nil
}

// ours is the strict server with this project's validation: a Middleware for each operation, and the Binder.
func ours(d document) (http.Handler, error) {
	doc, err := d.load()
	if err != nil {
		return nil, err
	}
	validator, err := validate.New(doc, validate.Options{})
	if err != nil {
		return nil, err
	}
	checks := map[string]echo.MiddlewareFunc{}
	for _, operation := range validator.Operations() {
		checks[operation.ID] = echovalidate.Middleware(operation)
	}
	e := generated(d, checks)
	e.Binder = &echovalidate.Binder{}
	e.HTTPErrorHandler = answerProblem
	return e, nil
}
