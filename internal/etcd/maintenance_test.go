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

// openTuned is open for a store with limits that a test can reach.
func openTuned(t *testing.T, cfg etcd.Config, retention, large int64) *etcd.Store {
	t.Helper()
	cfg.DataDir, cfg.Timeout = t.TempDir(), time.Minute
	store, err := etcd.Open(t.Context(), etcd.Tuned(cfg, retention, large, nil))
	wantCode(t, err, "")
	t.Cleanup(func() { wantCode(t, store.Close(), "") })
	return store
}

// churn makes and deletes peerings of one pair. Those of others would have guards of their own, which stay.
func churn(t *testing.T, store *etcd.Store, rounds int) {
	t.Helper()
	a, b := peering.VPC{ID: "a", Tenant: "a"}, peering.VPC{ID: "b", Tenant: "b"}
	for range rounds {
		p := create(t, store, newPeering(a, b))
		wantCode(t, act(t, store, peering.Delete, p.ID), "")
	}
}

// TestSteadyStateDoesNotGrow compares the database after some rounds with that after twice as many.
func TestSteadyStateDoesNotGrow(t *testing.T) {
	t.Parallel()
	store := openTuned(t, etcd.Config{}, 10, 1<<40)
	rounds := func() (size int64) {
		for range 5 {
			churn(t, store, 100)
			wantCode(t, store.Pass(t.Context()), "")
			size = wantUsed(t, store, 128<<10)
		}
		return size
	}
	first, second := rounds(), rounds()
	t.Logf("%d bytes, then %d", first, second)
	// The file is as large as it was in the middle of the rounds before a pass. That differs by the few pages that a commit
	// writes anew, as those of the one before are not free yet.
	if second > first+first/4 {
		t.Errorf("the database grew from %d to %d bytes", first, second)
	}
}

// wantUsed waits until so many bytes of the database are used at most, and answers how many it has. A page that a pass
// gave up is free after one of the next commits: when the last that read before has ended.
func wantUsed(t *testing.T, store *etcd.Store, most int64) (size int64) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; {
		size, used := store.Sizes()
		if used <= most {
			return size
		}
		if time.Now().After(end) {
			t.Fatalf("%d bytes of %d are used, want %d at most", used, size, most)
		}
		if _, err := store.Client().Delete(t.Context(), "/nothing"); err != nil { // so that there is something to commit
			t.Fatal(err)
		}
	}
}

func TestCompactionLeavesTheLastChanges(t *testing.T) {
	t.Parallel()
	store := openTuned(t, etcd.Config{}, 10, 1<<40)
	churn(t, store, 20)
	now := revision(t, store)
	for range 2 { // the second pass has nothing to do
		wantCode(t, store.Pass(t.Context()), "")
	}
	for past, want := range map[int64]error{10: nil, 11: rpctypes.ErrCompacted} {
		_, err := store.Client().Get(t.Context(), "/", clientv3.WithRev(now-past))
		if !errors.Is(err, want) {
			t.Errorf("reading %d changes ago answers %v, want %v", past, err, want)
		}
	}
}

func TestFewChangesAreNotCompacted(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		// few is the least number of changes, bytes how many are in the store.
		few   int64
		bytes int
		// less is a number of rounds that make fewer changes than are worth a compaction, more one that makes more.
		less, more int
	}{
		{"small store", 100, 0, 40, 60},
		{"large store", 0, 4 << 20, 100, 600},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg := etcd.Patient(etcd.Tuned(etcd.Config{DataDir: t.TempDir(), Timeout: time.Minute}, 0, 1<<40, nil), tt.few)
			store, err := etcd.Open(t.Context(), cfg)
			wantCode(t, err, "")
			t.Cleanup(func() { wantCode(t, store.Close(), "") })
			fillUp(t, store, tt.bytes)
			churn(t, store, 1)
			wantCode(t, store.Pass(t.Context()), "") // the first one compacts
			before := revision(t, store)
			readable := func(want error) {
				t.Helper()
				wantCode(t, store.Pass(t.Context()), "")
				if _, err := store.Client().Get(t.Context(), "/", clientv3.WithRev(before)); !errors.Is(err, want) {
					t.Errorf("reading what was there before answers %v, want %v", err, want)
				}
			}
			churn(t, store, tt.less)
			readable(nil)
			churn(t, store, tt.more-tt.less)
			readable(rpctypes.ErrCompacted)
		})
	}
}

func TestLargeFileWithFreePagesIsDefragmented(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		large int64
		want  bool
	}{
		{"large", 1 << 20, true},
		{"small", 1 << 40, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			store := openTuned(t, etcd.Config{}, 0, tt.large)
			p := create(t, store, newPeering(newVPC(), newVPC()))
			fillUp(t, store, 4<<20)
			emptyAgain(t, store)
			before, _ := store.Sizes()
			wantCode(t, store.Pass(t.Context()), "")
			after, used := store.Sizes()
			if shrunk := after < before/2; shrunk != tt.want {
				t.Errorf("the file had %d bytes and has %d, %d of them used", before, after, used)
			}
			wantStatus(t, store, p.ID, peering.PendingAcceptance)
			wantCode(t, act(t, store, peering.Accept, p.ID), "")
			invariants(t, store)
		})
	}
}

// TestFileWithoutFreePagesIsLeftAlone looks for what the log would tell of a defragmentation.
func TestFileWithoutFreePagesIsLeftAlone(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	store := openTuned(t, etcd.Config{Log: slog.New(slog.NewTextHandler(&log, nil))}, 0, 1<<20)
	fillUp(t, store, 4<<20)
	wantCode(t, store.Pass(t.Context()), "")
	wantCode(t, store.Close(), "")
	if strings.Contains(log.String(), "defragmented") {
		t.Errorf("the log is\n%s", log.String())
	}
}

func TestMaintenanceRunsAtEachTick(t *testing.T) {
	t.Parallel()
	store := openTuned(t, etcd.Config{}, 0, 1<<40)
	ctx, cancel := context.WithCancel(t.Context())
	ticks, ended := make(chan time.Time), make(chan struct{})
	go func() {
		defer close(ended)
		store.Maintain(ctx, ticks)
	}()
	for range 2 {
		p := create(t, store, newPeering(newVPC(), newVPC()))
		past := revision(t, store)
		wantCode(t, act(t, store, peering.Delete, p.ID), "")
		churn(t, store, 50) // so that it is worth a compaction
		ticks <- time.Time{}
		ticks <- time.Time{} // taken when the pass of the first has ended
		if _, err := store.Client().Get(t.Context(), "/", clientv3.WithRev(past)); !errors.Is(err, rpctypes.ErrCompacted) {
			t.Errorf("reading the past answers %v", err)
		}
	}
	cancel()
	<-ended
}

// TestCloseEndsMaintenance closes a store in the middle of a pass. A Close that does not wait for it has a second to show.
func TestCloseEndsMaintenance(t *testing.T) {
	t.Parallel()
	begun, closed, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	early := false
	store, err := etcd.Open(t.Context(), etcd.Busy(etcd.Config{DataDir: t.TempDir(), Timeout: time.Minute}, sync.OnceFunc(func() {
		defer close(ended)
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
	<-ended
	if early {
		t.Error("Close did not wait for the pass")
	}
}

// fillUp writes keys of somebody else, of so many bytes in all.
func fillUp(t *testing.T, store *etcd.Store, bytes int) {
	t.Helper()
	const size = 256 << 10
	for ; bytes > 0; bytes -= size {
		key := "/filler/" + string(newID())
		if _, err := store.Client().Put(t.Context(), key, strings.Repeat("x", size)); err != nil {
			t.Fatal(err)
		}
	}
}

func emptyAgain(t *testing.T, store *etcd.Store) {
	t.Helper()
	if _, err := store.Client().Delete(t.Context(), "/filler/", clientv3.WithPrefix()); err != nil {
		t.Fatal(err)
	}
}
