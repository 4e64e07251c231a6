package etcd_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.etcd.io/etcd/api/v3/authpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"

	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/peering"
)

// startProtectedEtcd starts an etcd in which the user peering has permission for
// the keys with the prefix /team/. It also returns a client of root.
func startProtectedEtcd(t *testing.T) (endpoint string, root *clientv3.Client) {
	t.Helper()
	endpoint, _ = startEtcd(t)
	anonymous, err := clientv3.New(clientv3.Config{Endpoints: []string{endpoint}})
	wantCode(t, err, "")
	enableAuth(t, anonymous)
	_ = anonymous.Close() // its only error is that it is closed
	root, err = clientv3.New(clientv3.Config{Endpoints: []string{endpoint}, Username: "root", Password: "root"})
	wantCode(t, err, "")
	t.Cleanup(func() { _ = root.Close() })
	return endpoint, root
}

// grantPermission grants the user peering the permission for a key, or for the
// range up to end.
func grantPermission(t *testing.T, root *clientv3.Client, key, end string, permission authpb.Permission_Type) {
	t.Helper()
	_, err := root.RoleGrantPermission(t.Context(), "peering", key, end, clientv3.PermissionType(permission))
	wantCode(t, err, "")
}

// revokePermission undoes grantPermission.
func revokePermission(t *testing.T, root *clientv3.Client, key, end string) {
	t.Helper()
	_, err := root.RoleRevokePermission(t.Context(), "peering", key, end)
	wantCode(t, err, "")
}

func TestOpenChecksPermissions(t *testing.T) {
	t.Parallel()
	endpoint, root := startProtectedEtcd(t)
	for _, tt := range []struct {
		name, key, end string
		permission     authpb.Permission_Type
		readAll, want  bool
	}{
		{"read and write", "/team/peering/", "/team/peering0", clientv3.PermReadWrite, false, true},
		{"read and write all keys of etcd", "\x00", "\x00", clientv3.PermReadWrite, false, true},
		{"only read", "/team/peering/", "/team/peering0", clientv3.PermRead, false, false},
		{"only write", "/team/peering/", "/team/peering0", clientv3.PermWrite, false, false},
		{"one key", "/team/peering/", "", clientv3.PermReadWrite, false, false},
		{"some keys", "/team/peering/", "/team/peering/s", clientv3.PermReadWrite, false, false},
		{"other keys", "/peering/", "/peering0", clientv3.PermReadWrite, false, false},
		{"write one key", "/team/peering/", "", clientv3.PermReadWrite, true, false},
		{"write all but the first keys", "/team/peering/a", "/team/peering0", clientv3.PermReadWrite, true, false},
		{"write all but the last keys", "/team/peering/", "/team/peering/s", clientv3.PermReadWrite, true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			revokePermission(t, root, "/team/", "/team0")
			grantPermission(t, root, tt.key, tt.end, tt.permission)
			defer grantPermission(t, root, "/team/", "/team0", clientv3.PermReadWrite)
			defer revokePermission(t, root, tt.key, tt.end)
			if tt.readAll {
				grantPermission(t, root, "/team/", "/team1", clientv3.PermRead)
				defer revokePermission(t, root, "/team/", "/team1")
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
				wantErrorContaining(t, err, endpoint, `"peering"`, "/team/peering/")
			}
			if (err == nil) != tt.want {
				t.Errorf("error is %v, want success: %t", err, tt.want)
			}
			after, err := root.Get(t.Context(), "\x00", clientv3.WithFromKey(), clientv3.WithCountOnly())
			wantCode(t, err, "")
			if after.Count != 0 || after.Header.Revision != before.Header.Revision {
				t.Errorf("there are %d keys at revision %d, want none at revision %d", after.Count, after.Header.Revision, before.Header.Revision)
			}
		})
	}
}

// connectAsUser opens a store as the user peering.
func connectAsUser(t *testing.T, endpoint string) *etcd.Store {
	t.Helper()
	return openStore(t, etcd.Config{
		Endpoints: []string{endpoint}, Prefix: "/team", User: "peering", Password: "secret", Timeout: time.Minute,
	})
}

// wantNotReady fails the test if the store is ready, or if the message of the
// error does not contain all texts.
func wantNotReady(t *testing.T, ctx context.Context, store *etcd.Store, texts ...string) {
	t.Helper()
	err := store.Ready(ctx)
	wantCode(t, err, peering.Unavailable)
	e, _ := errors.AsType[*peering.Error](err)
	wantErrorContaining(t, errors.New(e.Message), texts...)
}

func TestPermissionRevoked(t *testing.T) {
	t.Parallel()
	endpoint, root := startProtectedEtcd(t)
	store := connectAsUser(t, endpoint)
	p := create(t, store, newPeering(newVPC(), newVPC()))
	texts := []string{endpoint, `"peering"`, "/team/peering/"}

	revokePermission(t, root, "/team/", "/team0")
	wantUnavailable(t, t.Context(), store, p)
	wantNotReady(t, t.Context(), store, texts...)

	grantPermission(t, root, "/team/", "/team0", clientv3.PermRead)
	wantStatus(t, store, p.ID, peering.PendingAcceptance)
	wantCode(t, apply(t, store, peering.Accept, p.ID), peering.Unavailable)
	wantNotReady(t, t.Context(), store, texts...)

	grantPermission(t, root, "/team/", "/team0", clientv3.PermReadWrite)
	wantCode(t, store.Ready(t.Context()), "")
	wantCode(t, apply(t, store, peering.Accept, p.ID), "")
}

func TestPasswordChanged(t *testing.T) {
	t.Parallel()
	endpoint, root := startProtectedEtcd(t)
	store := connectAsUser(t, endpoint)
	p := create(t, store, newPeering(newVPC(), newVPC()))
	for _, password := range []string{"other", "secret"} { // the second is correct again
		_, err := root.UserChangePassword(t.Context(), "peering", password)
		wantCode(t, err, "")
		if password == "secret" {
			continue
		}
		wantUnavailable(t, t.Context(), store, p)
		wantNotReady(t, t.Context(), store, endpoint, `"peering"`, "password")
	}
	wantCode(t, store.Ready(t.Context()), "")
	wantCode(t, apply(t, store, peering.Accept, p.ID), "")
}

// TestTokensAreRenewed makes the cluster reject the token of each call.
func TestTokensAreRenewed(t *testing.T) {
	t.Parallel()
	endpoint, root := startProtectedEtcd(t)
	store := connectAsUser(t, endpoint)
	invalidateToken := func() {
		_, err := root.RoleAdd(t.Context(), string(newID()))
		wantCode(t, err, "")
	}
	invalidateToken()
	p := create(t, store, newPeering(newVPC(), newVPC()))
	invalidateToken()
	wantCode(t, apply(t, store, peering.Accept, p.ID), "")
	invalidateToken()
	wantStatus(t, store, p.ID, peering.Active)
	invalidateToken()
	wantCode(t, store.Ready(t.Context()), "")
	invalidateToken()
	wantCode(t, store.RunAsLeader(t.Context(), "test", func(context.Context) {}), "")
}

// TestAuthEnabledLater enables authentication while a store without a user is
// connected.
func TestAuthEnabledLater(t *testing.T) {
	t.Parallel()
	endpoint, _ := startEtcd(t)
	store := connect(t, time.Minute, endpoint)
	p := create(t, store, newPeering(newVPC(), newVPC()))
	enableAuth(t, store.Client())
	wantUnavailable(t, t.Context(), store, p)
	wantNotReady(t, t.Context(), store, endpoint, "without a user")
	_, err := etcd.Open(t.Context(), etcd.Config{Endpoints: []string{endpoint}})
	wantErrorContaining(t, err, endpoint, "requires a user")
}

// TestOpenFullCluster opens a store that can only be read.
func TestOpenFullCluster(t *testing.T) {
	t.Parallel()
	endpoint, _ := startEtcd(t, func(c *embed.Config) { c.QuotaBackendBytes = 16 << 20 })
	p := create(t, connect(t, time.Minute, endpoint), newPeering(newVPC(), newVPC()))
	exhaustQuota(t, connect(t, time.Minute, endpoint).Client())
	store := connect(t, time.Minute, endpoint)
	wantCode(t, store.Ready(t.Context()), "")
	wantStatus(t, store, p.ID, peering.PendingAcceptance)
}

// enableAuth enables authentication. The user peering has permission only for
// the keys with the prefix /team/.
func enableAuth(t *testing.T, c *clientv3.Client) {
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
