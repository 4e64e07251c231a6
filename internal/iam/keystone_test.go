package iam_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/peering/peering/internal/iam"
	"github.com/peering/peering/internal/peering"
)

func TestKeystoneMapsRoles(t *testing.T) {
	fake := newFakeKeystone(t, newClock())
	k, _ := fake.connect(t)
	tests := []struct {
		roles []string
		want  []peering.Role
		code  peering.Code
	}{
		{[]string{"admin"}, []peering.Role{peering.Admin}, ""},
		{[]string{"manager"}, []peering.Role{peering.Admin}, ""},
		{[]string{"member"}, []peering.Role{peering.Admin}, ""},
		{[]string{"reader"}, []peering.Role{peering.Reader}, ""},
		{[]string{"reader", "member", "admin", "auditor"}, []peering.Role{peering.Reader, peering.Admin}, ""},
		{[]string{"auditor"}, nil, peering.Forbidden},
		{[]string{"Admin"}, nil, peering.Forbidden},
		{nil, nil, peering.Forbidden},
	}
	for i, tt := range tests {
		t.Run(strings.Join(tt.roles, " "), func(t *testing.T) {
			token := fmt.Sprintf("token-%d", i)
			fake.issue(token, tt.roles...)
			for range 2 { // the second result comes from the cache
				got, err := k.Authenticate(tokenRequest(t, token), "8185f87d043f4519a68420a282b5e2fa")
				wantCode(t, err, tt.code)
				if err == nil && (got.Project != project || got.User != "id-of-alice" || !slices.Equal(got.Roles, tt.want)) {
					t.Errorf("caller is %+v, want the roles %v", got, tt.want)
				}
			}
		})
	}
}

func TestKeystoneRolesAreConfigurable(t *testing.T) {
	fake := newFakeKeystone(t, newClock())
	k, _ := fake.connect(t, func(cfg *iam.KeystoneConfig) { cfg.Roles = map[string]peering.Role{"network": peering.Admin} })
	fake.issue("network-token", "network")
	fake.issue("admin-token", "admin")
	wantToken(t, k, "network-token", "")
	wantToken(t, k, "admin-token", peering.Forbidden)
}

func TestKeystoneRejectsTokens(t *testing.T) {
	c := newClock()
	fake := newFakeKeystone(t, c)
	k, _ := fake.connect(t)
	type object = map[string]any
	user, roles := object{"id": "id-of-alice"}, []object{{"name": "admin"}}
	later, now := c.now().Add(time.Hour).Format(time.RFC3339), c.now().Format(time.RFC3339)
	tests := []struct {
		name    string
		content object
		code    peering.Code
	}{
		{"unscoped", object{"expires_at": later, "user": user}, peering.Unauthenticated},
		{"of a domain", object{"expires_at": later, "user": user, "roles": roles, "domain": object{"id": "default"}}, peering.Unauthenticated},
		{"of the system", object{"expires_at": later, "user": user, "roles": roles, "system": object{"all": true}}, peering.Unauthenticated},
		{"of a project without an id", object{"expires_at": later, "user": user, "roles": roles, "project": object{"id": ""}}, peering.Unauthenticated},
		{"of a project with an invalid id", object{"expires_at": later, "user": user, "roles": roles, "project": object{"id": "default"}}, peering.Unauthenticated},
		{"expired", object{"expires_at": now, "user": user, "roles": roles, "project": object{"id": project}}, peering.TokenExpired},
		{"without an expiry", object{"user": user, "roles": roles, "project": object{"id": project}}, peering.Unavailable},
		{"with a malformed expiry", object{"expires_at": "soon", "user": user, "project": object{"id": project}}, peering.Unavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			token := strings.ReplaceAll(tt.name, " ", "-")
			fake.issueBody(token, tt.content)
			wantToken(t, k, token, tt.code)
		})
	}
}

func TestKeystoneValidatesOnlyWellFormedTokens(t *testing.T) {
	fake := newFakeKeystone(t, newClock())
	k, log := fake.connect(t)
	for name, r := range invalidCredentials(t) {
		t.Run(name, func(t *testing.T) {
			_, before := fake.counts()
			_, err := k.Authenticate(r, project)
			wantUnauthenticated(t, err)
			wantNoSecret(t, formatted(err)+log.String(), requestSecrets(r)...)
			values := r.Header["X-Auth-Token"]
			wellFormed := len(values) == 1 && len(r.Header["Authorization"]) == 0 && values[0] != "" && len(values[0]) <= 16<<10 &&
				!strings.ContainsAny(values[0], " \té")
			want := before
			if wellFormed {
				want++
			}
			fake.wantValidations(t, want)
		})
	}
}

func TestKeystoneCachesTokensUpToTheirExpiry(t *testing.T) {
	c := newClock()
	fake := newFakeKeystone(t, c)
	k, _ := fake.connect(t)
	fake.issue("token", "admin")
	c.advance(time.Hour - 30*time.Second)
	wantToken(t, k, "token", "")
	c.advance(30*time.Second - 1)
	wantToken(t, k, "token", "")
	fake.wantValidations(t, 1)
	c.advance(1)
	wantToken(t, k, "token", peering.TokenExpired)
	c.advance(24 * time.Hour)
	wantToken(t, k, "token", peering.TokenExpired)
	fake.wantValidations(t, 1)
}

func TestNewKeystoneWithApplicationCredential(t *testing.T) {
	fake := newFakeKeystone(t, newClock())
	k, _ := fake.connect(t, func(cfg *iam.KeystoneConfig) {
		cfg.URL += "/v3/"
		cfg.Username, cfg.Password, cfg.ProjectName = "", "", ""
		cfg.ApplicationCredentialID, cfg.ApplicationCredentialSecret = "id", serviceSecret
	})
	fake.issue("token", "admin")
	fake.expireServiceToken()
	wantToken(t, k, "token", "")
}

func TestNewKeystoneReturnsErrors(t *testing.T) {
	fake := newFakeKeystone(t, newClock())
	down := newFakeKeystone(t, newClock())
	down.Close()
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	tests := []struct {
		name   string
		ctx    context.Context
		change func(*iam.KeystoneConfig)
		want   string
	}{
		{"no URL", t.Context(), func(cfg *iam.KeystoneConfig) { cfg.URL = "" }, "URL"},
		{"a host without a scheme", t.Context(), func(cfg *iam.KeystoneConfig) { cfg.URL = "keystone:5000" }, "URL"},
		{"a URL with a password", t.Context(), func(cfg *iam.KeystoneConfig) { cfg.URL = "http://peering:" + servicePassword + "@127.0.0.1:1" }, "URL"},
		{"a malformed URL", t.Context(), func(cfg *iam.KeystoneConfig) { cfg.URL = "http://%zz:" + servicePassword }, "URL"},
		{"no user", t.Context(), func(cfg *iam.KeystoneConfig) { cfg.Username = "" }, "user name"},
		{"no password", t.Context(), func(cfg *iam.KeystoneConfig) { cfg.Password = "" }, "password"},
		{"no project", t.Context(), func(cfg *iam.KeystoneConfig) { cfg.ProjectName = "" }, "project name"},
		{"half an application credential", t.Context(), func(cfg *iam.KeystoneConfig) {
			cfg.Username, cfg.Password, cfg.ProjectName, cfg.ApplicationCredentialID = "", "", "", "id"
		}, "application credential"},
		{"a user and an application credential", t.Context(), func(cfg *iam.KeystoneConfig) {
			cfg.ApplicationCredentialID, cfg.ApplicationCredentialSecret = "id", serviceSecret
		}, "one of them"},
		{"too long a cache TTL", t.Context(), func(cfg *iam.KeystoneConfig) { cfg.CacheTTL = time.Minute + 1 }, "1m0s"},
		{"a negative cache TTL", t.Context(), func(cfg *iam.KeystoneConfig) { cfg.CacheTTL = -1 }, "-1ns"},
		{"a negative timeout", t.Context(), func(cfg *iam.KeystoneConfig) { cfg.Timeout = -1 }, "-1ns"},
		{"a wrong password", t.Context(), func(cfg *iam.KeystoneConfig) { cfg.Password = "wrong-password" }, "401"},
		{"nothing listening", t.Context(), func(cfg *iam.KeystoneConfig) { cfg.URL = down.URL }, down.URL},
		{"another service", t.Context(), func(cfg *iam.KeystoneConfig) { cfg.URL += "/identity" }, "404"},
		{"a canceled context", canceled, func(*iam.KeystoneConfig) {}, "canceled"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			log := &logBuffer{}
			cfg := fake.config(log)
			tt.change(&cfg)
			_, err := iam.NewKeystone(tt.ctx, cfg)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error is %v, want one with %q", err, tt.want)
			}
			wantNoSecret(t, formatted(err)+log.String(), servicePassword, serviceSecret, "wrong-password")
		})
	}
}

func TestKeystoneWarnsOfUnencryptedURLs(t *testing.T) {
	for url, want := range map[string]int{
		"http://127.0.0.1:1": 0, "http://[::1]:1": 0, "http://localhost:1": 0, "https://keystone.test:1": 0, "http://keystone.test:1": 1,
	} {
		log := &logBuffer{}
		cfg := newFakeKeystone(t, newClock()).config(log)
		cfg.URL = url
		canceled, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := iam.NewKeystone(canceled, cfg); err == nil {
			t.Errorf("%s: no error with a canceled context", url)
		}
		if lines := log.lines(slog.LevelWarn); len(lines) != want {
			t.Errorf("%s: warnings are %q, want %d", url, lines, want)
		}
	}
}
