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

func TestKeystoneKnowsTokens(t *testing.T) {
	fake := newFakeKeystone(t, newClock())
	k, _ := fake.open(t)
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
			for range 2 { // the first asks, the second does not need to
				got, err := k.Authenticate(withToken(t, token), "8185f87d043f4519a68420a282b5e2fa")
				wantCode(t, err, tt.code)
				if err == nil && (got.Project != project || got.User != "id-of-alice" || !slices.Equal(got.Roles, tt.want)) {
					t.Errorf("the caller is %+v, want the roles %v", got, tt.want)
				}
			}
		})
	}
}

func TestKeystoneRolesAreTheOperators(t *testing.T) {
	fake := newFakeKeystone(t, newClock())
	k, _ := fake.open(t, func(cfg *iam.KeystoneConfig) { cfg.Roles = map[string]peering.Role{"network": peering.Admin} })
	fake.issue("of-network", "network")
	fake.issue("of-admin", "admin")
	wantToken(t, k, "of-network", "")
	wantToken(t, k, "of-admin", peering.Forbidden)
}

func TestKeystoneRefusesTokens(t *testing.T) {
	c := newClock()
	fake := newFakeKeystone(t, c)
	k, _ := fake.open(t)
	type said = map[string]any
	user, roles := said{"id": "id-of-alice"}, []said{{"name": "admin"}}
	later, now := c.now().Add(time.Hour).Format(time.RFC3339), c.now().Format(time.RFC3339)
	tests := []struct {
		name string
		said said
		code peering.Code
	}{
		{"unscoped", said{"expires_at": later, "user": user}, peering.Unauthenticated},
		{"of a domain", said{"expires_at": later, "user": user, "roles": roles, "domain": said{"id": "default"}}, peering.Unauthenticated},
		{"of the system", said{"expires_at": later, "user": user, "roles": roles, "system": said{"all": true}}, peering.Unauthenticated},
		{"of a project without id", said{"expires_at": later, "user": user, "roles": roles, "project": said{"id": ""}}, peering.Unauthenticated},
		{"of a project that is no id", said{"expires_at": later, "user": user, "roles": roles, "project": said{"id": "default"}}, peering.Unauthenticated},
		{"expired", said{"expires_at": now, "user": user, "roles": roles, "project": said{"id": project}}, peering.TokenExpired},
		{"without expiry", said{"user": user, "roles": roles, "project": said{"id": project}}, peering.Unavailable},
		{"with another expiry", said{"expires_at": "soon", "user": user, "project": said{"id": project}}, peering.Unavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			token := strings.ReplaceAll(tt.name, " ", "-")
			fake.issueAs(token, tt.said)
			wantToken(t, k, token, tt.code)
		})
	}
}

// What can't be a token is not worth a question.
func TestKeystoneIsNotAskedForEverything(t *testing.T) {
	fake := newFakeKeystone(t, newClock())
	k, log := fake.open(t)
	for what, r := range badCredentials(t) {
		t.Run(what, func(t *testing.T) {
			_, before := fake.counts()
			_, err := k.Authenticate(r, project)
			wantRefusal(t, err)
			wantNoSecret(t, printed(err)+log.String(), secretsOf(r)...)
			values := r.Header["X-Auth-Token"]
			could := len(values) == 1 && len(r.Header["Authorization"]) == 0 && values[0] != "" && len(values[0]) <= 16<<10 &&
				!strings.ContainsAny(values[0], " \té")
			want := before
			if could {
				want++
			}
			fake.wantAsks(t, want)
		})
	}
}

func TestKeystoneOfATokenThatExpires(t *testing.T) {
	c := newClock()
	fake := newFakeKeystone(t, c)
	k, _ := fake.open(t)
	fake.issue("token", "admin")
	c.pass(time.Hour - 30*time.Second)
	wantToken(t, k, "token", "")
	c.pass(30*time.Second - 1)
	wantToken(t, k, "token", "")
	fake.wantAsks(t, 1)
	c.pass(1)
	wantToken(t, k, "token", peering.TokenExpired)
	c.pass(24 * time.Hour)
	wantToken(t, k, "token", peering.TokenExpired)
	fake.wantAsks(t, 1)
}

func TestNewKeystoneByApplicationCredential(t *testing.T) {
	fake := newFakeKeystone(t, newClock())
	k, _ := fake.open(t, func(cfg *iam.KeystoneConfig) {
		cfg.URL += "/v3/"
		cfg.Username, cfg.Password, cfg.ProjectName = "", "", ""
		cfg.ApplicationCredentialID, cfg.ApplicationCredentialSecret = "id", ownSecret
	})
	fake.issue("token", "admin")
	fake.expireOwn()
	wantToken(t, k, "token", "")
}

func TestNewKeystoneRefuses(t *testing.T) {
	fake := newFakeKeystone(t, newClock())
	gone := newFakeKeystone(t, newClock())
	gone.Close()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	tests := []struct {
		name   string
		ctx    context.Context
		change func(*iam.KeystoneConfig)
		want   string
	}{
		{"no URL", t.Context(), func(cfg *iam.KeystoneConfig) { cfg.URL = "" }, "URL"},
		{"a host alone", t.Context(), func(cfg *iam.KeystoneConfig) { cfg.URL = "keystone:5000" }, "URL"},
		{"a URL with a password", t.Context(), func(cfg *iam.KeystoneConfig) { cfg.URL = "http://peering:" + ownPassword + "@127.0.0.1:1" }, "URL"},
		{"no URL at all", t.Context(), func(cfg *iam.KeystoneConfig) { cfg.URL = "http://%zz:" + ownPassword }, "URL"},
		{"no user", t.Context(), func(cfg *iam.KeystoneConfig) { cfg.Username = "" }, "user name"},
		{"no password", t.Context(), func(cfg *iam.KeystoneConfig) { cfg.Password = "" }, "password"},
		{"no project", t.Context(), func(cfg *iam.KeystoneConfig) { cfg.ProjectName = "" }, "project name"},
		{"half an application credential", t.Context(), func(cfg *iam.KeystoneConfig) {
			cfg.Username, cfg.Password, cfg.ProjectName, cfg.ApplicationCredentialID = "", "", "", "id"
		}, "application credential"},
		{"both", t.Context(), func(cfg *iam.KeystoneConfig) {
			cfg.ApplicationCredentialID, cfg.ApplicationCredentialSecret = "id", ownSecret
		}, "one of them"},
		{"too long a time", t.Context(), func(cfg *iam.KeystoneConfig) { cfg.Cache = time.Minute + 1 }, "1m0s"},
		{"a negative time", t.Context(), func(cfg *iam.KeystoneConfig) { cfg.Cache = -1 }, "-1ns"},
		{"a negative time-out", t.Context(), func(cfg *iam.KeystoneConfig) { cfg.Timeout = -1 }, "-1ns"},
		{"another password", t.Context(), func(cfg *iam.KeystoneConfig) { cfg.Password = "a-guess-at-it" }, "401"},
		{"nobody there", t.Context(), func(cfg *iam.KeystoneConfig) { cfg.URL = gone.URL }, gone.URL},
		{"no Keystone there", t.Context(), func(cfg *iam.KeystoneConfig) { cfg.URL += "/identity" }, "404"},
		{"no time", ended, func(*iam.KeystoneConfig) {}, "canceled"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			log := &journal{}
			cfg := fake.config(log)
			tt.change(&cfg)
			_, err := iam.NewKeystone(tt.ctx, cfg)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error is %v, want %q in it", err, tt.want)
			}
			wantNoSecret(t, printed(err)+log.String(), ownPassword, ownSecret, "a-guess-at-it")
		})
	}
}

func TestKeystoneWithoutEncryption(t *testing.T) {
	for url, want := range map[string]int{
		"http://127.0.0.1:1": 0, "http://[::1]:1": 0, "http://localhost:1": 0, "https://keystone.test:1": 0, "http://keystone.test:1": 1,
	} {
		log := &journal{}
		cfg := newFakeKeystone(t, newClock()).config(log)
		cfg.URL = url
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := iam.NewKeystone(ended, cfg); err == nil {
			t.Errorf("%s answers", url)
		}
		if lines := log.lines(slog.LevelWarn); len(lines) != want {
			t.Errorf("%s: the log warns %q", url, lines)
		}
	}
}
