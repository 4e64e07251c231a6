package harness

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Identity is a user with credentials in the credentials file of tests.
type Identity struct {
	User, Project, Role string
	// Expired makes the token an expired one.
	Expired bool
}

// Token returns the identity's token. It contains SecretMark.
func (i Identity) Token() string { return SecretMark + "-token-of-" + i.User }

// AccessKey returns the identity's access key.
func (i Identity) AccessKey() string { return "AK-" + i.User }

// SecretKey returns the identity's secret key. It contains SecretMark.
func (i Identity) SecretKey() string { return SecretMark + "-secret-of-" + i.User }

// The tenant of the cluster's VPC requests the peerings of the cluster, the
// accepter's tenant owns the peer VPC, and the cluster belongs to a third
// project. A fourth one owns nothing.
const (
	ClusterProject  = "a0000000000000000000000000000001"
	RequesterTenant = ServiceTenant
	AccepterTenant  = "a0000000000000000000000000000002"
	StrangerTenant  = "a0000000000000000000000000000003"
)

// The identities of tests.
var (
	Requester       = Identity{User: "requester", Project: RequesterTenant, Role: "admin"}
	Accepter        = Identity{User: "accepter", Project: AccepterTenant, Role: "admin"}
	ClusterAdmin    = Identity{User: "cluster-admin", Project: ClusterProject, Role: "admin"}
	Outsider        = Identity{User: "stranger", Project: StrangerTenant, Role: "admin"}
	RequesterReader = Identity{User: "requester-reader", Project: RequesterTenant, Role: "reader"}
	AccepterReader  = Identity{User: "accepter-reader", Project: AccepterTenant, Role: "reader"}
	ClusterReader   = Identity{User: "cluster-reader", Project: ClusterProject, Role: "reader"}
	ExpiredAdmin    = Identity{User: "expired-admin", Project: ClusterProject, Role: "admin", Expired: true}

	Identities = []Identity{
		Requester, Accepter, ClusterAdmin, Outsider, RequesterReader, AccepterReader, ClusterReader, ExpiredAdmin,
	}
)

// StartWithIdentities starts a server that authenticates the identities.
func StartWithIdentities(t testing.TB, flags ...string) *Server {
	t.Helper()
	return StartWith(t, append([]string{"--auth", "file:" + CredentialsFile(t, Identities...)}, flags...)...)
}

// CredentialsFile writes a credentials file for the identities and returns its
// path.
func CredentialsFile(t testing.TB, identities ...Identity) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "credentials.yaml")
	if err := writeCredentials(path, identities); err != nil {
		t.Fatal(err)
	}
	return path
}

func writeCredentials(path string, identities []Identity) error {
	var tokens, keys strings.Builder
	for _, i := range identities {
		sum := sha256.Sum256([]byte(i.Token()))
		expiry := ""
		if i.Expired {
			expiry = ", expires_at: 2026-01-02T15:04:05Z"
		}
		fmt.Fprintf(&tokens, "- {sha256: %s, project_id: %s, user: %s, roles: [%s]%s}\n",
			hex.EncodeToString(sum[:]), i.Project, i.User, i.Role, expiry)
		if !i.Expired {
			fmt.Fprintf(&keys, "- {access_key: %s, secret_key: %s, project_id: %s, user: %s, roles: [%s]}\n",
				i.AccessKey(), i.SecretKey(), i.Project, i.User, i.Role)
		}
	}
	return os.WriteFile(path, []byte("tokens:\n"+tokens.String()+"access_keys:\n"+keys.String()), 0o600)
}
