package etcd_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/peering"
)

// openTuned is open for a store with unlimited that a test can reach.
func openWithMaintenance(t *testing.T, cfg etcd.Config, retainRevisions, minFileSize int64) *etcd.Store {
	t.Helper()
	cfg.DataDir, cfg.Timeout = t.TempDir(), time.Minute
	return openStore(t, etcd.WithoutFsync(etcd.WithMaintenance(cfg, retainRevisions, minFileSize, nil)))
}

// createAndDelete creates and deletes peerings of one pair. Other pairs would
// leave their own guard keys.
func createAndDelete(t *testing.T, store *etcd.Store, rounds int) {
	t.Helper()
	a, b := peering.VPC{ID: "a", Tenant: "a"}, peering.VPC{ID: "b", Tenant: "b"}
	for range rounds {
		p := create(t, store, newPeering(a, b))
		wantCode(t, apply(t, store, peering.Delete, p.ID), "")
	}
}

// TestDatabaseDoesNotGrow compares the database after some rounds with that after
// twice as many.
func TestDatabaseDoesNotGrow(t *testing.T) {
	t.Parallel()
	testDatabaseDoesNotGrow(t, 40)
}

// TestLongDatabaseDoesNotGrow is TestDatabaseDoesNotGrow with more changes.
func TestLongDatabaseDoesNotGrow(t *testing.T) {
	skipUnlessLong(t)
	testDatabaseDoesNotGrow(t, 100)
}

func testDatabaseDoesNotGrow(t *testing.T, peerings int) {
	t.Helper()
	store := openWithMaintenance(t, etcd.Config{}, 10, 1<<40)
	run := func() (size int64) {
		for range 5 {
			createAndDelete(t, store, peerings)
			wantCode(t, store.RunMaintenance(t.Context()), "")
			size = waitForSizeInUse(t, store, 128<<10)
		}
		return size
	}
	first, second := run(), run()
	t.Logf("%d bytes, then %d", first, second)
	// The file keeps the size that it had before the maintenance. That varies by
	// the few pages that a commit rewrites while the old ones are not free yet.
	if second > first+first/4 {
		t.Errorf("the database grew from %d to %d bytes", first, second)
	}
}

// waitForSizeInUse waits until at most maxInUse bytes of the database are in use,
// and returns its size. Pages count as free some commits after they were freed,
// when earlier reads have ended.
func waitForSizeInUse(t *testing.T, store *etcd.Store, maxInUse int64) (size int64) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; {
		size, used := store.DatabaseSize()
		if used <= maxInUse {
			return size
		}
		if time.Now().After(end) {
			t.Fatalf("%d of %d bytes are in use, want at most %d", used, size, maxInUse)
		}
		if _, err := store.Client().Delete(t.Context(), "/nothing"); err != nil { // gives the backend something to commit
			t.Fatal(err)
		}
	}
}

func TestCompactionRetainsRevisions(t *testing.T) {
	t.Parallel()
	store := openWithMaintenance(t, etcd.Config{}, 10, 1<<40)
	createAndDelete(t, store, 20)
	now := currentRevision(t, store)
	for range 2 { // the second run has nothing to do
		wantCode(t, store.RunMaintenance(t.Context()), "")
	}
	for past, want := range map[int64]error{10: nil, 11: rpctypes.ErrCompacted} {
		_, err := store.Client().Get(t.Context(), "/", clientv3.WithRev(now-past))
		if !errors.Is(err, want) {
			t.Errorf("reading the revision %d back returns %v, want %v", past, err, want)
		}
	}
}

func TestFewRevisionsAreNotCompacted(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		// minRevisions is the minimum for a compaction, bytes the size of the store.
		minRevisions int64
		bytes        int
		// tooFew rounds do not make enough revisions for a compaction; enough do.
		tooFew, enough int
	}{
		{"small store", 100, 0, 40, 60},
		{"large store", 0, 4 << 20, 100, 600},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg := etcd.WithMinRevisions(etcd.WithMaintenance(etcd.Config{DataDir: t.TempDir(), Timeout: time.Minute}, 0, 1<<40, nil), tt.minRevisions)
			store := openStore(t, etcd.WithoutFsync(cfg))
			writeFiller(t, store, tt.bytes)
			createAndDelete(t, store, 1)
			wantCode(t, store.RunMaintenance(t.Context()), "") // the first run always compacts
			before := currentRevision(t, store)
			wantRead := func(want error) {
				t.Helper()
				wantCode(t, store.RunMaintenance(t.Context()), "")
				if _, err := store.Client().Get(t.Context(), "/", clientv3.WithRev(before)); !errors.Is(err, want) {
					t.Errorf("reading the earlier revision returns %v, want %v", err, want)
				}
			}
			createAndDelete(t, store, tt.tooFew)
			wantRead(nil)
			createAndDelete(t, store, tt.enough-tt.tooFew)
			wantRead(rpctypes.ErrCompacted)
		})
	}
}

func TestDefragmentation(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		minFileSize int64
		want        bool
	}{
		{"large file", 1 << 20, true},
		{"small file", 1 << 40, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			store := openWithMaintenance(t, etcd.Config{}, 0, tt.minFileSize)
			p := create(t, store, newPeering(newVPC(), newVPC()))
			writeFiller(t, store, 4<<20)
			deleteFiller(t, store)
			before, _ := store.DatabaseSize()
			wantCode(t, store.RunMaintenance(t.Context()), "") // compacts
			waitForSizeInUse(t, store, before/4)
			wantCode(t, store.RunMaintenance(t.Context()), "")
			after, used := store.DatabaseSize()
			if shrunk := after < before/2; shrunk != tt.want {
				t.Errorf("the file had %d bytes and now has %d, with %d in use; want it defragmented: %t", before, after, used, tt.want)
			}
			wantStatus(t, store, p.ID, peering.PendingAcceptance)
			wantCode(t, apply(t, store, peering.Accept, p.ID), "")
			wantConsistent(t, store)
		})
	}
}

// TestFileWithoutFreePagesIsNotDefragmented checks the log for a defragmentation.
func TestFileWithoutFreePagesIsNotDefragmented(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	store := openWithMaintenance(t, etcd.Config{Log: slog.New(slog.NewTextHandler(&log, nil))}, 0, 1<<20)
	writeFiller(t, store, 4<<20)
	wantCode(t, store.RunMaintenance(t.Context()), "")
	wantCode(t, store.Close(), "")
	if strings.Contains(log.String(), "defragmented") {
		t.Errorf("the file was defragmented:\n%s", log.String())
	}
}

func TestMaintenanceRunsAtEachTick(t *testing.T) {
	t.Parallel()
	store := openWithMaintenance(t, etcd.Config{}, 0, 1<<40)
	ctx, cancel := context.WithCancel(t.Context())
	ticks, done := make(chan time.Time), make(chan struct{})
	go func() {
		defer close(done)
		store.Maintain(ctx, ticks)
	}()
	for range 2 {
		p := create(t, store, newPeering(newVPC(), newVPC()))
		past := currentRevision(t, store)
		wantCode(t, apply(t, store, peering.Delete, p.ID), "")
		createAndDelete(t, store, 50) // enough for a compaction
		ticks <- time.Time{}
		ticks <- time.Time{} // received when the first run has ended
		if _, err := store.Client().Get(t.Context(), "/", clientv3.WithRev(past)); !errors.Is(err, rpctypes.ErrCompacted) {
			t.Errorf("reading the earlier revision returns %v, want %v", err, rpctypes.ErrCompacted)
		}
	}
	cancel()
	<-done
}

// TestCloseWaitsForMaintenance closes a store during its maintenance. If Close
// does not wait, it returns within the second that the maintenance takes.
func TestCloseWaitsForMaintenance(t *testing.T) {
	t.Parallel()
	begun, closed, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	early := false
	store, err := etcd.Open(t.Context(), etcd.WithConstantMaintenance(etcd.Config{DataDir: t.TempDir(), Timeout: time.Minute}, sync.OnceFunc(func() {
		defer close(done)
		close(begun)
		select {
		case <-closed:
			early = true
		case <-time.After(time.Second):
		}
	})))
	wantCode(t, err, "")
	<-begun
	wantCode(t, store.Close(), "")
	close(closed)
	<-done
	if early {
		t.Error("Close did not wait for the maintenance")
	}
}

// writeFiller writes keys that are not the store's, with the given number of
// bytes in all.
func writeFiller(t *testing.T, store *etcd.Store, bytes int) {
	t.Helper()
	const size = 256 << 10
	for ; bytes > 0; bytes -= size {
		key := "/filler/" + string(newID())
		putKey(t, store, key, strings.Repeat("x", size))
	}
}

// deleteFiller deletes the keys of writeFiller.
func deleteFiller(t *testing.T, store *etcd.Store) {
	t.Helper()
	if _, err := store.Client().Delete(t.Context(), "/filler/", clientv3.WithPrefix()); err != nil {
		t.Fatal(err)
	}
}
