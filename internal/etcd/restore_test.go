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

// restoreToDir restores a backup into a new data directory and returns that.
func restoreToDir(t *testing.T, file string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	_, err := etcd.Restore(t.Context(), etcd.Config{DataDir: dir}, file)
	wantCode(t, err, "")
	return dir
}

func TestRestore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := openDir(t, dir)
	putCluster(t, store, newCluster())
	p := create(t, store, newPeering(newVPC(), newVPC()))
	wantCode(t, apply(t, store, peering.Accept, p.ID), "")
	want := dumpKeys(t, store)
	file := createBackup(t, etcd.Config{DataDir: dir})

	target := t.TempDir()
	got, err := etcd.Restore(t.Context(), etcd.Config{DataDir: target}, file)
	wantCode(t, err, "")
	if got != (etcd.Counts{Peerings: 1, Clusters: 1}) {
		t.Errorf("restored %+v, want 1 peering and 1 cluster", got)
	}
	for range 2 { // it can be opened repeatedly
		other := openDir(t, target)
		wantKeys(t, other, want)
		wantStatus(t, other, p.ID, peering.Active)
		wantCode(t, other.Close(), "")
	}
	wantFiles(t, target, "etcd", "lock")
}

func TestRestoreReplacesRemains(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := create(t, openDir(t, dir), newPeering(newVPC(), newVPC()))
	file := createBackup(t, etcd.Config{DataDir: dir})
	tests := []struct{ name, dir, mark string }{
		{"of an incomplete first start", "etcd/member/wal", "first-start"},
		{"of an incomplete restore", "restoring/etcd/member/wal", "lock"},
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
			wantFiles(t, target, "etcd", "lock")
			wantStatus(t, openDir(t, target), p.ID, peering.PendingAcceptance)
		})
	}
}

func TestRestoreIntoADirWithDataFails(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := openDir(t, dir)
	create(t, store, newPeering(newVPC(), newVPC()))
	file := createBackup(t, etcd.Config{DataDir: dir})
	want := dumpKeys(t, store)
	for range 2 { // while it is in use, and afterwards
		_, err := etcd.Restore(t.Context(), etcd.Config{DataDir: dir}, file)
		wantCode(t, err, peering.Internal)
		wantCode(t, store.Close(), "")
	}
	wantKeys(t, openDir(t, dir), want)
}

func TestRestoreOfAnInvalidBackup(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	openDir(t, dir)
	whole, err := os.ReadFile(createBackup(t, etcd.Config{DataDir: dir}))
	wantCode(t, err, "")
	damaged := bytes.Clone(whole)
	damaged[len(damaged)/2] ^= 1
	endpoint, _ := startEtcd(t)
	for name, content := range map[string][]byte{
		"empty": {}, "text": bytes.Repeat([]byte("not a backup\n"), 100), "truncated": whole[:len(whole)-4096],
		"without hash": whole[:len(whole)-32], "damaged": damaged,
	} {
		t.Run(name, func(t *testing.T) {
			file, target := filepath.Join(t.TempDir(), "file"), filepath.Join(t.TempDir(), "data")
			if err := os.WriteFile(file, content, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := etcd.Restore(t.Context(), etcd.Config{DataDir: target}, file)
			wantCode(t, err, peering.Internal)
			if _, err := os.Stat(target); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the data directory was created: %v", err)
			}
			_, err = etcd.Restore(t.Context(), etcd.Config{Endpoints: []string{endpoint}}, file)
			wantCode(t, err, peering.Internal)
			wantKeys(t, connect(t, time.Minute, endpoint), nil)
		})
	}
}

func TestCancelledRestore(t *testing.T) {
	t.Parallel()
	dir, target := t.TempDir(), t.TempDir()
	openDir(t, dir)
	file := createBackup(t, etcd.Config{DataDir: dir})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := etcd.Restore(ctx, etcd.Config{DataDir: target}, file); err == nil {
		t.Error("the cancelled restore completed")
	}
	wantFiles(t, target, "lock")
	_, err := etcd.Restore(t.Context(), etcd.Config{DataDir: target}, file)
	wantCode(t, err, "")
}

// TestRestoreDropsAuthAndAlarms restores the backups of an etcd that requires a
// login and is full.
func TestRestoreDropsAuthAndAlarms(t *testing.T) {
	t.Parallel()
	endpoint, _ := startEtcd(t, func(c *embed.Config) {
		c.QuotaBackendBytes = 16 << 20
		c.InitialClusterToken = "other" // so that the alarm has another member id
	})
	store := connect(t, time.Minute, endpoint)
	p := create(t, store, newPeering(newVPC(), newVPC()))
	client := store.Client()
	_, addUser := client.UserAdd(t.Context(), "root", "secret")
	_, addRole := client.RoleAdd(t.Context(), "root")
	_, grant := client.UserGrantRole(t.Context(), "root", "root")
	wantCode(t, errors.Join(addUser, addRole, grant), "")
	exhaustQuota(t, client)
	file := createBackup(t, etcd.Config{Endpoints: []string{endpoint}})
	_, err := client.AuthEnable(t.Context())
	wantCode(t, err, "")
	withAuth := backupAsRoot(t, endpoint)

	for name, file := range map[string]string{"full": file, "full and with authentication": withAuth} {
		t.Run(name, func(t *testing.T) {
			restored := openDir(t, restoreToDir(t, file))
			wantCode(t, restored.RunMaintenance(t.Context()), "")
			wantStatus(t, restored, p.ID, peering.PendingAcceptance)
			create(t, restored, newPeering(newVPC(), newVPC()))
		})
	}
}

// backupAsRoot makes a backup of an etcd that requires a login.
func backupAsRoot(t *testing.T, endpoint string) string {
	t.Helper()
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{endpoint}, Username: "root", Password: "secret"})
	wantCode(t, err, "")
	defer client.Close() //nolint:errcheck // nothing was written
	snapshot, err := client.SnapshotWithVersion(t.Context())
	wantCode(t, err, "")
	file := filepath.Join(t.TempDir(), "backup")
	f, err := os.Create(file)
	wantCode(t, err, "")
	_, err = f.ReadFrom(snapshot.Snapshot)
	wantCode(t, errors.Join(err, f.Close(), snapshot.Snapshot.Close()), "")
	return file
}

// wantFiles fails the test unless the directory holds exactly these files.
func wantFiles(t *testing.T, dir string, want ...string) {
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
