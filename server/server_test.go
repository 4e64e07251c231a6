package server_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	api "github.com/peering/peering/gen/server"
	"github.com/peering/peering/internal/peering"
	"github.com/peering/peering/server"
)

// trusting authenticates every caller as an admin of the project it requests.
var trusting = authenticatorFunc(func(_ *http.Request, project peering.ID) (peering.Caller, error) {
	return peering.Caller{Project: project, Roles: []peering.Role{peering.Admin}}, nil
})

func newServer(t *testing.T) http.Handler {
	t.Helper()
	service := peering.NewService(nil, peering.DefaultRules(), time.Now, func() peering.ID { return "" })
	handler, err := server.New(server.Config{Peerings: service, Authenticator: trusting, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return handler
}

func TestRoutesMatchContract(t *testing.T) {
	e, ok := newServer(t).(*echo.Echo)
	if !ok {
		t.Fatal("the handler is not an Echo")
	}
	var routed, documented []string
	for _, r := range e.Routes() {
		routed = append(routed, r.Method+" "+r.Path)
	}
	doc, err := api.GetSpec()
	if err != nil {
		t.Fatal(err)
	}
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			documented = append(documented, method+" "+strings.NewReplacer("{", ":", "}", "").Replace(path))
		}
	}
	slices.Sort(routed)
	slices.Sort(documented)
	if !slices.Equal(routed, documented) {
		t.Errorf("got routes %q\nwant %q", routed, documented)
	}
}

func TestEveryOperationIsValidated(t *testing.T) {
	handler := newServer(t)
	doc, err := api.GetSpec()
	if err != nil {
		t.Fatal(err)
	}
	fill := strings.NewReplacer("{project_id}", "me", "{cluster_id}", "1", "{peering_id}", "7", "{route_id}", "7")
	for path, item := range doc.Paths.Map() {
		for method, operation := range item.Operations() {
			t.Run(operation.OperationID, func(t *testing.T) {
				r := httptest.NewRequestWithContext(t.Context(), method, fill.Replace(path)+"?limit=x", http.NoBody)
				r.Header.Set("X-Project-Id", "4f30b9215e054c908d18f2b150131646")
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				// A request that reached the service would panic, as it has no store.
				if w.Code != http.StatusBadRequest {
					t.Errorf("got %d %s", w.Code, w.Body)
				}
			})
		}
	}
}

func TestHeadResponseHasNoBody(t *testing.T) {
	w := httptest.NewRecorder()
	newServer(t).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodHead, "/v2.0/vpc/peerings", http.NoBody))
	if w.Code != http.StatusMethodNotAllowed || w.Body.Len() > 0 {
		t.Errorf("got %d %q", w.Code, w.Body)
	}
}

func TestReadiness(t *testing.T) {
	for _, tt := range []struct {
		name        string
		ready, room error
		status      int
		want        string
	}{
		{"ready", nil, nil, http.StatusOK, "ok\n"},
		{"uncoded store error", errors.New("secret"), nil, http.StatusServiceUnavailable, "does not respond"},
		{"coded store error", peering.Errorf(peering.Unavailable, "no quorum"), nil, http.StatusServiceUnavailable, "no quorum"},
		{"store full", nil, peering.Errorf(peering.Unavailable, "The disk is full."), http.StatusOK, "The disk is full."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			handler := server.Admin(
				func(context.Context) error { return tt.ready }, func(context.Context) error { return tt.room }, prometheus.NewRegistry(), slog.New(slog.DiscardHandler))
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/readyz", http.NoBody))
			if w.Code != tt.status || strings.Contains(w.Body.String(), "secret") || !strings.Contains(w.Body.String(), tt.want) {
				t.Errorf("got %d %q", w.Code, w.Body)
			}
		})
	}
}
