package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

const (
	keystonePart   = "keystone"
	keystoneFolder = "keystone"

	// keystoneAdmin is the password of Keystone's own administrator, keystoneUsers that of all others.
	keystoneAdmin = "password of the administrator"
	keystoneUsers = "password of the others"

	// keystonePatience is how long a revoked token may go on to be taken, and Keystone be too slow for the service. It is long for
	// a machine with much to do: the service believes a token for a second here.
	keystonePatience = 30 * time.Second
)

// keystone runs the service with a real Keystone: whose tokens it takes and for what, how long it takes revoked ones, and that
// it takes nobody when Keystone is gone.
func (b *bench) keystone(ctx context.Context) (err error) {
	if !b.chosen[keystonePart] {
		return nil
	}
	identity, err := b.startKeystone(ctx)
	if err != nil {
		return err
	}
	stop := sync.OnceValue(identity.stop)
	defer func() { err = errors.Join(err, stop()) }()
	began := time.Now()
	k := &keystoneTrial{}
	k.trial = runTrial(func(t *trial) {
		k.trial = t
		k.admin = &wire{trial: t, ctx: ctx, client: &http.Client{}, endpoint: identity.endpoint, body: headers{"Content-Type", "application/json"}}
		k.prepare()
		server, err := b.serve(ctx, keystonePart, []string{"--auth", "keystone:" + identity.endpoint, "--keystone-cache", "1s"}, append(loopback(),
			"PEERING_KEYSTONE_USERNAME=peering", "PEERING_KEYSTONE_PASSWORD="+keystoneUsers, "PEERING_KEYSTONE_PROJECT_NAME=service",
			"PEERING_KEYSTONE_USER_DOMAIN_NAME=Default", "PEERING_KEYSTONE_PROJECT_DOMAIN_NAME=Default"))
		t.must("start the service", err)
		stopServer := sync.OnceValue(server.stop)
		defer stopServer()
		k.endpoint = server.endpoint
		k.own()
		k.others()
		k.revoked()
		k.gone(stop)
		t.must("stop the service", stopServer())
	})
	result := "ok"
	if k.trial.err != nil {
		result = "DIFFERS"
		err = fmt.Errorf("%s: %w\n%s", keystonePart, k.trial.err, identity.log)
	}
	printLine(keystonePart, "direct", k.trial.requests, strconv.Itoa(k.trial.checks), time.Since(began), result)
	return err
}

// startKeystone starts a Keystone on an empty SQLite database.
func (b *bench) startKeystone(ctx context.Context) (*service, error) {
	dir := filepath.Join(b.dir, keystonePart+"-home")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	config := fmt.Sprintf("[database]\nconnection = sqlite:///%[1]s/keystone.db\n"+
		"[fernet_tokens]\nkey_repository = %[1]s/tokens\n[fernet_receipts]\nkey_repository = %[1]s/receipts\n"+
		"[credential]\nkey_repository = %[1]s/credentials\n[cache]\nenabled = false\n"+
		"[identity]\npassword_hash_rounds = 4\nmax_password_length = 72\n", dir)
	if err := os.WriteFile(filepath.Join(dir, "keystone.conf"), []byte(config), 0o600); err != nil {
		return nil, err
	}
	env := []string{"OS_KEYSTONE_CONFIG_DIR=" + dir, "PYTHONWARNINGS=ignore", "OS_BOOTSTRAP_PASSWORD=" + keystoneAdmin}
	for _, step := range [][]string{
		{"db_sync"},
		{"fernet_setup", "--keystone-user", strconv.Itoa(os.Getuid()), "--keystone-group", strconv.Itoa(os.Getgid())},
		{"bootstrap"},
	} {
		args := append([]string{"--config-file", filepath.Join(dir, "keystone.conf")}, step...)
		if _, err := capture(ctx, command{name: filepath.Join(b.tools.keystone, "keystone-manage"), args: args, env: env}); err != nil {
			return nil, fmt.Errorf("%s: %w", step[0], err)
		}
	}
	return startService(ctx, "keystone is ready at ", command{
		name: filepath.Join(b.tools.keystone, "python"), args: []string{filepath.Join(keystoneFolder, "serve.py")}, env: env,
	})
}

// keystoneTrial is the conversation with both: what it made in one step is used in the next.
type keystoneTrial struct {
	*trial

	// admin is Keystone's administrator, endpoint that of the service.
	admin    *wire
	endpoint string
	// projects and roles are the ids of those that were made or found, by their names.
	projects, roles map[string]string
}

// prepare makes the projects north and south and their users: alice is a member of north, rita its reader and nell in it
// without a role that means something; bob is a member of south.
func (k *keystoneTrial) prepare() {
	k.admin.always = headers{"X-Auth-Token", k.issue("admin", keystoneAdmin, "admin")}
	k.projects, k.roles = map[string]string{}, map[string]string{}
	for _, role := range k.admin.send(http.MethodGet, "/v3/roles", "").is(http.StatusOK).list("roles") {
		k.roles[fmt.Sprint(role["name"])] = fmt.Sprint(role["id"])
	}
	made := k.admin.send(http.MethodPost, "/v3/roles", `{"role":{"name":"auditor"}}`).is(http.StatusCreated)
	k.roles["auditor"] = made.text("role", "id")
	for _, name := range []string{"service", "north", "south"} {
		made := k.admin.send(http.MethodPost, "/v3/projects", fmt.Sprintf(`{"project":{"name":%q,"domain_id":"default"}}`, name))
		k.projects[name] = made.is(http.StatusCreated).text("project", "id")
	}
	for _, user := range []struct{ name, project, role string }{
		{"peering", "service", "service"}, {"alice", "north", "member"}, {"rita", "north", "reader"}, {"nell", "north", "auditor"}, {"bob", "south", "member"},
	} {
		made := k.admin.send(http.MethodPost, "/v3/users",
			fmt.Sprintf(`{"user":{"name":%q,"password":%q,"domain_id":"default"}}`, user.name, keystoneUsers)).is(http.StatusCreated)
		k.admin.send(http.MethodPut, fmt.Sprintf("/v3/projects/%s/users/%s/roles/%s",
			k.projects[user.project], made.text("user", "id"), k.roles[user.role]), "").is(http.StatusNoContent)
	}
}

// issue answers a token for a project, without one for none.
func (k *keystoneTrial) issue(user, password, project string) string {
	scope := `"unscoped"`
	if project != "" {
		scope = fmt.Sprintf(`{"project":{"name":%q,"domain":{"id":"default"}}}`, project)
	}
	anonymous := *k.admin
	anonymous.always = nil
	made := anonymous.send(http.MethodPost, "/v3/auth/tokens", fmt.Sprintf(
		`{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":%q,"domain":{"id":"default"},"password":%q}}},"scope":%s}}`,
		user, password, scope)).is(http.StatusCreated)
	return made.header.Get("X-Subject-Token")
}

// own is what tokens are good for in their own project.
func (k *keystoneTrial) own() {
	const cluster = `{"name":"keystone","desc":"","maximum_spu_quota":100,"vpc_cidr":"172.16.0.0/23","subnet_cidr":"172.16.0.0/23","subnet_gateway":"172.16.0.1"}`
	clusters := "/v1.0/" + k.projects["north"] + "/reserved_cluster"
	alice, rita := k.issue("alice", keystoneUsers, "north"), k.issue("rita", keystoneUsers, "north")
	k.patiently(alice, http.MethodPost, clusters, cluster).is(http.StatusOK)
	k.patiently(rita, http.MethodPost, clusters, cluster).is(http.StatusForbidden)
	for _, token := range []string{alice, rita} {
		equal(k.trial, "clusters of north", k.list(token, "north").is(http.StatusOK).number("payload", "total"), 1)
		k.patiently(token, http.MethodGet, "/v2.0/vpc/peerings", "").is(http.StatusOK)
	}
}

// others are tokens that are good for something else, or for nothing.
func (k *keystoneTrial) others() {
	bob := k.issue("bob", keystoneUsers, "south")
	equal(k.trial, "clusters of south", k.list(bob, "south").is(http.StatusOK).number("payload", "total"), 0)
	k.list(bob, "north").is(http.StatusForbidden)
	k.list(k.issue("nell", keystoneUsers, "north"), "north").is(http.StatusForbidden)
	k.list(k.issue("alice", keystoneUsers, ""), "north").is(http.StatusUnauthorized)
	k.list("gAAAAABnobody", "north").is(http.StatusUnauthorized)
	k.list("", "north").is(http.StatusUnauthorized)
}

// revoked is a token that ends before its time.
func (k *keystoneTrial) revoked() {
	token := k.issue("alice", keystoneUsers, "north")
	k.list(token, "north").is(http.StatusOK)
	revoke := *k.admin
	revoke.always = append(headers{"X-Subject-Token", token}, k.admin.always...)
	revoke.send(http.MethodDelete, "/v3/auth/tokens", "").is(http.StatusNoContent)
	k.repeat("the revoked token is taken", func() bool {
		return k.refused(k.list(token, "north"), http.StatusUnauthorized)
	})
	k.list(k.issue("alice", keystoneUsers, "north"), "north").is(http.StatusOK)
}

// gone is Keystone's end: what is remembered ends with its time, and nobody else comes in.
func (k *keystoneTrial) gone(stop func() error) {
	seen, unseen := k.issue("alice", keystoneUsers, "north"), k.issue("bob", keystoneUsers, "south")
	k.list(seen, "north").is(http.StatusOK)
	k.must("stop Keystone", stop())
	k.as(unseen).send(http.MethodGet, k.clusters("south"), "").is(http.StatusServiceUnavailable)
	k.repeat("a token is taken without Keystone", func() bool {
		return k.refused(k.as(seen).send(http.MethodGet, k.clusters("north"), ""), http.StatusServiceUnavailable)
	})
	for range 10 { // more than it takes until Keystone is not asked any more
		k.as("gAAAAABnobody").send(http.MethodGet, k.clusters("north"), "").is(http.StatusServiceUnavailable)
	}
	k.as("").send(http.MethodGet, k.clusters("north"), "").is(http.StatusUnauthorized)
}

// refused tells whether a request was; it must have been with a status.
func (*keystoneTrial) refused(got answer, status int) bool {
	if got.status != http.StatusOK {
		got.is(status)
	}
	return got.status != http.StatusOK
}

// as answers a client of the service with a token; an empty one is none at all.
func (k *keystoneTrial) as(token string) *wire {
	w := &wire{trial: k.trial, ctx: k.admin.ctx, client: k.admin.client, endpoint: k.endpoint, body: k.admin.body}
	if token != "" {
		w.always = headers{"X-Auth-Token", token}
	}
	return w
}

// clusters is the path of a project's clusters, which every caller may list who may do anything in the project.
func (k *keystoneTrial) clusters(project string) string {
	return "/v1.0/" + k.projects[project] + "/reserved_clusters"
}

// list lists a project's clusters.
func (k *keystoneTrial) list(token, project string) answer {
	return k.patiently(token, http.MethodGet, k.clusters(project), "")
}

// patiently sends a request again for as long as it is answered that Keystone is too slow: nothing was done then.
func (k *keystoneTrial) patiently(token, method, path, body string) (got answer) {
	k.repeat("Keystone is too slow", func() bool {
		got = k.as(token).send(method, path, body)
		return got.status != http.StatusServiceUnavailable
	})
	return got
}

// repeat does something until it answers true, which it has to do in time.
func (k *keystoneTrial) repeat(what string, done func() bool) {
	ctx, cancel := context.WithTimeout(k.admin.ctx, keystonePatience)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			k.fail("%s, for %s", what, keystonePatience)
		}
	}
}
