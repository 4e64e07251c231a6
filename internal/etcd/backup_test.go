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

// backup answers the file of a backup.
func backup(t *testing.T, cfg etcd.Config) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "backup")
	wantCode(t, etcd.Backup(t.Context(), cfg, file), "")
	return file
}

// wantNoBackup fails the test where there is an error without one of the words, or anything beside it.
func wantNoBackup(t *testing.T, ctx context.Context, dir string, words ...string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "backup")
	err := etcd.Backup(ctx, etcd.Config{DataDir: dir}, file)
	if err == nil {
		t.Fatal("there is a backup")
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("the error does not say %q: %v", word, err)
		}
	}
	if left, err := os.ReadDir(filepath.Dir(file)); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestBackupIsForItsOwner(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := openIn(t, dir)
	for name, path := range map[string]string{
		"backup": backup(t, etcd.Config{DataDir: dir}), "socket": filepath.Join(dir, "backup.sock"),
	} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("the mode of the %s is %s", name, info.Mode())
		}
	}
	wantCode(t, store.Close(), "")
	if _, err := os.Stat(filepath.Join(dir, "backup.sock")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket stands after Close: %v", err)
	}
}

// TestBackupHoldsWhatWasAnswered has others write on meanwhile.
func TestBackupHoldsWhatWasAnswered(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := openIn(t, dir)
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
	file := backup(t, etcd.Config{DataDir: dir})
	cancel()
	wantCode(t, <-written, "")

	restored := openIn(t, restored(t, file))
	wantStatus(t, restored, before.ID, peering.PendingAcceptance)
	invariants(t, restored)
}

func TestBackupAfterAKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, "backup.sock")})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	wantCode(t, l.Close(), "")
	openIn(t, dir)
	backup(t, etcd.Config{DataDir: dir})
}

// TestBackupThatIsNotComplete puts a server of its own on the socket of one that runs.
func TestBackupThatIsNotComplete(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	openIn(t, dir)
	whole, err := os.ReadFile(backup(t, etcd.Config{DataDir: dir}))
	wantCode(t, err, "")
	for name, sent := range map[string][]byte{
		"nothing": nil, "the half": whole[:len(whole)/2], "all but the last byte": whole[:len(whole)-1],
	} {
		t.Run(name, func(t *testing.T) {
			serveOnSocket(t, dir, func(conn net.Conn) { _, _ = conn.Write(sent) })
			wantNoBackup(t, t.Context(), dir, "not a complete backup")
		})
	}
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		serveOnSocket(t, dir, func(conn net.Conn) {
			cancel()
			_, _ = io.Copy(io.Discard, conn) // until the other side ends
		})
		wantNoBackup(t, ctx, dir, context.Canceled.Error())
	})
	t.Run("no server on the socket", func(t *testing.T) {
		wantNoBackup(t, t.Context(), dir, dir, "stop it first")
	})
}

// serveOnSocket answers backups in the place of the store of a data directory.
func serveOnSocket(t *testing.T, dir string, answer func(net.Conn)) {
	t.Helper()
	path := filepath.Join(dir, "backup.sock")
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", path) //nolint:noctx // it is there at once
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			answer(conn)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-ended
	})
}

func TestBackupOfADirectoryWithALongPath(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), strings.Repeat("long", 40))
	warned := false
	log := slog.New(&recorder{level: slog.LevelWarn, each: func() { warned = true }})
	store, err := etcd.Open(t.Context(), etcd.Config{DataDir: dir, Timeout: time.Minute, Log: log})
	wantCode(t, err, "")
	p := create(t, store, newPeering(newVPC(), newVPC()))
	if !warned {
		t.Error("the log has no warning")
	}
	wantNoBackup(t, t.Context(), dir, "stop it first")
	wantCode(t, store.Close(), "")
	file := backup(t, etcd.Config{DataDir: dir})
	wantStatus(t, openIn(t, restored(t, file)), p.ID, peering.PendingAcceptance)
}

// TestCloseDoesNotWaitForABackup has a reader that takes nothing.
func TestCloseDoesNotWaitForABackup(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := openIn(t, dir)
	fillUp(t, store, 4<<20)                                          // more than the socket takes without a reader
	conn, err := net.Dial("unix", filepath.Join(dir, "backup.sock")) //nolint:noctx // it is there at once
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // the other side has closed it
	if _, err := conn.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	wantCode(t, store.Close(), "")
}

func TestBackupOfAClusterWithADeadEndpoint(t *testing.T) {
	t.Parallel()
	endpoint, _ := server(t)
	p := create(t, connect(t, time.Minute, endpoint), newPeering(newVPC(), newVPC()))
	file := backup(t, etcd.Config{Endpoints: []string{deadEndpoint(t), endpoint}})
	wantStatus(t, openIn(t, restored(t, file)), p.ID, peering.PendingAcceptance)
}
