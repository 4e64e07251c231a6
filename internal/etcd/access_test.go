package etcd_test

import (
	"context"
	"crypto/x509"
	"errors"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/etcd/api/v3/authpb"
	"go.etcd.io/etcd/client/pkg/v3/transport"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"

	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/peering"
)

// identity answers the files of a new certificate for a host, which is its own CA, and of its key.
func identity(t *testing.T, host string) transport.TLSInfo {
	t.Helper()
	info, err := transport.SelfCert(zap.NewNop(), t.TempDir(), []string{host + ":0"}, 1, x509.ExtKeyUsageClientAuth)
	if err != nil {
		t.Fatal(err)
	}
	return transport.TLSInfo{CertFile: info.CertFile, KeyFile: info.KeyFile, TrustedCAFile: info.CertFile}
}

// encrypted has an etcd show the certificate, and ask clients for one that its CA has signed.
func encrypted(info transport.TLSInfo) func(*embed.Config) {
	return func(c *embed.Config) {
		c.ListenClientUrls = []url.URL{{Scheme: "https", Host: "127.0.0.1:0"}}
		c.ClientTLSInfo = info
		c.ClientTLSInfo.ClientCertAuth = true
	}
}

func https(endpoint string) string {
	return strings.Replace(endpoint, "http://", "https://", 1)
}

func TestEncryptedClusterThatAsksForAPassword(t *testing.T) {
	t.Parallel()
	info, stranger := identity(t, "127.0.0.1"), identity(t, "example.org")
	plain, _ := server(t, encrypted(info))
	misnamed, _ := server(t, encrypted(stranger))
	endpoint, dead := https(plain), https(deadEndpoint(t))
	good := etcd.Config{
		Endpoints: []string{endpoint}, Prefix: "/team", Timeout: time.Minute,
		CACert: info.TrustedCAFile, Cert: info.CertFile, Key: info.KeyFile,
	}
	admin, err := etcd.Open(t.Context(), good)
	wantCode(t, err, "")
	protect(t, admin.Client())
	wantCode(t, admin.Close(), "")

	good.User, good.Password = "peering", "secret"
	store, err := etcd.Open(t.Context(), good)
	wantCode(t, err, "")
	p, _, err := store.Create(t.Context(), newPeering(newVPC(), newVPC()), newOnce(), limits)
	wantCode(t, err, "")
	wantStatus(t, store, p.ID, peering.PendingAcceptance)
	wantCode(t, store.Close(), "")

	nothing := filepath.Join(t.TempDir(), "nothing.pem")
	for _, tt := range []struct {
		name  string
		spoil func(*etcd.Config)
		want  []string
	}{
		{"wrong password", func(c *etcd.Config) { c.Password = "wrong" }, []string{endpoint, `"peering"`, "password"}},
		{"no user", func(c *etcd.Config) { c.User = "" }, []string{endpoint, info.CertFile, "/team/peering/"}},
		{"no certificate", func(c *etcd.Config) { c.Cert, c.Key = "", "" }, []string{endpoint, "certificate required"}},
		{"unknown CA", func(c *etcd.Config) { c.CACert = "" }, []string{endpoint, "unknown authority"}},
		{"unknown CA without user", func(c *etcd.Config) { c.CACert, c.User = "", "" }, []string{endpoint, "unknown authority"}},
		{"no such file", func(c *etcd.Config) { c.CACert = nothing }, []string{nothing}},
		{"another name", func(c *etcd.Config) {
			c.Endpoints, c.CACert = []string{https(misnamed)}, stranger.TrustedCAFile
		}, []string{https(misnamed), "certificate", "127.0.0.1"}},
		{"nobody there", func(c *etcd.Config) { c.Endpoints = []string{dead} }, []string{dead, "connection refused"}},
		{"nobody there without user", func(c *etcd.Config) { c.Endpoints, c.User = []string{dead}, "" }, []string{dead, "connection refused"}},
		{"nothing right", func(c *etcd.Config) { c.Endpoints, c.CACert = []string{dead, endpoint}, "" },
			[]string{dead, "connection refused", endpoint, "unknown authority"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			bad := good
			bad.Timeout = 5 * time.Second // it is waited for a connection so long
			tt.spoil(&bad)
			store, err := etcd.Open(t.Context(), bad)
			if err == nil {
				t.Fatal("the store opened", store.Close())
			}
			wantWords(t, err, tt.want...)
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error shows the password: %v", err)
			}
		})
	}
}

// wantWords fails the test where the error does not say all of the words.
func wantWords(t *testing.T, err error, words ...string) {
	t.Helper()
	for _, word := range words {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("the error does not say %q: %v", word, err)
		}
	}
	t.Log(err)
}

// protected starts an etcd in which the user peering may use the keys below /team, and answers a client of root's, too.
func protected(t *testing.T) (endpoint string, root *clientv3.Client) {
	t.Helper()
	endpoint, _ = server(t, func(c *embed.Config) { c.BcryptCost = 4 }) // the least it takes
	open, err := clientv3.New(clientv3.Config{Endpoints: []string{endpoint}})
	wantCode(t, err, "")
	protect(t, open)
	_ = open.Close() // it answers that it is closed
	root, err = clientv3.New(clientv3.Config{Endpoints: []string{endpoint}, Username: "root", Password: "root"})
	wantCode(t, err, "")
	t.Cleanup(func() { _ = root.Close() })
	return endpoint, root
}

// permit gives the role of the user peering the permission, for a key or all up to an end.
func permit(t *testing.T, root *clientv3.Client, key, end string, permission authpb.Permission_Type) {
	t.Helper()
	_, err := root.RoleGrantPermission(t.Context(), "peering", key, end, clientv3.PermissionType(permission))
	wantCode(t, err, "")
}

func forbid(t *testing.T, root *clientv3.Client, key, end string) {
	t.Helper()
	_, err := root.RoleRevokePermission(t.Context(), "peering", key, end)
	wantCode(t, err, "")
}

func TestOpenWithoutPermission(t *testing.T) {
	t.Parallel()
	endpoint, root := protected(t)
	for _, tt := range []struct {
		name, key, end string
		permission     authpb.Permission_Type
		readsAll, want bool
	}{
		{"to read and write", "/team/peering/", "/team/peering0", clientv3.PermReadWrite, false, true},
		{"to read and write all", "\x00", "\x00", clientv3.PermReadWrite, false, true},
		{"to read", "/team/peering/", "/team/peering0", clientv3.PermRead, false, false},
		{"to write", "/team/peering/", "/team/peering0", clientv3.PermWrite, false, false},
		{"for a key", "/team/peering/", "", clientv3.PermReadWrite, false, false},
		{"for some keys", "/team/peering/", "/team/peering/s", clientv3.PermReadWrite, false, false},
		{"for other keys", "/peering/", "/peering0", clientv3.PermReadWrite, false, false},
		{"to write a key", "/team/peering/", "", clientv3.PermReadWrite, true, false},
		{"to write some keys", "/team/peering/a", "/team/peering0", clientv3.PermReadWrite, true, false},
		{"to write some other keys", "/team/peering/", "/team/peering/s", clientv3.PermReadWrite, true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			forbid(t, root, "/team/", "/team0")
			permit(t, root, tt.key, tt.end, tt.permission)
			defer permit(t, root, "/team/", "/team0", clientv3.PermReadWrite)
			defer forbid(t, root, tt.key, tt.end)
			if tt.readsAll {
				permit(t, root, "/team/", "/team1", clientv3.PermRead)
				defer forbid(t, root, "/team/", "/team1")
			}
			before, err := root.Get(t.Context(), "\x00", clientv3.WithFromKey(), clientv3.WithCountOnly())
			wantCode(t, err, "")
			store, err := etcd.Open(t.Context(), etcd.Config{
				Endpoints: []string{endpoint}, Prefix: "/team", User: "peering", Password: "secret", Timeout: time.Minute,
			})
			if err == nil {
				wantCode(t, store.Ready(t.Context()), "")
				wantCode(t, store.Close(), "")
			} else {
				wantWords(t, err, endpoint, `"peering"`, "/team/peering/")
			}
			if (err == nil) != tt.want {
				t.Errorf("opened with %v, want %t", err, tt.want)
			}
			after, err := root.Get(t.Context(), "\x00", clientv3.WithFromKey(), clientv3.WithCountOnly())
			wantCode(t, err, "")
			if after.Count != 0 || after.Header.Revision != before.Header.Revision {
				t.Errorf("there are %d keys, and revision %d after %d", after.Count, after.Header.Revision, before.Header.Revision)
			}
		})
	}
}

// asPeering answers a store for the user peering.
func asPeering(t *testing.T, endpoint string) *etcd.Store {
	t.Helper()
	store, err := etcd.Open(t.Context(), etcd.Config{
		Endpoints: []string{endpoint}, Prefix: "/team", User: "peering", Password: "secret", Timeout: time.Minute,
	})
	wantCode(t, err, "")
	t.Cleanup(func() { wantCode(t, store.Close(), "") })
	return store
}

// wantNotReady fails the test where the store is ready, or the error for whoever asks does not say all of the words.
func wantNotReady(t *testing.T, ctx context.Context, store *etcd.Store, words ...string) {
	t.Helper()
	err := store.Ready(ctx)
	wantCode(t, err, peering.Unavailable)
	e, _ := errors.AsType[*peering.Error](err)
	wantWords(t, errors.New(e.Message), words...)
}

func TestPermissionIsLost(t *testing.T) {
	t.Parallel()
	endpoint, root := protected(t)
	store := asPeering(t, endpoint)
	p := create(t, store, newPeering(newVPC(), newVPC()))
	words := []string{endpoint, `"peering"`, "/team/peering/"}

	forbid(t, root, "/team/", "/team0")
	wantUnavailable(t, t.Context(), store, p)
	wantNotReady(t, t.Context(), store, words...)

	permit(t, root, "/team/", "/team0", clientv3.PermRead)
	wantStatus(t, store, p.ID, peering.PendingAcceptance)
	wantCode(t, act(t, store, peering.Accept, p.ID), peering.Unavailable)
	wantNotReady(t, t.Context(), store, words...)

	permit(t, root, "/team/", "/team0", clientv3.PermReadWrite)
	wantCode(t, store.Ready(t.Context()), "")
	wantCode(t, act(t, store, peering.Accept, p.ID), "")
}

func TestLoginIsLost(t *testing.T) {
	t.Parallel()
	endpoint, root := protected(t)
	store := asPeering(t, endpoint)
	p := create(t, store, newPeering(newVPC(), newVPC()))
	for _, password := range []string{"other", "secret"} { // the second is right again
		_, err := root.UserChangePassword(t.Context(), "peering", password)
		wantCode(t, err, "")
		if password == "secret" {
			continue
		}
		wantUnavailable(t, t.Context(), store, p)
		wantNotReady(t, t.Context(), store, endpoint, `"peering"`, "password")
	}
	wantCode(t, store.Ready(t.Context()), "")
	wantCode(t, act(t, store, peering.Accept, p.ID), "")
}

// TestTokensAreRenewed has the cluster refuse the token of each call.
func TestTokensAreRenewed(t *testing.T) {
	t.Parallel()
	endpoint, root := protected(t)
	store := asPeering(t, endpoint)
	outdate := func() {
		_, err := root.RoleAdd(t.Context(), string(newID()))
		wantCode(t, err, "")
	}
	outdate()
	p := create(t, store, newPeering(newVPC(), newVPC()))
	outdate()
	wantCode(t, act(t, store, peering.Accept, p.ID), "")
	outdate()
	wantStatus(t, store, p.ID, peering.Active)
	outdate()
	wantCode(t, store.Ready(t.Context()), "")
	outdate()
	wantCode(t, store.RunAsLeader(t.Context(), "test", func(context.Context) {}), "")
}

// TestUserIsAskedForLater has a cluster that was open to everybody.
func TestUserIsAskedForLater(t *testing.T) {
	t.Parallel()
	endpoint, _ := server(t)
	store := connect(t, time.Minute, endpoint)
	p := create(t, store, newPeering(newVPC(), newVPC()))
	protect(t, store.Client())
	wantUnavailable(t, t.Context(), store, p)
	wantNotReady(t, t.Context(), store, endpoint, "without a user")
	_, err := etcd.Open(t.Context(), etcd.Config{Endpoints: []string{endpoint}})
	wantWords(t, err, endpoint, "asks for a user")
}

// TestOpenAFullCluster still reads.
func TestOpenAFullCluster(t *testing.T) {
	t.Parallel()
	endpoint, _ := server(t, func(c *embed.Config) { c.QuotaBackendBytes = 16 << 20 })
	p := create(t, connect(t, time.Minute, endpoint), newPeering(newVPC(), newVPC()))
	wantNoSpace(t, connect(t, time.Minute, endpoint).Client())
	store := connect(t, time.Minute, endpoint)
	wantCode(t, store.Ready(t.Context()), "")
	wantStatus(t, store, p.ID, peering.PendingAcceptance)
}

// protect makes the cluster ask for a password. The user peering may use the keys of the prefix /team only.
func protect(t *testing.T, c *clientv3.Client) {
	t.Helper()
	ctx := t.Context()
	do := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	do(c.UserAdd(ctx, "root", "root"))
	do(c.RoleAdd(ctx, "root"))
	do(c.UserGrantRole(ctx, "root", "root"))
	do(c.UserAdd(ctx, "peering", "secret"))
	do(c.RoleAdd(ctx, "peering"))
	do(c.RoleGrantPermission(ctx, "peering", "/team/", "/team0", clientv3.PermissionType(clientv3.PermReadWrite)))
	do(c.UserGrantRole(ctx, "peering", "peering"))
	do(c.AuthEnable(ctx))
}
