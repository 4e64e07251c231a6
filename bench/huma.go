package main

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"

	"github.com/peering/peering/gen"
)

// huma derives its schemas from Go types and their tags. These have the same
// rules as the document.
type (
	humaPath struct {
		ProjectID string `path:"project_id" pattern:"^([0-9a-fA-F]{32}|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})$"`
		ClusterID string `path:"cluster_id" minLength:"1" maxLength:"64" pattern:"^[0-9A-Za-z_-]*$"`
	}
	humaPeering struct {
		VPCID          string `json:"vpc_id" pattern:"^([0-9a-fA-F]{32}|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})$"`
		Name           string `json:"name" minLength:"1" maxLength:"64" pattern:"^[0-9A-Za-z_.-]*$"`
		AcceptTenantID string `json:"accept_tenant_id,omitempty" pattern:"^([0-9a-fA-F]{32}|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})?$"`
	}
	humaCreate struct {
		humaPath
		IdempotencyKey string `header:"Idempotency-Key" maxLength:"255"`
		Body           humaPeering
	}
	humaCreated struct{ Body gen.PeeringEnvelope }
	humaHost    struct {
		ID   string `json:"id" pattern:"^[0-9a-f]{8}$"`
		Name string `json:"name" minLength:"1" maxLength:"64"`
		CPUs int    `json:"cpus,omitempty" minimum:"1" maximum:"256"`
		On   bool   `json:"on,omitempty"`
	}
	humaHosts struct {
		humaPath
		Body []humaHost `maxItems:"1000"`
	}
)

// humaEcho serves a huma operation on every path, with huma's adapter for Echo.
func humaEcho(d document) (http.Handler, error) {
	e := echo.New()
	config := huma.DefaultConfig("bench", "1")
	config.CreateHooks = nil // they would add a member $schema to every response
	registered := humaecho.New(e, config)
	for _, path := range d.paths {
		huma.Register(registered, huma.Operation{
			OperationID: operationID(http.MethodPost, path), Method: http.MethodPost, Path: path,
			DefaultStatus: http.StatusCreated,
		}, func(_ context.Context, in *humaCreate) (*humaCreated, error) {
			return &humaCreated{createdPeering(in.Body.Name, in.Body.VPCID)}, nil
		})
		huma.Register(registered, huma.Operation{
			OperationID: operationID(http.MethodPut, path), Method: http.MethodPut, Path: path,
			DefaultStatus: http.StatusNoContent,
		}, func(context.Context, *humaHosts) (*struct{}, error) { return nil, nil })
	}
	return e, nil
}
