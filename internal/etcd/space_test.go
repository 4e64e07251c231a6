package etcd_test

import (
	"errors"
	"math"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"

	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/peering"
)

// TestQuota uses up the quota and frees space again, with and without the alarm of
// etcd.
func TestQuota(t *testing.T) {
	t.Parallel()
	const quota = 16 << 20
	tests := []struct {
		name string
		fill func(t *testing.T, store *etcd.Store)
	}{
		{"etcd rejects writes", func(t *testing.T, store *etcd.Store) {
			exhaustQuota(t, store.Client())
		}},
		{"the store rejects writes before etcd does", func(t *testing.T, store *etcd.Store) {
			for store.Writable(t.Context()) == nil {
				writeFiller(t, store, 256<<10)
				store.DatabaseSize() // commits, which updates the size
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			store := openWithMaintenance(t, etcd.Config{Quota: quota}, 10, 1<<40)
			kept, deleted := create(t, store, newPeering(newVPC(), newVPC())), create(t, store, newPeering(newVPC(), newVPC()))
			wantCode(t, store.Writable(t.Context()), "")
			tt.fill(t, store)

			wantFullStore(t, store, kept, "quota of 16 MiB")
			for writableAfterMaintenance(t, store) == nil { // the maintenance may free some space
				tt.fill(t, store)
			}
			wantFullStore(t, store, kept, "quota of 16 MiB")
			wantCode(t, apply(t, store, peering.Delete, deleted.ID), "")

			deleteFiller(t, store)
			wantCode(t, store.RunMaintenance(t.Context()), "")
			wantCode(t, store.Writable(t.Context()), "")
			create(t, store, newPeering(newVPC(), newVPC()))
			wantCode(t, apply(t, store, peering.Accept, kept.ID), "")
			wantConsistent(t, store)
		})
	}
}

// writableAfterMaintenance runs the maintenance and returns the result of
// Writable.
func writableAfterMaintenance(t *testing.T, store *etcd.Store) error {
	t.Helper()
	wantCode(t, store.RunMaintenance(t.Context()), "")
	return store.Writable(t.Context())
}

// TestOpenFullStore opens a store again whose etcd has raised its alarm.
func TestOpenFullStore(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		quota     int64
		want      string // in the error
		freeSpace func(*testing.T, *etcd.Store)
	}{
		{"same quota", 16 << 20, "quota of 16 MiB", deleteFiller},
		{"larger quota", 64 << 20, "quota of 64 MiB", func(*testing.T, *etcd.Store) {}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg := etcd.Config{DataDir: t.TempDir(), Quota: 16 << 20, Timeout: time.Minute}
			store, err := etcd.Open(t.Context(), cfg)
			wantCode(t, err, "")
			p := create(t, store, newPeering(newVPC(), newVPC()))
			exhaustQuota(t, store.Client())
			wantCode(t, store.Close(), "")

			cfg.Quota = tt.quota
			store, err = etcd.Open(t.Context(), cfg)
			wantCode(t, err, "")
			t.Cleanup(func() { wantCode(t, store.Close(), "") })
			wantFullStore(t, store, p, tt.want)
			tt.freeSpace(t, store)
			wantCode(t, store.RunMaintenance(t.Context()), "")
			create(t, store, newPeering(newVPC(), newVPC()))
		})
	}
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	var free atomic.Uint64
	free.Store(math.MaxUint64)
	dir := t.TempDir()
	freeBytes := func(path string) (uint64, error) {
		if path != dir {
			t.Errorf("the free space of %s was requested, want %s", path, dir)
		}
		return free.Load(), nil
	}
	store, err := etcd.Open(t.Context(), etcd.WithMaintenance(etcd.Config{DataDir: dir, Timeout: time.Minute}, 10, 0, freeBytes))
	wantCode(t, err, "")
	t.Cleanup(func() { wantCode(t, store.Close(), "") })
	p := create(t, store, newPeering(newVPC(), newVPC()))
	wantCode(t, store.Writable(t.Context()), "")

	before := currentRevision(t, store)
	free.Store(255 << 20)
	wantFullStore(t, store, p, "255 MiB")
	wantCode(t, apply(t, store, peering.Delete, p.ID), peering.Unavailable)
	wantCode(t, store.PutCluster(t.Context(), newCluster(), takeNew), peering.Unavailable)
	if after := currentRevision(t, store); after != before {
		t.Errorf("etcd made %d changes, want none", after-before)
	}

	free.Store(256 << 20)
	wantCode(t, apply(t, store, peering.Delete, p.ID), "")
	wantCode(t, store.Writable(t.Context()), "")
}

// TestUnknownFreeSpace creates a peering although the free space is unknown.
func TestUnknownFreeSpace(t *testing.T) {
	t.Parallel()
	cfg := etcd.WithMaintenance(etcd.Config{DataDir: t.TempDir(), Timeout: time.Minute}, 10, 0,
		func(string) (uint64, error) { return 0, errors.New("not implemented") })
	store, err := etcd.Open(t.Context(), cfg)
	wantCode(t, err, "")
	t.Cleanup(func() { wantCode(t, store.Close(), "") })
	create(t, store, newPeering(newVPC(), newVPC()))
}

func TestFullCluster(t *testing.T) {
	t.Parallel()
	endpoint, _ := startEtcd(t, func(c *embed.Config) { c.QuotaBackendBytes = 16 << 20 })
	store := connect(t, time.Minute, endpoint)
	p := create(t, store, newPeering(newVPC(), newVPC()))
	wantCode(t, store.Writable(t.Context()), "")
	exhaustQuota(t, store.Client())
	wantFullStore(t, store, p, "its operator")
	wantCode(t, apply(t, store, peering.Delete, p.ID), "")
}

// wantFullStore fails the test unless changes fail for the given reason and reads
// succeed.
func wantFullStore(t *testing.T, store *etcd.Store, p peering.Peering, reason string) {
	t.Helper()
	for what, err := range map[string]error{
		"create":   tryCreate(t.Context(), store, newPeering(newVPC(), newVPC())),
		"accept":   apply(t, store, peering.Accept, p.ID),
		"writable": store.Writable(t.Context()),
	} {
		e, ok := errors.AsType[*peering.Error](err)
		if !ok || e.Code != peering.Unavailable || !strings.Contains(e.Message, reason) {
			t.Errorf("%s returns %v, want code %q and %q", what, err, peering.Unavailable, reason)
		}
	}
	wantStatus(t, store, p.ID, peering.PendingAcceptance)
	listed, _, err := store.List(t.Context(), peering.Scope{Tenant: p.Requester.Tenant}, peering.Query{Match: matchAll})
	wantCode(t, err, "")
	if len(listed) != 1 {
		t.Errorf("%d peerings are listed, want 1", len(listed))
	}
	wantCode(t, store.Ready(t.Context()), "")
}

// exhaustQuota writes until etcd rejects writes.
func exhaustQuota(t *testing.T, client *clientv3.Client) {
	t.Helper()
	value := strings.Repeat("x", 256<<10)
	for range 1000 {
		_, err := client.Put(t.Context(), "/filler/"+string(newID()), value)
		if errors.Is(err, rpctypes.ErrNoSpace) {
			return
		}
		wantCode(t, err, "")
	}
	t.Fatal("etcd accepts more than its quota")
}
