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

// keystoneEnv is the environment of a server with credentials at Keystone.
func keystoneEnv(name string) string {
	return map[string]string{
		"PEERING_KEYSTONE_USERNAME":            "peering",
		"PEERING_KEYSTONE_PASSWORD":            harness.SecretMark + "-password",
		"PEERING_KEYSTONE_PROJECT_NAME":        "service",
		"PEERING_KEYSTONE_USER_DOMAIN_NAME":    "people",
		"PEERING_KEYSTONE_PROJECT_DOMAIN_NAME": "",
	}[name]
}

// keystone answers an identity service that knows the identities, and one whose role means nothing here.
func keystone(t *testing.T, powerless harness.Identity) *httptest.Server {
	t.Helper()
	const own = harness.SecretMark + "-token-of-the-service"
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v3/auth/tokens", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		text := string(body)
		if err != nil || !strings.Contains(text, harness.SecretMark+"-password") || !strings.Contains(text, `"people"`) || !strings.Contains(text, `"Default"`) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("X-Subject-Token", own)
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"token":{"catalog":[]}}`)
	})
	mux.HandleFunc("GET /v3/auth/tokens", func(w http.ResponseWriter, r *http.Request) {
		for _, i := range append([]harness.Identity{powerless}, harness.Identities...) {
			if r.Header.Get("X-Auth-Token") == own && r.Header.Get("X-Subject-Token") == i.Token() {
				_, _ = fmt.Fprintf(w, `{"token":{"expires_at":%q,"user":{"id":"u","name":%q},"project":{"id":%q,"name":"p"},"roles":[{"id":"r","name":%q}]}}`,
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

func TestCallersAreKnownByKeystone(t *testing.T) {
	powerless := harness.Identity{User: "powerless", Project: harness.RequesterTenant, Role: "heat_stack_user"}
	identityService := keystone(t, powerless)
	s := harness.StartEnv(t, keystoneEnv, "--data-dir", t.TempDir(), "--auth", "keystone:"+identityService.URL, "--keystone-cache", "30s")
	list := func(options ...client.Option) error {
		_, err := s.With(t, options...).ListVPCPeerings(t.Context(), client.VPCPeeringQuery{})
		return err
	}
	for _, known := range []harness.Identity{harness.Requester, harness.RequesterReader} {
		if err := list(client.WithToken(known.Token())); err != nil {
			t.Error(err)
		}
	}
	_, err := s.By(t, harness.RequesterReader).CreateCluster(t.Context(), client.ClusterCreate{Name: "n"})
	wantRefusal(t, err, http.StatusForbidden, "CS.10005")
	wantRefusal(t, list(client.WithToken(powerless.Token())), http.StatusForbidden, "VPC.2701")
	wantRefusal(t, list(client.WithToken(harness.SecretMark)), http.StatusUnauthorized, "VPC.0008")
	wantRefusal(t, list(client.WithToken(harness.Requester.Token()), client.WithProject(harness.AccepterTenant)), http.StatusForbidden, "VPC.2701")
	wantRefusal(t, list(client.WithCredentials(harness.Requester.AccessKey(), harness.Requester.SecretKey())), http.StatusUnauthorized, "VPC.0008")

	identityService.Close()
	if err := list(client.WithToken(harness.Requester.Token())); err != nil {
		t.Errorf("a token that is still believed: %v", err)
	}
	wantRefusal(t, list(client.WithToken(harness.Accepter.Token())), http.StatusServiceUnavailable, "VPC.22108")
}

func TestServeAndKeystone(t *testing.T) {
	identityService := keystone(t, harness.Requester)
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
		more   []string
		code   int
		want   string
	}{
		{"no URL", "", keystoneEnv, nil, cli.ExitUsage, "keystone:https://"},
		{"no URL of HTTP", "ldap://127.0.0.1", keystoneEnv, nil, cli.ExitUsage, "keystone:https://"},
		{"a password in the URL", "http://me:" + harness.SecretMark + "@127.0.0.1", keystoneEnv, nil, cli.ExitUsage, "without a user"},
		{"no user", identityService.URL, without("PEERING_KEYSTONE_USERNAME"), nil, cli.ExitUsage, "PEERING_KEYSTONE_USERNAME"},
		{"no password", identityService.URL, without("PEERING_KEYSTONE_PASSWORD"), nil, cli.ExitUsage, "PEERING_KEYSTONE_PASSWORD"},
		{"no project", identityService.URL, without("PEERING_KEYSTONE_PROJECT_NAME"), nil, cli.ExitUsage, "PEERING_KEYSTONE_PROJECT_NAME"},
		{"a user of another domain", identityService.URL, without("PEERING_KEYSTONE_USER_DOMAIN_NAME"), nil, cli.ExitFailure, "keystone"},
		{"a cache of no time", identityService.URL, keystoneEnv, []string{"--keystone-cache", "0s"}, cli.ExitUsage, "--keystone-cache 0s"},
		{"a cache of too much", identityService.URL, keystoneEnv, []string{"--keystone-cache", "61s"}, cli.ExitUsage, "--keystone-cache 1m1s"},
		{"nobody there", "http://127.0.0.1:1", keystoneEnv, nil, cli.ExitFailure, "keystone"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			log := &harness.Buffer{}
			args := append(harness.ServeArgs("--data-dir", t.TempDir(), "--auth", "keystone:"+tt.url), tt.more...)
			harness.WantOutput(t, harness.Run(t.Context(), args, log, log, tt.getenv), log.String(), tt.code, []string{tt.want})
		})
	}
}
