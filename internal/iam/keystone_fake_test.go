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
	ownPassword = "password-of-the-service"
	ownSecret   = "secret-of-the-service"
)

// fakeKeystone answers as Keystone does: 404 for tokens that it does not know, 401 to services whose own token is not good.
type fakeKeystone struct {
	*httptest.Server

	clock *clock

	mu sync.Mutex
	// tokens are the bodies that tokens are answered with.
	tokens map[string]string
	// own is the token that the service got last.
	own string
	// logins and asks count what came.
	logins, asks int
	// ask, where it is set, answers what the service asks, login its requests for a token of its own.
	ask, login http.HandlerFunc
}

func newFakeKeystone(t testing.TB, c *clock) *fakeKeystone {
	t.Helper()
	k := &fakeKeystone{clock: c, tokens: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v3/auth/tokens", k.answerLogin)
	mux.HandleFunc("GET /v3/auth/tokens", k.answerAsk)
	k.Server = httptest.NewServer(mux)
	t.Cleanup(k.Close)
	return k
}

func (k *fakeKeystone) answerLogin(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	k.mu.Lock()
	k.logins++
	n, login := k.logins, k.login
	k.mu.Unlock()
	if login != nil {
		login(w, r)
		return
	}
	if err != nil || !strings.Contains(string(body), ownPassword) && !strings.Contains(string(body), ownSecret) {
		http.Error(w, string(body), http.StatusUnauthorized) // a real one is more discreet
		return
	}
	k.mu.Lock()
	k.own = fmt.Sprintf("own-token-%d", n)
	w.Header().Set("X-Subject-Token", k.own)
	k.mu.Unlock()
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, `{"token":{"catalog":[]}}`)
}

func (k *fakeKeystone) answerAsk(w http.ResponseWriter, r *http.Request) {
	subject := r.Header.Get("X-Subject-Token")
	k.mu.Lock()
	k.asks++
	body, known := k.tokens[subject]
	own, ask := k.own, k.ask
	k.mu.Unlock()
	switch {
	case ask != nil:
		ask(w, r)
	case r.Header.Get("X-Auth-Token") != own:
		http.Error(w, "token "+r.Header.Get("X-Auth-Token"), http.StatusUnauthorized)
	case !known:
		http.Error(w, `{"error":{"message":"Could not find token: `+subject+`.","code":404}}`, http.StatusNotFound)
	default:
		_, _ = io.WriteString(w, body)
	}
}

// issue makes a token for an hour with roles in the project.
func (k *fakeKeystone) issue(token string, roles ...string) {
	type named map[string]string
	list := []named{}
	for _, role := range roles {
		list = append(list, named{"id": "id-of-" + role, "name": role})
	}
	k.issueAs(token, map[string]any{
		"expires_at": k.clock.now().Add(time.Hour).Format("2006-01-02T15:04:05.000000Z"),
		"user":       named{"id": "id-of-alice", "name": "alice"},
		"project":    named{"id": project, "name": "peerings"},
		"roles":      list,
	})
}

func (k *fakeKeystone) issueAs(token string, said map[string]any) {
	body, err := json.Marshal(map[string]any{"token": said})
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

// expireOwn makes the service's own token a bad one.
func (k *fakeKeystone) expireOwn() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.own = "another"
}

// answer sets what answers the service from now on, nil for the usual.
func (k *fakeKeystone) answer(ask http.HandlerFunc) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ask = ask
}

func (k *fakeKeystone) answerLogins(login http.HandlerFunc) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.login = login
}

// counts answers how often the service asked for tokens of its own and for those of others.
func (k *fakeKeystone) counts() (logins, asks int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.logins, k.asks
}

func (k *fakeKeystone) wantAsks(t testing.TB, want int) {
	t.Helper()
	if _, asks := k.counts(); asks != want {
		t.Errorf("Keystone was asked %d times, want %d", asks, want)
	}
}

// status answers with a status, and repeats what it should not.
func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, r.Header.Get("X-Auth-Token")+" "+r.Header.Get("X-Subject-Token"), code)
	}
}

// config is how the service reaches the fake.
func (k *fakeKeystone) config(log *journal) iam.KeystoneConfig {
	return iam.KeystoneConfig{
		URL: k.URL, Username: "peering", Password: ownPassword, ProjectName: "service",
		Now: k.clock.now, Log: log.logger(),
	}
}

// open answers the service's side of the fake.
func (k *fakeKeystone) open(t testing.TB, change ...func(*iam.KeystoneConfig)) (*iam.Keystone, *journal) {
	t.Helper()
	log := &journal{}
	cfg := k.config(log)
	for _, change := range change {
		change(&cfg)
	}
	opened, err := iam.NewKeystone(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return opened, log
}

// wantToken fails the test where a token is answered otherwise.
func wantToken(t testing.TB, k *iam.Keystone, token string, want peering.Code) {
	t.Helper()
	_, err := k.Authenticate(withToken(t, token), "")
	wantCode(t, err, want)
}
