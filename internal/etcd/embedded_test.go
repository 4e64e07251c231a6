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

func TestWhatWasAnsweredOutlivesTheProcess(t *testing.T) {
	dir := t.TempDir()
	store := openIn(t, dir)
	cluster := put(t, store, newCluster())
	ofCluster := newPeering(cluster.VPC, newVPC())
	ofCluster.Cluster = cluster.ClusterRef
	create(t, store, ofCluster)
	for _, action := range []peering.Action{peering.Accept, peering.Reject, peering.Delete} {
		p := create(t, store, newPeering(newVPC(), newVPC()))
		wantCode(t, act(t, store, action, p.ID), "")
	}
	expired := create(t, store, newPeering(newVPC(), newVPC()))
	create(t, store, later(expired))
	changed := create(t, store, newPeering(newVPC(), newVPC()))
	_, err := store.Update(t.Context(), changed.ID, limits, renamed)
	wantCode(t, err, "")
	want := dump(t, store)
	wantCode(t, store.Close(), "")

	store = openIn(t, dir)
	wantDump(t, store, want)
	invariants(t, store)
	wantCode(t, act(t, store, peering.Accept, ofCluster.ID), "")
}

func TestDirectoryBelongsToOneStore(t *testing.T) {
	dir := t.TempDir()
	store := openIn(t, dir)
	p := create(t, store, newPeering(newVPC(), newVPC()))
	if _, err := etcd.Open(t.Context(), etcd.Config{DataDir: dir}); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("error is %v, want one that names %s", err, dir)
	}
	wantStatus(t, store, p.ID, peering.PendingAcceptance)
	wantCode(t, store.Close(), "")
	wantStatus(t, openIn(t, dir), p.ID, peering.PendingAcceptance)
}

// TestDirectoryIsFreeAfterAFailedOpen makes etcd fail on a file that stands where its directory should be.
func TestDirectoryIsFreeAfterAFailedOpen(t *testing.T) {
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
	openIn(t, dir)
}

func TestDirectoryIsFreeAfterACancelledOpen(t *testing.T) {
	for range 5 { // how far etcd comes differs
		dir := t.TempDir()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		store, err := etcd.Open(ctx, etcd.Config{DataDir: dir})
		if err == nil { // etcd was ready as early as it was cancelled
			err = store.Close()
		} else if errors.Is(err, context.Canceled) {
			err = nil
		}
		wantCode(t, err, "")
		openIn(t, dir)
	}
}

// TestFirstStartThatWasCutOff is about a directory in which etcd was never ready: what it has left there is of no use.
func TestFirstStartThatWasCutOff(t *testing.T) {
	dir := t.TempDir()
	mark, wal := filepath.Join(dir, "first-start"), filepath.Join(dir, "etcd", "member", "wal")
	if err := errors.Join(
		os.WriteFile(mark, nil, 0o600),
		os.MkdirAll(wal, 0o700),
		os.WriteFile(filepath.Join(wal, "0000000000000000-0000000000000000.wal"), []byte("half"), 0o600),
	); err != nil {
		t.Fatal(err)
	}
	store := openIn(t, dir)
	if _, err := os.Stat(mark); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the mark of a first start stands after it: %v", err)
	}
	p := create(t, store, newPeering(newVPC(), newVPC()))
	wantCode(t, store.Close(), "")
	wantStatus(t, openIn(t, dir), p.ID, peering.PendingAcceptance)
}

func TestFirstStartIsMarked(t *testing.T) {
	dir := t.TempDir()
	for _, want := range []bool{true, false} { // the second start is none
		marked := false
		log := slog.New(&recorder{level: slog.LevelDebug, each: func() {
			_, err := os.Stat(filepath.Join(dir, "first-start"))
			marked = marked || err == nil
		}})
		store, err := etcd.Open(t.Context(), etcd.Config{DataDir: dir, Log: log})
		wantCode(t, err, "")
		wantCode(t, store.Close(), "")
		if marked != want {
			t.Errorf("the start is marked: %t, want %t", marked, want)
		}
	}
}

func TestDirectoryIsMade(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "there")
	openIn(t, dir)
	info, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	if others := info.Mode().Perm() & 0o077; others != 0 {
		t.Errorf("others may use the data directory: %s", info.Mode())
	}
}

func TestDirectoryThatCannotBeMade(t *testing.T) {
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

func TestEmbeddedListensNowhere(t *testing.T) {
	before := listening(t)
	open(t)
	for _, inode := range listening(t) {
		if !slices.Contains(before, inode) {
			t.Errorf("the store listens on socket %s", inode)
		}
	}

	// The check itself sees a socket that listens.
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it is there at once
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // nothing was written
	if len(listening(t)) == len(before) {
		t.Error("a socket that listens is not seen")
	}
}

// listening answers the inodes of the TCP sockets on which this process listens.
func listening(t *testing.T) []string {
	t.Helper()
	own := map[string]bool{}
	fds, err := os.ReadDir("/proc/self/fd")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("there is no /proc here")
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
			// The columns are number, local and remote address, state (0A listens), queues, timers, retransmits, user,
			// time-out and inode: see proc_net_tcp in the kernel's documentation.
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
