package etcd_test

import (
	"bufio"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/peering"
)

func TestReopenKeepsTheData(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := openDir(t, dir)
	cluster := putCluster(t, store, newCluster())
	forCluster := newPeering(cluster.VPC, newVPC())
	forCluster.Cluster = cluster.ClusterRef
	create(t, store, forCluster)
	for _, action := range []peering.Action{peering.Accept, peering.Reject, peering.Delete} {
		p := create(t, store, newPeering(newVPC(), newVPC()))
		wantCode(t, apply(t, store, action, p.ID), "")
	}
	expired := create(t, store, newPeering(newVPC(), newVPC()))
	create(t, store, afterExpiry(expired))
	renamed := create(t, store, newPeering(newVPC(), newVPC()))
	_, err := store.Update(t.Context(), renamed.ID, unlimited, rename)
	wantCode(t, err, "")
	want := dumpKeys(t, store)
	wantCode(t, store.Close(), "")

	store = openDir(t, dir)
	wantKeys(t, store, want)
	wantConsistent(t, store)
	wantCode(t, apply(t, store, peering.Accept, forCluster.ID), "")
}

func TestDataDirIsLocked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := openDir(t, dir)
	p := create(t, store, newPeering(newVPC(), newVPC()))
	if _, err := etcd.Open(t.Context(), etcd.Config{DataDir: dir}); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("error is %v, want one that names %s", err, dir)
	}
	wantStatus(t, store, p.ID, peering.PendingAcceptance)
	wantCode(t, store.Close(), "")
	wantStatus(t, openDir(t, dir), p.ID, peering.PendingAcceptance)
}

// TestFailedOpenUnlocksTheDataDir makes etcd fail on a file in the place of its
// directory.
func TestFailedOpenUnlocksTheDataDir(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	obstacle := filepath.Join(dir, "etcd")
	if err := os.WriteFile(obstacle, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := etcd.Open(t.Context(), etcd.Config{DataDir: dir}); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("error is %v, want one that names %s", err, dir)
	}
	if err := os.Remove(obstacle); err != nil {
		t.Fatal(err)
	}
	openDir(t, dir)
}

func TestCancelledOpenUnlocksTheDataDir(t *testing.T) {
	t.Parallel()
	for range 5 { // how far etcd gets is random
		dir := t.TempDir()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		store, err := etcd.Open(ctx, etcd.Config{DataDir: dir})
		if err == nil { // etcd was ready before it noticed
			err = store.Close()
		} else if errors.Is(err, context.Canceled) {
			err = nil
		}
		wantCode(t, err, "")
		openDir(t, dir)
	}
}

// TestIncompleteFirstStart opens a directory in which etcd has never been ready.
// What it has left there is unusable.
func TestIncompleteFirstStart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mark, wal := filepath.Join(dir, "first-start"), filepath.Join(dir, "etcd", "member", "wal")
	if err := errors.Join(
		os.WriteFile(mark, nil, 0o600),
		os.MkdirAll(wal, 0o700),
		os.WriteFile(filepath.Join(wal, "0000000000000000-0000000000000000.wal"), []byte("half"), 0o600),
	); err != nil {
		t.Fatal(err)
	}
	store := openDir(t, dir)
	if _, err := os.Stat(mark); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the mark of the first start still exists: %v", err)
	}
	p := create(t, store, newPeering(newVPC(), newVPC()))
	wantCode(t, store.Close(), "")
	wantStatus(t, openDir(t, dir), p.ID, peering.PendingAcceptance)
}

func TestFirstStartIsMarked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, want := range []bool{true, false} { // only the first start is marked
		marked := false
		log := slog.New(&logRecorder{level: slog.LevelDebug, each: func() {
			_, err := os.Stat(filepath.Join(dir, "first-start"))
			marked = marked || err == nil
		}})
		store, err := etcd.Open(t.Context(), etcd.Config{DataDir: dir, Log: log})
		wantCode(t, err, "")
		wantCode(t, store.Close(), "")
		if marked != want {
			t.Errorf("start is marked: %t, want %t", marked, want)
		}
	}
}

func TestDataDirIsCreated(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "data")
	openDir(t, dir)
	info, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	if others := info.Mode().Perm() & 0o077; others != 0 {
		t.Errorf("mode of the data directory is %s, want no access for others", info.Mode())
	}
}

func TestDataDirThatCannotBeCreated(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, dir := range map[string]string{"a file": file, "below a file": filepath.Join(file, "data")} {
		t.Run(name, func(t *testing.T) {
			if _, err := etcd.Open(t.Context(), etcd.Config{DataDir: dir}); err == nil || !strings.Contains(err.Error(), file) {
				t.Errorf("error is %v, want one that names %s", err, file)
			}
		})
	}
}

func TestEmbeddedDoesNotListen(t *testing.T) {
	before := listeningSockets(t)
	newEmbedded(t)
	for _, inode := range listeningSockets(t) {
		if !slices.Contains(before, inode) {
			t.Errorf("the store listens on socket %s", inode)
		}
	}

	// The check must notice a listening socket.
	l, err := net.Listen("tcp", anyPort.Host) //nolint:noctx // it does not block
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // nothing was written
	if len(listeningSockets(t)) == len(before) {
		t.Error("a listening socket was not found")
	}
}

// listeningSockets returns the inodes of the TCP sockets on which this process
// listens.
func listeningSockets(t *testing.T) []string {
	t.Helper()
	own := map[string]bool{}
	fds, err := os.ReadDir("/proc/self/fd")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("this system has no /proc")
	}
	for _, fd := range fds {
		if target, err := os.Readlink("/proc/self/fd/" + fd.Name()); err == nil {
			own[target] = true
		}
	}
	var inodes []string
	for _, table := range []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
		file, err := os.Open(table)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for lines := bufio.NewScanner(file); lines.Scan(); {
			// The columns are number, local and remote address, state (0A means listening),
			// queues, timers, retransmits, user, timeout and inode: see proc_net_tcp in the
			// kernel's documentation.
			fields := strings.Fields(lines.Text())
			if len(fields) > 9 && fields[3] == "0A" && own["socket:["+fields[9]+"]"] {
				inodes = append(inodes, fields[9])
			}
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return inodes
}
