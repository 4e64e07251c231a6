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
	keystoneSuiteName = "keystone"
	keystoneDir       = "keystone"

	// Passwords of Keystone's own administrator and of all other users.
	keystoneAdminPassword = "password of the administrator"
	keystoneUserPassword  = "password of the others"

	// keystoneTimeout bounds the wait until a revoked token is rejected, and
	// until Keystone responds in time for the service. It is long for the sake
	// of busy machines: the service caches a token for one second here.
	keystoneTimeout = 30 * time.Second
)

// runKeystone runs the service with a real Keystone. It checks which tokens the
// service accepts and for which projects, that revoked tokens are rejected in
// time, and that no token is accepted while Keystone is down.
func (r *runner) runKeystone(ctx context.Context) (err error) {
	if !r.selected[keystoneSuiteName] {
		return nil
	}
	keystone, err := r.startKeystone(ctx)
	if err != nil {
		return err
	}
	stopKeystone := sync.OnceValue(keystone.stop)
	defer func() { err = errors.Join(err, stopKeystone()) }()
	start := time.Now()
	k := &keystoneSuite{}
	var server *daemon
	k.checker = runChecks(func(t *checker) {
		k.checker = t
		k.admin = &rawClient{
			checker: t, ctx: ctx, client: &http.Client{}, endpoint: keystone.endpoint,
			bodyHeaders: headers{"Content-Type", "application/json"},
		}
		k.createUsers()
		flags := []string{"--auth", "keystone:" + keystone.endpoint, "--keystone-cache", "1s"}
		var err error
		server, err = r.startService(ctx, keystoneSuiteName, flags, append(loopbackEnv(),
			"PEERING_KEYSTONE_USERNAME=peering", "PEERING_KEYSTONE_PASSWORD="+keystoneUserPassword,
			"PEERING_KEYSTONE_PROJECT_NAME=service",
			"PEERING_KEYSTONE_USER_DOMAIN_NAME=Default", "PEERING_KEYSTONE_PROJECT_DOMAIN_NAME=Default"))
		t.noError("start the service", err)
		stopServer := sync.OnceValue(server.stop)
		defer func() { _ = stopServer() }()
		k.endpoint = server.endpoint
		k.checkOwnProject()
		k.checkInvalidTokens()
		k.checkRevokedToken()
		k.checkOutage(stopKeystone)
		t.noError("stop the service", stopServer())
	})
	result := "ok"
	if k.err != nil {
		result = "FAILED"
		err = fmt.Errorf("%s: %w\n%s", keystoneSuiteName, k.err, keystone.log)
		if server != nil {
			err = fmt.Errorf("%w\n%s", err, server.log)
		}
	}
	printLine(keystoneSuiteName, "direct", k.requests, strconv.Itoa(k.checks), time.Since(start), result)
	return err
}

// startKeystone starts a Keystone on an empty SQLite database.
func (r *runner) startKeystone(ctx context.Context) (*daemon, error) {
	dir := filepath.Join(r.dir, keystoneSuiteName+"-home")
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
	env := []string{
		"OS_KEYSTONE_CONFIG_DIR=" + dir, "PYTHONWARNINGS=ignore", "OS_BOOTSTRAP_PASSWORD=" + keystoneAdminPassword,
	}
	manage := filepath.Join(r.tools.keystone, "keystone-manage")
	for _, step := range [][]string{
		{"db_sync"},
		{"fernet_setup", "--keystone-user", strconv.Itoa(os.Getuid()), "--keystone-group", strconv.Itoa(os.Getgid())},
		{"bootstrap"},
	} {
		args := append([]string{"--config-file", filepath.Join(dir, "keystone.conf")}, step...)
		if _, err := output(ctx, command{name: manage, args: args, env: env}); err != nil {
			return nil, fmt.Errorf("%s: %w", step[0], err)
		}
	}
	return startDaemon(ctx, "keystone is ready at ", command{
		name: filepath.Join(r.tools.keystone, "python"),
		args: []string{filepath.Join(keystoneDir, "serve.py")},
		env:  env,
	})
}

// keystoneSuite talks to Keystone and to the service.
type keystoneSuite struct {
	*checker

	// admin is Keystone's administrator, endpoint the service's URL.
	admin    *rawClient
	endpoint string
	// projects and roles map names to ids.
	projects, roles map[string]string
}

// createUsers creates the projects north and south and their users. In north,
// alice is a member, rita a reader, and nell has a role that the service does
// not know. In south, bob is a member.
func (k *keystoneSuite) createUsers() {
	k.admin.headers = headers{"X-Auth-Token", k.issueToken("admin", keystoneAdminPassword, "admin")}
	k.projects, k.roles = map[string]string{}, map[string]string{}
	for _, role := range k.admin.send(http.MethodGet, "/v3/roles", "").wantStatus(http.StatusOK).list("roles") {
		k.roles[fmt.Sprint(role["name"])] = fmt.Sprint(role["id"])
	}
	created := k.admin.send(http.MethodPost, "/v3/roles", `{"role":{"name":"auditor"}}`).wantStatus(http.StatusCreated)
	k.roles["auditor"] = created.text("role", "id")
	for _, name := range []string{"service", "north", "south"} {
		project := fmt.Sprintf(`{"project":{"name":%q,"domain_id":"default"}}`, name)
		created := k.admin.send(http.MethodPost, "/v3/projects", project)
		k.projects[name] = created.wantStatus(http.StatusCreated).text("project", "id")
	}
	for _, user := range []struct{ name, project, role string }{
		{"peering", "service", "service"},
		{"alice", "north", "member"},
		{"rita", "north", "reader"},
		{"nell", "north", "auditor"},
		{"bob", "south", "member"},
	} {
		body := fmt.Sprintf(`{"user":{"name":%q,"password":%q,"domain_id":"default"}}`, user.name, keystoneUserPassword)
		created := k.admin.send(http.MethodPost, "/v3/users", body).wantStatus(http.StatusCreated)
		role := fmt.Sprintf("/v3/projects/%s/users/%s/roles/%s",
			k.projects[user.project], created.text("user", "id"), k.roles[user.role])
		k.admin.send(http.MethodPut, role, "").wantStatus(http.StatusNoContent)
	}
}

// issueToken returns a token scoped to a project, or an unscoped one if project
// is empty.
func (k *keystoneSuite) issueToken(user, password, project string) string {
	scope := `"unscoped"`
	if project != "" {
		scope = fmt.Sprintf(`{"project":{"name":%q,"domain":{"id":"default"}}}`, project)
	}
	anonymous := *k.admin
	anonymous.headers = nil
	issued := anonymous.send(http.MethodPost, "/v3/auth/tokens", fmt.Sprintf(`{"auth":{"identity":{"methods":["password"],`+
		`"password":{"user":{"name":%q,"domain":{"id":"default"},"password":%q}}},"scope":%s}}`,
		user, password, scope)).wantStatus(http.StatusCreated)
	return issued.header.Get("X-Subject-Token")
}

// checkOwnProject checks what a member and a reader may do in their own
// project.
func (k *keystoneSuite) checkOwnProject() {
	const cluster = `{"name":"keystone","desc":"","maximum_spu_quota":100,` +
		`"vpc_cidr":"172.16.0.0/23","subnet_cidr":"172.16.0.0/23","subnet_gateway":"172.16.0.1"}`
	clusters := "/v1.0/" + k.projects["north"] + "/reserved_cluster"
	alice := k.issueToken("alice", keystoneUserPassword, "north")
	rita := k.issueToken("rita", keystoneUserPassword, "north")
	k.sendWithRetry(alice, http.MethodPost, clusters, cluster).wantStatus(http.StatusOK)
	k.sendWithRetry(rita, http.MethodPost, clusters, cluster).wantStatus(http.StatusForbidden)
	for _, token := range []string{alice, rita} {
		listed := k.listClusters(token, "north").wantStatus(http.StatusOK)
		equal(k.checker, "clusters of north", listed.number("payload", "total"), 1)
		k.sendWithRetry(token, http.MethodGet, "/v2.0/vpc/peerings", "").wantStatus(http.StatusOK)
	}
}

// checkInvalidTokens checks that tokens of another project, without a known
// role, without a project, unknown tokens and requests without a token are
// rejected.
func (k *keystoneSuite) checkInvalidTokens() {
	bob := k.issueToken("bob", keystoneUserPassword, "south")
	listed := k.listClusters(bob, "south").wantStatus(http.StatusOK)
	equal(k.checker, "clusters of south", listed.number("payload", "total"), 0)
	k.listClusters(bob, "north").wantStatus(http.StatusForbidden)
	k.listClusters(k.issueToken("nell", keystoneUserPassword, "north"), "north").wantStatus(http.StatusForbidden)
	k.listClusters(k.issueToken("alice", keystoneUserPassword, ""), "north").wantStatus(http.StatusUnauthorized)
	k.listClusters("gAAAAABunknown", "north").wantStatus(http.StatusUnauthorized)
	k.listClusters("", "north").wantStatus(http.StatusUnauthorized)
}

// checkRevokedToken checks that a revoked token is rejected once it has left
// the service's cache.
func (k *keystoneSuite) checkRevokedToken() {
	token := k.issueToken("alice", keystoneUserPassword, "north")
	k.listClusters(token, "north").wantStatus(http.StatusOK)
	revoke := *k.admin
	revoke.headers = append(headers{"X-Subject-Token", token}, k.admin.headers...)
	revoke.send(http.MethodDelete, "/v3/auth/tokens", "").wantStatus(http.StatusNoContent)
	k.eventually("the revoked token is still accepted", func() bool {
		return k.rejected(k.listClusters(token, "north"), http.StatusUnauthorized)
	})
	k.listClusters(k.issueToken("alice", keystoneUserPassword, "north"), "north").wantStatus(http.StatusOK)
}

// checkOutage stops Keystone and checks that cached tokens expire and no other
// token is accepted.
func (k *keystoneSuite) checkOutage(stopKeystone func() error) {
	cached := k.issueToken("alice", keystoneUserPassword, "north")
	uncached := k.issueToken("bob", keystoneUserPassword, "south")
	k.listClusters(cached, "north").wantStatus(http.StatusOK)
	k.noError("stop Keystone", stopKeystone())
	k.listClustersOnce(uncached, "south").wantStatus(http.StatusServiceUnavailable)
	k.eventually("a token is accepted without Keystone", func() bool {
		return k.rejected(k.listClustersOnce(cached, "north"), http.StatusServiceUnavailable)
	})
	for range 10 { // enough to open the service's circuit breaker
		k.listClustersOnce("gAAAAABunknown", "north").wantStatus(http.StatusServiceUnavailable)
	}
	k.listClustersOnce("", "north").wantStatus(http.StatusUnauthorized)
}

// rejected reports whether a response is not 200. It fails the suite if the
// status is neither 200 nor the given one.
func (*keystoneSuite) rejected(got response, status int) bool {
	if got.status != http.StatusOK {
		got.wantStatus(status)
	}
	return got.status != http.StatusOK
}

// clientWithToken returns a client of the service. An empty token means no
// token.
func (k *keystoneSuite) clientWithToken(token string) *rawClient {
	c := &rawClient{
		checker: k.checker, ctx: k.admin.ctx, client: k.admin.client, endpoint: k.endpoint,
		bodyHeaders: k.admin.bodyHeaders,
	}
	if token != "" {
		c.headers = headers{"X-Auth-Token", token}
	}
	return c
}

// clustersPath returns the path that lists a project's clusters.
func (k *keystoneSuite) clustersPath(project string) string {
	return "/v1.0/" + k.projects[project] + "/reserved_clusters"
}

func (k *keystoneSuite) listClustersOnce(token, project string) response {
	return k.clientWithToken(token).send(http.MethodGet, k.clustersPath(project), "")
}

func (k *keystoneSuite) listClusters(token, project string) response {
	return k.sendWithRetry(token, http.MethodGet, k.clustersPath(project), "")
}

// sendWithRetry retries a request while the service returns 503 because
// Keystone is too slow. Such a request has changed nothing.
func (k *keystoneSuite) sendWithRetry(token, method, path, body string) (got response) {
	k.eventually("Keystone is too slow", func() bool {
		got = k.clientWithToken(token).send(method, path, body)
		return got.status != http.StatusServiceUnavailable
	})
	return got
}

// eventually calls done until it returns true. It fails the suite with the
// given message after keystoneTimeout.
func (k *keystoneSuite) eventually(failure string, done func() bool) {
	ctx, cancel := context.WithTimeout(k.admin.ctx, keystoneTimeout)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			k.fail("%s after %s", failure, keystoneTimeout)
		}
	}
}
