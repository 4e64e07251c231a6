// Package server implements the contract over HTTP. It routes requests with
// Echo, validates them against the OpenAPI document, calls the domain and
// writes the response, with errors in the format of the API root.
package server

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	api "github.com/peering/peering/gen/server"
	"github.com/peering/peering/internal/peering"
	"github.com/peering/peering/validate"
	"github.com/peering/peering/validate/echovalidate"
)

// Config configures New. Fields without a documented default are required.
type Config struct {
	Peerings *peering.Service
	// Authenticator identifies callers.
	Authenticator Authenticator
	// Tenant is the service's own tenant, which owns the VPCs of new clusters.
	Tenant peering.ID
	// Log receives a line per request and the causes of internal errors.
	Log *slog.Logger
	// Now is the clock for times in responses and for rate limits.
	Now func() time.Time
	// Limits bound the load that callers may cause. The default is no limits.
	Limits Limits
	// TrustedProxies are the networks of proxies whose X-Forwarded-For,
	// X-Forwarded-Proto and X-Forwarded-Host are trusted. The default is none.
	TrustedProxies []net.IPNet
	// Origins are the origins whose pages may call the API from browsers, such
	// as https://console.example.com. The default is none.
	Origins []string
	// Metrics registers the server's metrics. The default nil registers none.
	Metrics prometheus.Registerer
}

// handlers implements api.StrictServerInterface.
type handlers struct {
	peerings *peering.Service
	tenant   peering.ID
	now      func() time.Time
}

var _ api.StrictServerInterface = (*handlers)(nil)

// New returns the handler of the API listener.
func New(cfg Config) (http.Handler, error) {
	doc, err := api.GetSpec()
	if err != nil {
		return nil, err
	}
	validator, err := validate.New(doc, validate.Options{MaxBody: maxBody})
	if err != nil {
		return nil, err
	}
	if cfg.Authenticator == nil {
		return nil, errors.New("Config.Authenticator is required")
	}
	if err := checkAccessRules(accessRules, validator.Operations()); err != nil {
		return nil, err
	}
	limiter, err := newLimiter(cfg, validator.Operations())
	if err != nil {
		return nil, err
	}
	e := echo.New()
	e.HTTPErrorHandler = errorHandler(cfg.Now)
	e.Binder = &echovalidate.Binder{}
	e.IPExtractor = clientAddress(cfg.TrustedProxies)
	e.Use(forwardedHeaders(cfg.TrustedProxies), securityHeaders, requestID, limiter.metrics.measure,
		accessLog(cfg.Log), recoverPanic(cfg.Log), cors(cfg.Origins), limitURI)
	// Echo's route identifies the operation, so the middleware that depends on
	// the operation is per route.
	middlewares := map[string][]echo.MiddlewareFunc{}
	for _, operation := range validator.Operations() {
		rule := accessRules[operation.ID]
		middlewares[operation.ID] = []echo.MiddlewareFunc{
			limiter.shedLoad(operation),
			limiter.limitAddress,
			auditDenials(cfg.Log, operation.ID),
			authenticate(operation, rule, cfg.Authenticator),
			authorize(rule),
			limiter.limitProject(operation),
			echovalidate.Middleware(operation),
		}
	}
	strict := api.NewStrictHandler(&handlers{peerings: cfg.Peerings, tenant: cfg.Tenant, now: cfg.Now},
		[]api.StrictMiddlewareFunc{requireAuthorization})
	api.RegisterHandlersWithOptions(e, strict, api.RegisterHandlersOptions{OperationMiddlewares: middlewares})
	return e, nil
}

// requireAuthorization fails requests that reached a handler without passing
// authorize, which would be a bug in the routing.
func requireAuthorization(next api.StrictHandlerFunc, operationID string) api.StrictHandlerFunc {
	return func(c echo.Context, request any) (any, error) {
		if !callerOf(c.Request().Context()).authorized {
			return nil, fmt.Errorf("operation %s is not authorized", operationID)
		}
		return next(c, request)
	}
}

// vpcRoot reports whether a path belongs to the VPC root. All other paths use
// the error format of the CS root.
func vpcRoot(path string) bool {
	return strings.HasPrefix(path, "/v2.0/")
}
