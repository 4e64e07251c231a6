package etcd_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"

	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/peering"
)

// restored answers a new data directory with what is in a backup.
func restored(t *testing.T, file string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	_, err := etcd.Restore(t.Context(), etcd.Config{DataDir: dir}, file)
	wantCode(t, err, "")
	return dir
}

func TestRestore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := openIn(t, dir)
	put(t, store, newCluster())
	p := create(t, store, newPeering(newVPC(), newVPC()))
	wantCode(t, act(t, store, peering.Accept, p.ID), "")
	want := dump(t, store)
	file := backup(t, etcd.Config{DataDir: dir})

	target := t.TempDir()
	got, err := etcd.Restore(t.Context(), etcd.Config{DataDir: target}, file)
	wantCode(t, err, "")
	if got != (etcd.Counts{Peerings: 1, Clusters: 1}) {
		t.Errorf("restored are %+v", got)
	}
	for range 2 { // it starts again like any other
		other := openIn(t, target)
		wantDump(t, other, want)
		wantStatus(t, other, p.ID, peering.Active)
		wantCode(t, other.Close(), "")
	}
	wantNames(t, target, "etcd", "lock")
}

func TestRestoreOverRemains(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := create(t, openIn(t, dir), newPeering(newVPC(), newVPC()))
	file := backup(t, etcd.Config{DataDir: dir})
	tests := []struct{ name, dir, mark string }{
		{"of a first start that was cut off", "etcd/member/wal", "first-start"},
		{"of a restore that was cut off", "restoring/etcd/member/wal", "lock"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			target := t.TempDir()
			if err := errors.Join(
				os.WriteFile(filepath.Join(target, tt.mark), nil, 0o600),
				os.MkdirAll(filepath.Join(target, tt.dir), 0o700),
				os.WriteFile(filepath.Join(target, tt.dir, "half"), nil, 0o600),
			); err != nil {
				t.Fatal(err)
			}
			_, err := etcd.Restore(t.Context(), etcd.Config{DataDir: target}, file)
			wantCode(t, err, "")
			wantNames(t, target, "etcd", "lock")
			wantStatus(t, openIn(t, target), p.ID, peering.PendingAcceptance)
		})
	}
}

func TestRestoreOverDataIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := openIn(t, dir)
	create(t, store, newPeering(newVPC(), newVPC()))
	file := backup(t, etcd.Config{DataDir: dir})
	want := dump(t, store)
	for range 2 { // while it is used, and afterwards
		_, err := etcd.Restore(t.Context(), etcd.Config{DataDir: dir}, file)
		wantCode(t, err, peering.Internal)
		wantCode(t, store.Close(), "")
	}
	wantDump(t, openIn(t, dir), want)
}

func TestRestoreOfWhatIsNoBackup(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	openIn(t, dir)
	whole, err := os.ReadFile(backup(t, etcd.Config{DataDir: dir}))
	wantCode(t, err, "")
	damaged := bytes.Clone(whole)
	damaged[len(damaged)/2] ^= 1
	endpoint, _ := server(t)
	for name, content := range map[string][]byte{
		"empty": {}, "text": bytes.Repeat([]byte("no backup\n"), 100), "cut off": whole[:len(whole)-4096],
		"without its hash": whole[:len(whole)-32], "damaged": damaged,
	} {
		t.Run(name, func(t *testing.T) {
			file, target := filepath.Join(t.TempDir(), "file"), filepath.Join(t.TempDir(), "data")
			if err := os.WriteFile(file, content, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := etcd.Restore(t.Context(), etcd.Config{DataDir: target}, file)
			wantCode(t, err, peering.Internal)
			if _, err := os.Stat(target); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the data directory is touched: %v", err)
			}
			_, err = etcd.Restore(t.Context(), etcd.Config{Endpoints: []string{endpoint}}, file)
			wantCode(t, err, peering.Internal)
			wantDump(t, connect(t, time.Minute, endpoint), nil)
		})
	}
}

func TestRestoreThatWasCancelled(t *testing.T) {
	t.Parallel()
	dir, target := t.TempDir(), t.TempDir()
	openIn(t, dir)
	file := backup(t, etcd.Config{DataDir: dir})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := etcd.Restore(ctx, etcd.Config{DataDir: target}, file); err == nil {
		t.Error("it came to its end")
	}
	wantNames(t, target, "lock")
	_, err := etcd.Restore(t.Context(), etcd.Config{DataDir: target}, file)
	wantCode(t, err, "")
}

// TestRestoreOfASecuredCluster is about an etcd that asks for passwords and is full. An embedded one has neither.
func TestRestoreOfASecuredCluster(t *testing.T) {
	t.Parallel()
	endpoint, _ := server(t, func(c *embed.Config) {
		c.QuotaBackendBytes = 16 << 20
		c.InitialClusterToken = "other" // so the alarm is that of another member
	})
	store := connect(t, time.Minute, endpoint)
	p := create(t, store, newPeering(newVPC(), newVPC()))
	client := store.Client()
	_, addUser := client.UserAdd(t.Context(), "root", "secret")
	_, addRole := client.RoleAdd(t.Context(), "root")
	_, grant := client.UserGrantRole(t.Context(), "root", "root")
	wantCode(t, errors.Join(addUser, addRole, grant), "")
	wantNoSpace(t, client)
	file := backup(t, etcd.Config{Endpoints: []string{endpoint}})
	_, err := client.AuthEnable(t.Context())
	wantCode(t, err, "")
	secured := securedBackup(t, endpoint)

	for name, file := range map[string]string{"full": file, "full and secured": secured} {
		t.Run(name, func(t *testing.T) {
			restored := openIn(t, restored(t, file))
			wantCode(t, restored.Pass(t.Context()), "")
			wantStatus(t, restored, p.ID, peering.PendingAcceptance)
			create(t, restored, newPeering(newVPC(), newVPC()))
		})
	}
}

// securedBackup makes a backup as a user.
func securedBackup(t *testing.T, endpoint string) string {
	t.Helper()
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{endpoint}, Username: "root", Password: "secret"})
	wantCode(t, err, "")
	defer client.Close() //nolint:errcheck // nothing was written
	snapshot, err := client.SnapshotWithVersion(t.Context())
	wantCode(t, err, "")
	file := filepath.Join(t.TempDir(), "secured")
	f, err := os.Create(file)
	wantCode(t, err, "")
	_, err = f.ReadFrom(snapshot.Snapshot)
	wantCode(t, errors.Join(err, f.Close(), snapshot.Snapshot.Close()), "")
	return file
}

// wantNames fails the test where a directory holds other files.
func wantNames(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	wantCode(t, err, "")
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if !slices.Equal(names, want) {
		t.Errorf("%s holds %v, want %v", dir, names, want)
	}
}
