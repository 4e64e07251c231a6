package server_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	api "github.com/peering/peering/gen/server"
	"github.com/peering/peering/internal/peering"
	"github.com/peering/peering/server"
)

const (
	ownProject   = "4f30b9215e054c908d18f2b150131646"
	otherProject = "9a7b63e1c2d84f0f8e5d6c7b8a901234"
)

// call is a request to an operation, with its response and log.
type call struct {
	operationID, method string
	vpcRoot             bool
	hasBody             bool
	response            *httptest.ResponseRecorder
	log                 string
}

// callAll sends an invalid request for a project to every operation of a server
// without a store. A request that passes authentication and authorization
// therefore returns 400.
func callAll(t *testing.T, authenticator server.Authenticator, project string) []call {
	t.Helper()
	doc, err := api.GetSpec()
	if err != nil {
		t.Fatal(err)
	}
	log := &strings.Builder{}
	handler, err := server.New(server.Config{
		Peerings:      peering.NewService(nil, peering.DefaultRules(), time.Now, func() peering.ID { return "" }),
		Authenticator: authenticator,
		Log:           slog.New(slog.NewTextHandler(log, nil)),
		Now:           time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	var calls []call
	fill := strings.NewReplacer("{project_id}", project, "{cluster_id}", "a%20b", "{peering_id}", "7", "{route_id}", "7")
	for path, item := range doc.Paths.Map() {
		for method, operation := range item.Operations() {
			log.Reset()
			r := httptest.NewRequestWithContext(t.Context(), method, fill.Replace(path)+"?limit=x", http.NoBody)
			if project != "" && strings.HasPrefix(path, "/v2.0/") {
				r.Header.Set("X-Project-Id", project)
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			calls = append(calls, call{
				operation.OperationID, method, strings.HasPrefix(path, "/v2.0/"), operation.RequestBody != nil, w, log.String(),
			})
		}
	}
	return calls
}

// wantError checks the status and the root's error code of the response.
func (c call) wantError(t *testing.T, status int, csCode, vpcCode string) {
	t.Helper()
	code := csCode
	if c.vpcRoot {
		code = vpcCode
	}
	if c.response.Code != status || !strings.Contains(c.response.Body.String(), `"`+code+`"`) {
		t.Errorf("%s returned %d %s, want %d %s", c.operationID, c.response.Code, c.response.Body, status, code)
	}
	if got := c.response.Header().Get("WWW-Authenticate"); (got != "") != (status == http.StatusUnauthorized) {
		t.Errorf("%s returned %d with WWW-Authenticate %q", c.operationID, c.response.Code, got)
	}
}

// authenticatorFunc is a server.Authenticator.
type authenticatorFunc func(r *http.Request, project peering.ID) (peering.Caller, error)

func (f authenticatorFunc) Authenticate(r *http.Request, project peering.ID) (peering.Caller, error) {
	return f(r, project)
}

func as(roles ...peering.Role) server.Authenticator {
	return authenticatorFunc(func(*http.Request, peering.ID) (peering.Caller, error) {
		return peering.Caller{Project: ownProject, User: "alice", Roles: roles}, nil
	})
}

// refuse returns an authenticator that fails with err.
func refuse(err error) server.Authenticator {
	return authenticatorFunc(func(*http.Request, peering.ID) (peering.Caller, error) { return peering.Caller{}, err })
}

func TestAuthenticationErrors(t *testing.T) {
	for _, tt := range []struct {
		name            string
		err             error
		status          int
		csCode, vpcCode string
	}{
		{"missing credentials", peering.Errorf(peering.Unauthenticated, "no"), 401, "CS.10008", "VPC.0008"},
		{"expired token", peering.Errorf(peering.TokenExpired, "no"), 401, "CS.10007", "VPC.0008"},
		{"identity service unavailable", peering.Errorf(peering.Unavailable, "no"), 503, "CS.22108", "VPC.22108"},
		{"internal error", errors.New("no"), 500, "CS.10001", "VPC.22110"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, c := range callAll(t, refuse(tt.err), "me") {
				c.wantError(t, tt.status, tt.csCode, tt.vpcCode)
			}
		})
	}
}

func TestBodyTooLargeToAuthenticate(t *testing.T) {
	for _, c := range callAll(t, refuse(fmt.Errorf("signature: %w", &http.MaxBytesError{Limit: 64 << 10})), ownProject) {
		if c.hasBody {
			c.wantError(t, http.StatusRequestEntityTooLarge, "CS.22106", "VPC.22106")
		} else {
			c.wantError(t, http.StatusUnauthorized, "CS.10008", "VPC.0008")
		}
	}
}

// TestRolesAndProjects also checks that authorization precedes validation.
func TestRolesAndProjects(t *testing.T) {
	for _, tt := range []struct {
		name          string
		authenticator server.Authenticator
		project       string
		reads, writes int
		csCode        string
	}{
		{"admin", as(peering.Admin), ownProject, 400, 400, ""},
		{"admin, project as a UUID", as(peering.Admin), "4F30B921-5e05-4c90-8d18-f2b150131646", 400, 400, ""},
		{"admin, escaped project", as(peering.Admin), "%34f30b9215e054c908d18f2b150131646", 400, 400, ""},
		{"admin and reader", as(peering.Reader, peering.Admin), ownProject, 400, 400, ""},
		{"reader", as(peering.Reader), ownProject, 400, 403, "CS.10005"},
		{"reader of another project", as(peering.Reader), otherProject, 403, 403, "CS.10006"},
		{"admin of another project", as(peering.Admin), otherProject, 403, 403, "CS.10006"},
		{"invalid project", as(peering.Admin), "me", 403, 403, "CS.10006"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, c := range callAll(t, tt.authenticator, tt.project) {
				if c.vpcRoot && strings.HasPrefix(tt.project, "%") {
					continue // headers are not unescaped
				}
				status := tt.writes
				if c.method == http.MethodGet {
					status = tt.reads
				}
				if status == http.StatusForbidden {
					c.wantError(t, status, tt.csCode, "VPC.2701")
				} else if c.response.Code != status {
					t.Errorf("%s returned %d %s", c.operationID, c.response.Code, c.response.Body)
				}
			}
		})
	}
}

func TestVPCRootRequiresProjectOnlyWithoutCredentials(t *testing.T) {
	for _, c := range callAll(t, as(peering.Admin), "") {
		if c.vpcRoot && c.response.Code != http.StatusBadRequest {
			t.Errorf("%s returned %d %s", c.operationID, c.response.Code, c.response.Body)
		}
	}
	for _, c := range callAll(t, trusting, "") {
		if c.vpcRoot {
			c.wantError(t, http.StatusUnauthorized, "", "VPC.0008")
		}
	}
}

// A panic value may contain credentials.
func TestPanicsRevealNoSecrets(t *testing.T) {
	const secret = "the-callers-token"
	for name, value := range map[string]any{
		"string":      secret,
		"error":       errors.New(secret),
		"header":      http.Header{"X-Auth-Token": {secret}},
		"nil pointer": nil,
	} {
		t.Run(name, func(t *testing.T) {
			authenticate := func(r *http.Request, _ peering.ID) (peering.Caller, error) {
				r.Header.Set("X-Auth-Token", secret)
				if value == nil {
					var none *peering.Caller
					return *none, nil
				}
				panic(value)
			}
			for _, c := range callAll(t, authenticatorFunc(authenticate), ownProject) {
				c.wantError(t, http.StatusInternalServerError, "CS.10001", "VPC.22110")
				if strings.Contains(c.log+c.response.Body.String(), secret) {
					t.Errorf("%s reveals the token: %s %s", c.operationID, c.response.Body, c.log)
				}
				if !strings.Contains(c.log, "authenticate_test.go") || value == nil && !strings.Contains(c.log, "nil pointer") {
					t.Errorf("the log of %s has no stack trace: %s", c.operationID, c.log)
				}
			}
		})
	}
}

func TestNewRequiresAuthenticator(t *testing.T) {
	if _, err := server.New(server.Config{Log: slog.New(slog.DiscardHandler), Now: time.Now}); err == nil {
		t.Error("got no error")
	}
}

func TestAuthenticatorReadsBody(t *testing.T) {
	var seen string
	handler, err := server.New(server.Config{
		Peerings: peering.NewService(nil, peering.DefaultRules(), time.Now, func() peering.ID { return "" }),
		Authenticator: authenticatorFunc(func(r *http.Request, _ peering.ID) (peering.Caller, error) {
			data, err := io.ReadAll(r.Body)
			seen = string(data)
			return peering.Caller{}, errors.Join(err, peering.Errorf(peering.Unauthenticated, "no"))
		}),
		Log: slog.New(slog.DiscardHandler),
		Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v2.0/vpc/peerings", strings.NewReader("body"))
	handler.ServeHTTP(httptest.NewRecorder(), r)
	if seen != "body" {
		t.Errorf("it read %q", seen)
	}
}
