// Package server speaks the contract over HTTP: it routes with Echo, validates every request against the document, calls
// the domain and writes what comes back, errors in the form of the root that they fall under.
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

// Config is what a server works with. All members without a default are needed.
type Config struct {
	Peerings *peering.Service
	// Authenticator identifies callers.
	Authenticator Authenticator
	// Tenant is the service's own: the VPCs of clusters that are created belong to it.
	Tenant peering.ID
	// Log gets a line for every request, and what lies behind an internal error.
	Log *slog.Logger
	// Now is the clock for the times in errors and messages, and for rates.
	Now func() time.Time
	// Limits bound what callers may ask for. By default there are none.
	Limits Limits
	// TrustedProxies are the networks of proxies whose X-Forwarded-For, X-Forwarded-Proto and X-Forwarded-Host are
	// believed. By default there are none.
	TrustedProxies []net.IPNet
	// Origins are those from whose pages browsers may call, such as https://console.example.com. By default there are none.
	Origins []string
	// Metrics is where the server's metrics are registered; nil for nowhere.
	Metrics prometheus.Registerer
}

// handlers implements the strict interface; its methods stand in the files of their nouns.
type handlers struct {
	peerings *peering.Service
	tenant   peering.ID
	now      func() time.Time
}

var _ api.StrictServerInterface = (*handlers)(nil)

// New answers the handler of the API listener.
func New(cfg Config) (http.Handler, error) {
	doc, err := api.GetSpec()
	if err != nil {
		return nil, err
	}
	validator, err := validate.New(doc, validate.Options{MaxBody: maxBody})
	if err != nil {
		return nil, err
	}
	limit, err := newLimits(cfg, validator.Operations())
	if err != nil {
		return nil, err
	}
	if cfg.Authenticator == nil {
		return nil, errors.New("Config.Authenticator is required")
	}
	if err := checkAccessRules(accessRules, validator.Operations()); err != nil {
		return nil, err
	}
	e := echo.New()
	e.HTTPErrorHandler = errorWriter(cfg.Now)
	e.Binder = &echovalidate.Binder{}
	e.IPExtractor = remoteAddress(cfg.TrustedProxies)
	e.Use(holdBackFloods(cfg.TrustedProxies), believeProxies(cfg.TrustedProxies), secure, requestID, limit.metrics.measure,
		accessLog(cfg.Log), recoverPanic(cfg.Log), crossOrigin(cfg.Origins), refuseLongURI)
	// The route that Echo found names the operation, so each operation brings its own checks.
	checks := map[string][]echo.MiddlewareFunc{}
	for _, operation := range validator.Operations() {
		rule := accessRules[operation.ID]
		checks[operation.ID] = []echo.MiddlewareFunc{
			limit.admit(operation),
			limit.strangers,
			auditRefusals(cfg.Log, operation.ID),
			authenticate(operation, rule, cfg.Authenticator),
			authorize(rule),
			limit.project(operation),
			echovalidate.Middleware(operation),
		}
	}
	strict := api.NewStrictHandler(&handlers{peerings: cfg.Peerings, tenant: cfg.Tenant, now: cfg.Now}, []api.StrictMiddlewareFunc{refuseUnauthorized})
	api.RegisterHandlersWithOptions(e, strict, api.RegisterHandlersOptions{OperationMiddlewares: checks})
	return e, nil
}

// refuseUnauthorized keeps a request from its handler that came there without the checks of its operation.
func refuseUnauthorized(next api.StrictHandlerFunc, operationID string) api.StrictHandlerFunc {
	return func(c echo.Context, request any) (any, error) {
		if !callerOf(c.Request().Context()).authorized {
			return nil, fmt.Errorf("operation %s is not authorized", operationID)
		}
		return next(c, request)
	}
}

// vpcRoot tells whether a path falls under the VPC root. Everything else is answered in the style of the CS root.
func vpcRoot(path string) bool {
	return strings.HasPrefix(path, "/v2.0/")
}
