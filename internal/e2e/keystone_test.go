package e2e_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/cli"
	"github.com/peering/peering/internal/e2e/harness"
)

// keystoneEnv is the environment with the server's Keystone credentials.
func keystoneEnv(name string) string {
	return map[string]string{
		"PEERING_KEYSTONE_USERNAME":            "peering",
		"PEERING_KEYSTONE_PASSWORD":            harness.SecretMark + "-password",
		"PEERING_KEYSTONE_PROJECT_NAME":        "service",
		"PEERING_KEYSTONE_USER_DOMAIN_NAME":    "people",
		"PEERING_KEYSTONE_PROJECT_DOMAIN_NAME": "",
	}[name]
}

// startKeystone starts an identity service that knows the identities and one
// with a role that the service does not know.
func startKeystone(t *testing.T, unprivileged harness.Identity) *httptest.Server {
	t.Helper()
	const serviceToken = harness.SecretMark + "-token-of-the-service"
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v3/auth/tokens", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		text := string(body)
		if err != nil || !strings.Contains(text, harness.SecretMark+"-password") ||
			!strings.Contains(text, `"people"`) || !strings.Contains(text, `"Default"`) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("X-Subject-Token", serviceToken)
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"token":{"catalog":[]}}`)
	})
	mux.HandleFunc("GET /v3/auth/tokens", func(w http.ResponseWriter, r *http.Request) {
		for _, i := range append([]harness.Identity{unprivileged}, harness.Identities...) {
			if r.Header.Get("X-Auth-Token") == serviceToken && r.Header.Get("X-Subject-Token") == i.Token() {
				_, _ = fmt.Fprintf(w, `{"token":{"expires_at":%q,"user":{"id":"u","name":%q},`+
					`"project":{"id":%q,"name":"p"},"roles":[{"id":"r","name":%q}]}}`,
					time.Now().Add(time.Hour).UTC().Format("2006-01-02T15:04:05.000000Z"), i.User, i.Project, i.Role)
				return
			}
		}
		w.WriteHeader(http.StatusNotFound)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func TestKeystoneAuthentication(t *testing.T) {
	t.Parallel()
	unprivileged := harness.Identity{User: "unprivileged", Project: harness.RequesterTenant, Role: "heat_stack_user"}
	identityService := startKeystone(t, unprivileged)
	s := harness.StartEnv(t, keystoneEnv, "--data-dir", t.TempDir(), "--auth", "keystone:"+identityService.URL,
		"--keystone-cache", "30s")
	list := func(options ...client.Option) error {
		options = append(options, client.WithRetryPolicy(client.RetryPolicy{Attempts: 1}))
		_, err := s.With(t, options...).ListVPCPeerings(t.Context(), client.VPCPeeringQuery{})
		return err
	}
	for _, identity := range []harness.Identity{harness.Requester, harness.RequesterReader} {
		if err := list(client.WithToken(identity.Token())); err != nil {
			t.Error(err)
		}
	}
	_, err := s.By(t, harness.RequesterReader).CreateCluster(t.Context(), client.ClusterCreate{Name: "n"})
	wantError(t, err, http.StatusForbidden, "CS.10005")
	wantError(t, list(client.WithToken(unprivileged.Token())), http.StatusForbidden, "VPC.2701")
	wantError(t, list(client.WithToken(harness.SecretMark)), http.StatusUnauthorized, "VPC.0008")
	wantError(t, list(client.WithToken(harness.Requester.Token()), client.WithProject(harness.AccepterTenant)),
		http.StatusForbidden, "VPC.2701")
	wantError(t, list(client.WithCredentials(harness.Requester.AccessKey(), harness.Requester.SecretKey())),
		http.StatusUnauthorized, "VPC.0008")

	identityService.Close()
	if err := list(client.WithToken(harness.Requester.Token())); err != nil {
		t.Errorf("a cached token is rejected: %v", err)
	}
	wantError(t, list(client.WithToken(harness.Accepter.Token())), http.StatusServiceUnavailable, "VPC.22108")
}

func TestServeRejectsInvalidKeystoneSettings(t *testing.T) {
	t.Parallel()
	identityService := startKeystone(t, harness.Requester)
	without := func(missing string) func(string) string {
		return func(name string) string {
			if name == missing {
				return ""
			}
			return keystoneEnv(name)
		}
	}
	for _, tt := range []struct {
		name   string
		url    string
		getenv func(string) string
		flags  []string
		code   int
		want   string
	}{
		{"no URL", "", keystoneEnv, nil, cli.ExitUsage, "keystone:https://"},
		{"URL of other scheme", "ldap://127.0.0.1", keystoneEnv, nil, cli.ExitUsage, "keystone:https://"},
		{"password in URL", "http://me:" + harness.SecretMark + "@127.0.0.1", keystoneEnv, nil, cli.ExitUsage,
			"without a user"},
		{"no user", identityService.URL, without("PEERING_KEYSTONE_USERNAME"), nil, cli.ExitUsage,
			"PEERING_KEYSTONE_USERNAME"},
		{"no password", identityService.URL, without("PEERING_KEYSTONE_PASSWORD"), nil, cli.ExitUsage,
			"PEERING_KEYSTONE_PASSWORD"},
		{"no project", identityService.URL, without("PEERING_KEYSTONE_PROJECT_NAME"), nil, cli.ExitUsage,
			"PEERING_KEYSTONE_PROJECT_NAME"},
		{"user of other domain", identityService.URL, without("PEERING_KEYSTONE_USER_DOMAIN_NAME"), nil, cli.ExitFailure,
			"keystone"},
		{"cache duration too short", identityService.URL, keystoneEnv, []string{"--keystone-cache", "0s"}, cli.ExitUsage,
			"--keystone-cache must be positive and at most 1m0s, got 0s"},
		{"cache duration too long", identityService.URL, keystoneEnv, []string{"--keystone-cache", "61s"}, cli.ExitUsage,
			"--keystone-cache must be positive and at most 1m0s, got 1m1s"},
		{"unreachable", "http://127.0.0.1:1", keystoneEnv, nil, cli.ExitFailure, "keystone"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			log := &harness.Buffer{}
			args := append(harness.ServeArgs("--data-dir", t.TempDir(), "--auth", "keystone:"+tt.url), tt.flags...)
			harness.WantOutput(t, harness.Run(t.Context(), args, log, log, tt.getenv), log.String(), tt.code, []string{tt.want})
		})
	}
}
