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
	mine   = "4f30b9215e054c908d18f2b150131646"
	others = "9a7b63e1c2d84f0f8e5d6c7b8a901234"
)

// call is an operation of the contract and how it was answered.
type call struct {
	id, method string
	vpcRoot    bool
	hasBody    bool
	answer     *httptest.ResponseRecorder
	log        string
}

// callAll sends a request to every operation of a server without a store, for the project that the path or the header
// names. None of the requests follows the contract, so one that is not refused for who sends it gets 400.
func callAll(t *testing.T, authenticate server.Authenticator, named string) []call {
	t.Helper()
	doc, err := api.GetSpec()
	if err != nil {
		t.Fatal(err)
	}
	log := &strings.Builder{}
	handler, err := server.New(server.Config{
		Peerings:      peering.NewService(nil, peering.DefaultRules(), time.Now, func() peering.ID { return "" }),
		Authenticator: authenticate,
		Log:           slog.New(slog.NewTextHandler(log, nil)),
		Now:           time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	var calls []call
	fill := strings.NewReplacer("{project_id}", named, "{cluster_id}", "a%20b", "{peering_id}", "7", "{route_id}", "7")
	for path, item := range doc.Paths.Map() {
		for method, operation := range item.Operations() {
			log.Reset()
			r := httptest.NewRequestWithContext(t.Context(), method, fill.Replace(path)+"?limit=x", http.NoBody)
			if named != "" && strings.HasPrefix(path, "/v2.0/") {
				r.Header.Set("X-Project-Id", named)
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

// wants fails the test unless a call was answered with the status and the code of its root.
func (c call) wants(t *testing.T, status int, csCode, vpcCode string) {
	t.Helper()
	code := csCode
	if c.vpcRoot {
		code = vpcCode
	}
	if c.answer.Code != status || !strings.Contains(c.answer.Body.String(), `"`+code+`"`) {
		t.Errorf("%s answered %d %s, want %d %s", c.id, c.answer.Code, c.answer.Body, status, code)
	}
	if got := c.answer.Header().Get("WWW-Authenticate"); (got != "") != (status == http.StatusUnauthorized) {
		t.Errorf("%s answered %d with WWW-Authenticate %q", c.id, c.answer.Code, got)
	}
}

// authenticatorFunc is a server.Authenticator.
type authenticatorFunc func(r *http.Request, project peering.ID) (peering.Caller, error)

func (f authenticatorFunc) Authenticate(r *http.Request, project peering.ID) (peering.Caller, error) {
	return f(r, project)
}

func as(roles ...peering.Role) server.Authenticator {
	return authenticatorFunc(func(*http.Request, peering.ID) (peering.Caller, error) {
		return peering.Caller{Project: mine, User: "alice", Roles: roles}, nil
	})
}

// refuse returns an authenticator that fails with err.
func refuse(err error) server.Authenticator {
	return authenticatorFunc(func(*http.Request, peering.ID) (peering.Caller, error) { return peering.Caller{}, err })
}

func TestCallersWithoutCredentialsComeNowhere(t *testing.T) {
	for _, tt := range []struct {
		name            string
		err             error
		status          int
		csCode, vpcCode string
	}{
		{"no credentials", peering.Errorf(peering.Unauthenticated, "no"), 401, "CS.10008", "VPC.0008"},
		{"an old token", peering.Errorf(peering.TokenExpired, "no"), 401, "CS.10007", "VPC.0008"},
		{"nobody who could tell", peering.Errorf(peering.Unavailable, "no"), 503, "CS.22108", "VPC.22108"},
		{"a failure", errors.New("no"), 500, "CS.10001", "VPC.22110"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, c := range callAll(t, refuse(tt.err), "me") {
				c.wants(t, tt.status, tt.csCode, tt.vpcCode)
			}
		})
	}
}

func TestBodiesThatAreTooLargeToBeAuthenticated(t *testing.T) {
	for _, c := range callAll(t, refuse(fmt.Errorf("signature: %w", &http.MaxBytesError{Limit: 64 << 10})), mine) {
		if c.hasBody {
			c.wants(t, http.StatusRequestEntityTooLarge, "CS.22106", "VPC.22106")
		} else {
			c.wants(t, http.StatusUnauthorized, "CS.10008", "VPC.0008")
		}
	}
}

// TestRolesAndProjects also shows that a caller who may not is told so before what is wrong with his request.
func TestRolesAndProjects(t *testing.T) {
	for _, tt := range []struct {
		name          string
		authenticator server.Authenticator
		named         string
		reads, writes int
		csCode        string
	}{
		{"an admin", as(peering.Admin), mine, 400, 400, ""},
		{"an admin with the project as a UUID", as(peering.Admin), "4F30B921-5e05-4c90-8d18-f2b150131646", 400, 400, ""},
		{"an admin with an escape in the project", as(peering.Admin), "%34f30b9215e054c908d18f2b150131646", 400, 400, ""},
		{"an admin who reads, too", as(peering.Reader, peering.Admin), mine, 400, 400, ""},
		{"a reader", as(peering.Reader), mine, 400, 403, "CS.10005"},
		{"a reader of another project", as(peering.Reader), others, 403, 403, "CS.10006"},
		{"an admin of another project", as(peering.Admin), others, 403, 403, "CS.10006"},
		{"an admin of no project", as(peering.Admin), "me", 403, 403, "CS.10006"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, c := range callAll(t, tt.authenticator, tt.named) {
				if c.vpcRoot && strings.HasPrefix(tt.named, "%") {
					continue // in a header it is no escape
				}
				status := tt.writes
				if c.method == http.MethodGet {
					status = tt.reads
				}
				if status == http.StatusForbidden {
					c.wants(t, status, tt.csCode, "VPC.2701")
				} else if c.answer.Code != status {
					t.Errorf("%s answered %d %s", c.id, c.answer.Code, c.answer.Body)
				}
			}
		})
	}
}

func TestVPCRootNeedsNoProjectBesideCredentials(t *testing.T) {
	for _, c := range callAll(t, as(peering.Admin), "") {
		if c.vpcRoot && c.answer.Code != http.StatusBadRequest {
			t.Errorf("%s answered %d %s", c.id, c.answer.Code, c.answer.Body)
		}
	}
	for _, c := range callAll(t, authenticatorFunc(believe), "") {
		if c.vpcRoot {
			c.wants(t, http.StatusUnauthorized, "", "VPC.0008")
		}
	}
}

// TestPanicsTellNothing lets an authenticator panic with what it has seen.
func TestPanicsTellNothing(t *testing.T) {
	const secret = "the-callers-token"
	for name, value := range map[string]any{
		"a text":        secret,
		"an error":      errors.New(secret),
		"a header":      http.Header{"X-Auth-Token": {secret}},
		"a bad pointer": nil,
	} {
		t.Run(name, func(t *testing.T) {
			fail := func(r *http.Request, _ peering.ID) (peering.Caller, error) {
				r.Header.Set("X-Auth-Token", secret)
				if value == nil {
					var none *peering.Caller
					return *none, nil
				}
				panic(value)
			}
			for _, c := range callAll(t, authenticatorFunc(fail), mine) {
				c.wants(t, http.StatusInternalServerError, "CS.10001", "VPC.22110")
				if strings.Contains(c.log+c.answer.Body.String(), secret) {
					t.Errorf("%s shows the token: %s %s", c.id, c.answer.Body, c.log)
				}
				if !strings.Contains(c.log, "authenticate_test.go") || value == nil && !strings.Contains(c.log, "nil pointer") {
					t.Errorf("the log of %s does not say where it was: %s", c.id, c.log)
				}
			}
		})
	}
}

func TestServerNeedsAnAuthenticator(t *testing.T) {
	if _, err := server.New(server.Config{Log: slog.New(slog.DiscardHandler), Now: time.Now}); err == nil {
		t.Error("it is made without one")
	}
}

func TestAuthenticatorGetsTheBody(t *testing.T) {
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
		t.Errorf("it got %q", seen)
	}
}
