package iam_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/peering/peering/internal/iam"
	"github.com/peering/peering/internal/peering"
)

const (
	servicePassword = "password-of-the-service"
	serviceSecret   = "secret-of-the-service"
)

// A fakeKeystone behaves like Keystone: it returns 404 for unknown tokens, and
// 401 if the service's own token is invalid.
type fakeKeystone struct {
	*httptest.Server

	clock *fakeClock

	mu sync.Mutex
	// tokens are the response bodies by token.
	tokens map[string]string
	// serviceToken is the service's own latest token.
	serviceToken string
	// logins and validations count requests.
	logins, validations int
	// loginHandler and validationHandler replace the default behaviour unless
	// they are nil.
	loginHandler, validationHandler http.HandlerFunc
}

func newFakeKeystone(t testing.TB, c *fakeClock) *fakeKeystone {
	t.Helper()
	k := &fakeKeystone{clock: c, tokens: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v3/auth/tokens", k.login)
	mux.HandleFunc("GET /v3/auth/tokens", k.validate)
	k.Server = httptest.NewServer(mux)
	t.Cleanup(k.Close)
	return k
}

func (k *fakeKeystone) login(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	k.mu.Lock()
	k.logins++
	n, handler := k.logins, k.loginHandler
	k.mu.Unlock()
	if handler != nil {
		handler(w, r)
		return
	}
	if err != nil || !strings.Contains(string(body), servicePassword) && !strings.Contains(string(body), serviceSecret) {
		http.Error(w, string(body), http.StatusUnauthorized) // Keystone doesn't repeat it, but a proxy could
		return
	}
	k.mu.Lock()
	k.serviceToken = fmt.Sprintf("service-token-%d", n)
	w.Header().Set("X-Subject-Token", k.serviceToken)
	k.mu.Unlock()
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, `{"token":{"catalog":[]}}`)
}

func (k *fakeKeystone) validate(w http.ResponseWriter, r *http.Request) {
	subject := r.Header.Get("X-Subject-Token")
	k.mu.Lock()
	k.validations++
	body, known := k.tokens[subject]
	serviceToken, handler := k.serviceToken, k.validationHandler
	k.mu.Unlock()
	switch {
	case handler != nil:
		handler(w, r)
	case r.Header.Get("X-Auth-Token") != serviceToken:
		http.Error(w, "token "+r.Header.Get("X-Auth-Token"), http.StatusUnauthorized)
	case !known:
		http.Error(w, `{"error":{"message":"Could not find token: `+subject+`.","code":404}}`, http.StatusNotFound)
	default:
		_, _ = io.WriteString(w, body)
	}
}

// issue issues a token for the project that is valid for an hour.
func (k *fakeKeystone) issue(token string, roles ...string) {
	type named map[string]string
	list := []named{}
	for _, role := range roles {
		list = append(list, named{"id": "id-of-" + role, "name": role})
	}
	k.issueBody(token, map[string]any{
		"expires_at": k.clock.now().Add(time.Hour).Format("2006-01-02T15:04:05.000000Z"),
		"user":       named{"id": "id-of-alice", "name": "alice"},
		"project":    named{"id": project, "name": "peerings"},
		"roles":      list,
	})
}

func (k *fakeKeystone) issueBody(token string, content map[string]any) {
	body, err := json.Marshal(map[string]any{"token": content})
	if err != nil {
		panic(err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.tokens[token] = string(body)
}

func (k *fakeKeystone) revoke(token string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.tokens, token)
}

// expireServiceToken invalidates the service's own token.
func (k *fakeKeystone) expireServiceToken() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.serviceToken = "another"
}

// handleValidations replaces the handler of validations. Nil restores it.
func (k *fakeKeystone) handleValidations(handler http.HandlerFunc) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.validationHandler = handler
}

// handleLogins replaces the handler of the service's own logins. Nil restores
// it.
func (k *fakeKeystone) handleLogins(handler http.HandlerFunc) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.loginHandler = handler
}

// counts returns the numbers of the service's own logins and of validations.
func (k *fakeKeystone) counts() (logins, validations int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.logins, k.validations
}

func (k *fakeKeystone) wantValidations(t testing.TB, want int) {
	t.Helper()
	if _, validations := k.counts(); validations != want {
		t.Errorf("Keystone got %d validations, want %d", validations, want)
	}
}

// failWith returns a handler that responds with a status and a body that repeats
// the tokens of the request.
func failWith(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, r.Header.Get("X-Auth-Token")+" "+r.Header.Get("X-Subject-Token"), code)
	}
}

// config returns a configuration for the fake.
func (k *fakeKeystone) config(log *logBuffer) iam.KeystoneConfig {
	return iam.KeystoneConfig{
		URL: k.URL, Username: "peering", Password: servicePassword, ProjectName: "service",
		Now: k.clock.now, Log: log.logger(),
	}
}

// connect returns a Keystone that uses the fake.
func (k *fakeKeystone) connect(t testing.TB, change ...func(*iam.KeystoneConfig)) (*iam.Keystone, *logBuffer) {
	t.Helper()
	log := &logBuffer{}
	cfg := k.config(log)
	for _, change := range change {
		change(&cfg)
	}
	keystone, err := iam.NewKeystone(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return keystone, log
}

// wantToken stops the test if authenticating with the token doesn't return the
// code.
func wantToken(t testing.TB, k *iam.Keystone, token string, want peering.Code) {
	t.Helper()
	_, err := k.Authenticate(tokenRequest(t, token), "")
	wantCode(t, err, want)
}
