// Package server speaks the contract over HTTP: it routes with Echo, validates every request against the document, calls
// the domain and writes what comes back, errors in the form of the root that they fall under.
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	api "github.com/peering/peering/gen/server"
	"github.com/peering/peering/internal/peering"
	"github.com/peering/peering/validate"
	"github.com/peering/peering/validate/echovalidate"
)

// Config is what a server works with. All members are needed.
type Config struct {
	Peerings *peering.Service
	// Tenant is the service's own: the VPCs of clusters that are created belong to it.
	Tenant peering.ID
	// Log gets a line for every request, and what lies behind an internal error.
	Log *slog.Logger
	// Now is the clock for the times in errors and messages.
	Now func() time.Time
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
	validator, err := validate.New(doc, validate.Options{})
	if err != nil {
		return nil, err
	}
	e := echo.New()
	e.HTTPErrorHandler = errorWriter(cfg.Now)
	e.IPExtractor = echo.ExtractIPDirect()
	e.Binder = &echovalidate.Binder{}
	e.Use(requestID, accessLog(cfg.Log), recoverPanic(cfg.Log))
	// The route that Echo found names the operation, so each operation brings its own checks.
	checks := map[string][]echo.MiddlewareFunc{}
	for _, operation := range validator.Operations() {
		checks[operation.ID] = []echo.MiddlewareFunc{identify(operation), echovalidate.Middleware(operation)}
	}
	strict := api.NewStrictHandler(&handlers{peerings: cfg.Peerings, tenant: cfg.Tenant, now: cfg.Now}, []api.StrictMiddlewareFunc{refuseUnchecked})
	api.RegisterHandlersWithOptions(e, strict, api.RegisterHandlersOptions{OperationMiddlewares: checks})
	return e, nil
}

// refuseUnchecked keeps a request from its handler that came there without the checks of its operation.
func refuseUnchecked(next api.StrictHandlerFunc, operationID string) api.StrictHandlerFunc {
	return func(c echo.Context, request any) (any, error) {
		if callerOf(c.Request().Context()).project == "" {
			return nil, fmt.Errorf("operation %s is not checked", operationID)
		}
		return next(c, request)
	}
}

// Operations answers the handler of the operations listener: /healthz says that the process runs, /readyz whether it can
// serve, which ready finds out. A service that has no room for more, which room finds out, still serves.
func Operations(ready, room func(context.Context) error, log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		answerProbe(w, http.StatusOK, "ok")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := ready(r.Context()); err != nil {
			log.ErrorContext(r.Context(), "not ready", "error", err)
			answerProbe(w, http.StatusServiceUnavailable, reason(err))
			return
		}
		if err := room(r.Context()); err != nil {
			answerProbe(w, http.StatusOK, "ok, but nothing can be created or changed: "+reason(err))
			return
		}
		answerProbe(w, http.StatusOK, "ok")
	})
	return mux
}

// reason is why the service is not ready, as far as that is for others to know.
func reason(err error) string {
	if e, ok := errors.AsType[*peering.Error](err); ok {
		return e.Message
	}
	return "the store does not answer"
}

func answerProbe(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n")) // whoever probes is gone if this fails
}

// vpcRoot tells whether a path falls under the VPC root. Everything else is answered in the style of the CS root.
func vpcRoot(path string) bool {
	return strings.HasPrefix(path, "/v2.0/")
}
