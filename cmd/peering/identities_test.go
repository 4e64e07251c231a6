package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/peering/peering/client"
)

// identity is somebody with credentials in the file that tests give to servers.
type identity struct {
	user, project, role string
	// expired makes his token one of the past.
	expired bool
}

// token is his; like all secrets of tests it has secretMark in it.
func (i identity) token() string { return secretMark + "-token-of-" + i.user }

// accessKey and secretKey are his, too.
func (i identity) accessKey() string { return "AK-" + i.user }
func (i identity) secretKey() string { return secretMark + "-secret-of-" + i.user }

// The tenant of the cluster's VPC requests peerings of the cluster, accepter's has the other VPC, and the cluster is in
// a third project. Nothing is a fourth one's.
const (
	clusterProject  = "a0000000000000000000000000000001"
	requesterTenant = service
	accepterTenant  = "a0000000000000000000000000000002"
	strangerTenant  = "a0000000000000000000000000000003"
)

var (
	requester       = identity{user: "requester", project: requesterTenant, role: "admin"}
	accepter        = identity{user: "accepter", project: accepterTenant, role: "admin"}
	clusterAdmin    = identity{user: "cluster-admin", project: clusterProject, role: "admin"}
	nobody          = identity{user: "stranger", project: strangerTenant, role: "admin"}
	requesterReader = identity{user: "requester-reader", project: requesterTenant, role: "reader"}
	accepterReader  = identity{user: "accepter-reader", project: accepterTenant, role: "reader"}
	clusterReader   = identity{user: "cluster-reader", project: clusterProject, role: "reader"}
	latecomer       = identity{user: "latecomer", project: clusterProject, role: "admin", expired: true}

	identities = []identity{requester, accepter, clusterAdmin, nobody, requesterReader, accepterReader, clusterReader, latecomer}
)

// startKnowing starts a server that knows the identities, with more flags.
func startKnowing(t testing.TB, more ...string) *running {
	t.Helper()
	return startOn(t, append([]string{"--auth", "file:" + credentialsFile(t, identities...)}, more...)...)
}

// credentialsFile writes the file that lists the identities, and answers its path.
func credentialsFile(t testing.TB, known ...identity) string {
	t.Helper()
	var tokens, keys strings.Builder
	for _, i := range known {
		sum := sha256.Sum256([]byte(i.token()))
		expiry := ""
		if i.expired {
			expiry = ", expires_at: 2026-01-02T15:04:05Z"
		}
		fmt.Fprintf(&tokens, "- {sha256: %s, project_id: %s, user: %s, roles: [%s]%s}\n", hex.EncodeToString(sum[:]), i.project, i.user, i.role, expiry)
		if !i.expired {
			fmt.Fprintf(&keys, "- {access_key: %s, secret_key: %s, project_id: %s, user: %s, roles: [%s]}\n",
				i.accessKey(), i.secretKey(), i.project, i.user, i.role)
		}
	}
	path := filepath.Join(t.TempDir(), "credentials.yaml")
	if err := os.WriteFile(path, []byte("tokens:\n"+tokens.String()+"access_keys:\n"+keys.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// by answers a client with the token of somebody, whose answers are checked against the contract.
func (r *running) by(t testing.TB, who identity) *client.Client {
	t.Helper()
	return r.with(t, client.WithProject(who.project), client.WithToken(who.token()))
}

// with answers a client with options of its own.
func (r *running) with(t testing.TB, options ...client.Option) *client.Client {
	t.Helper()
	c, err := client.New(r.endpoint, append(options, client.WithHTTPClient(checkedHTTP(t)))...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
