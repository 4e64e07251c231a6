package etcd_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/peering"
)

// createBackup returns the file of a new backup.
func createBackup(t *testing.T, cfg etcd.Config) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "backup")
	wantCode(t, etcd.Backup(t.Context(), cfg, file), "")
	return file
}

// wantBackupError fails the test unless a backup fails with an error that contains
// all texts and leaves no files behind.
func wantBackupError(t *testing.T, ctx context.Context, dir string, texts ...string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "backup")
	err := etcd.Backup(ctx, etcd.Config{DataDir: dir}, file)
	if err == nil {
		t.Fatal("the backup succeeded")
	}
	wantErrorContaining(t, err, texts...)
	if left, err := os.ReadDir(filepath.Dir(file)); err != nil || len(left) > 0 {
		t.Errorf("the backup left %v, %v; want no files", left, err)
	}
}

func TestBackupIsReadableOnlyByItsOwner(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := openDir(t, dir)
	for name, path := range map[string]string{
		"backup": createBackup(t, etcd.Config{DataDir: dir}), "socket": filepath.Join(dir, "backup.sock"),
	} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("mode of the %s is %s, want 0600", name, info.Mode())
		}
	}
	wantCode(t, store.Close(), "")
	if _, err := os.Stat(filepath.Join(dir, "backup.sock")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket still exists after Close: %v", err)
	}
}

// TestBackupDuringChanges checks that the backup includes all changes that
// completed before.
func TestBackupDuringChanges(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := openDir(t, dir)
	before := create(t, store, newPeering(newVPC(), newVPC()))
	ctx, cancel := context.WithCancel(t.Context())
	written := make(chan error)
	go func() {
		var err error
		for ctx.Err() == nil && err == nil {
			err = tryCreate(t.Context(), store, newPeering(newVPC(), newVPC()))
		}
		written <- err
	}()
	file := createBackup(t, etcd.Config{DataDir: dir})
	cancel()
	wantCode(t, <-written, "")

	restored := openDir(t, restoreToDir(t, file))
	wantStatus(t, restored, before.ID, peering.PendingAcceptance)
	wantConsistent(t, restored)
}

func TestBackupReplacesAStaleSocket(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, "backup.sock")})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	wantCode(t, l.Close(), "")
	openDir(t, dir)
	createBackup(t, etcd.Config{DataDir: dir})
}

// TestIncompleteBackup replaces the server on the socket of a running store.
func TestIncompleteBackup(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	openDir(t, dir)
	whole, err := os.ReadFile(createBackup(t, etcd.Config{DataDir: dir}))
	wantCode(t, err, "")
	for name, sent := range map[string][]byte{
		"nothing": nil, "half": whole[:len(whole)/2], "all but the last byte": whole[:len(whole)-1],
	} {
		t.Run(name, func(t *testing.T) {
			serveOnSocket(t, dir, func(conn net.Conn) { _, _ = conn.Write(sent) })
			wantBackupError(t, t.Context(), dir, "not a complete backup")
		})
	}
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		serveOnSocket(t, dir, func(conn net.Conn) {
			cancel()
			_, _ = io.Copy(io.Discard, conn) // until the other side closes it
		})
		wantBackupError(t, ctx, dir, context.Canceled.Error())
	})
	t.Run("no server on the socket", func(t *testing.T) {
		wantBackupError(t, t.Context(), dir, dir, "stop it first")
	})
}

// serveOnSocket serves backups instead of the store in a data directory.
func serveOnSocket(t *testing.T, dir string, serve func(net.Conn)) {
	t.Helper()
	path := filepath.Join(dir, "backup.sock")
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", path) //nolint:noctx // it does not block
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serve(conn)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
}

// TestBackupWithoutASocket uses a path that is too long for a socket.
func TestBackupWithoutASocket(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), strings.Repeat("long", 40))
	warned := false
	log := slog.New(&logRecorder{level: slog.LevelWarn, each: func() { warned = true }})
	store, err := etcd.Open(t.Context(), etcd.Config{DataDir: dir, Timeout: time.Minute, Log: log})
	wantCode(t, err, "")
	p := create(t, store, newPeering(newVPC(), newVPC()))
	if !warned {
		t.Error("the log has no warning")
	}
	wantBackupError(t, t.Context(), dir, "stop it first")
	wantCode(t, store.Close(), "")
	file := createBackup(t, etcd.Config{DataDir: dir})
	wantStatus(t, openDir(t, restoreToDir(t, file)), p.ID, peering.PendingAcceptance)
}

// TestCloseAbortsABackup closes a store while a client of the socket does not
// read.
func TestCloseAbortsABackup(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := openDir(t, dir)
	writeFiller(t, store, 4<<20)                                     // more than the socket buffers
	conn, err := net.Dial("unix", filepath.Join(dir, "backup.sock")) //nolint:noctx // it does not block
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // the other side has closed it
	if _, err := conn.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	wantCode(t, store.Close(), "")
}

func TestBackupOfAClusterWithAClosedEndpoint(t *testing.T) {
	t.Parallel()
	endpoint, _ := startEtcd(t)
	p := create(t, connect(t, time.Minute, endpoint), newPeering(newVPC(), newVPC()))
	file := createBackup(t, etcd.Config{Endpoints: []string{closedEndpoint(t), endpoint}})
	wantStatus(t, openDir(t, restoreToDir(t, file)), p.ID, peering.PendingAcceptance)
}
