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

// TestQuota uses the quota up and makes room again. How it is used up decides whether etcd has raised its alarm.
func TestQuota(t *testing.T) {
	t.Parallel()
	const quota = 16 << 20
	tests := []struct {
		name string
		full func(t *testing.T, store *etcd.Store)
	}{
		{"etcd refuses", func(t *testing.T, store *etcd.Store) {
			wantNoSpace(t, store.Client())
		}},
		{"the store refuses before etcd does", func(t *testing.T, store *etcd.Store) {
			for store.Writable(t.Context()) == nil {
				fillUp(t, store, 256<<10)
				store.Sizes() // commits, so that etcd knows the size
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			store := openTuned(t, etcd.Config{Quota: quota}, 10, 1<<40)
			kept, deleted := create(t, store, newPeering(newVPC(), newVPC())), create(t, store, newPeering(newVPC(), newVPC()))
			wantCode(t, store.Writable(t.Context()), "")
			tt.full(t, store)

			wantFull(t, store, kept, "quota of 16 MiB")
			for pass(t, store) == nil { // a pass may find room that is in pieces
				tt.full(t, store)
			}
			wantFull(t, store, kept, "quota of 16 MiB")
			wantCode(t, act(t, store, peering.Delete, deleted.ID), "")

			emptyAgain(t, store)
			wantCode(t, store.Pass(t.Context()), "")
			wantCode(t, store.Writable(t.Context()), "")
			create(t, store, newPeering(newVPC(), newVPC()))
			wantCode(t, act(t, store, peering.Accept, kept.ID), "")
			invariants(t, store)
		})
	}
}

// pass answers, after a pass of maintenance, why the store refuses to write.
func pass(t *testing.T, store *etcd.Store) error {
	t.Helper()
	wantCode(t, store.Pass(t.Context()), "")
	return store.Writable(t.Context())
}

// TestFullStoreOpens is about a server that starts again, for which the alarm still stands.
func TestFullStoreOpens(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		quota    int64
		says     string
		makeRoom func(*testing.T, *etcd.Store)
	}{
		{"with the same quota", 16 << 20, "quota of 16 MiB", emptyAgain},
		{"with a larger quota", 64 << 20, "quota of 64 MiB", func(*testing.T, *etcd.Store) {}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg := etcd.Config{DataDir: t.TempDir(), Quota: 16 << 20, Timeout: time.Minute}
			store, err := etcd.Open(t.Context(), cfg)
			wantCode(t, err, "")
			p := create(t, store, newPeering(newVPC(), newVPC()))
			wantNoSpace(t, store.Client())
			wantCode(t, store.Close(), "")

			cfg.Quota = tt.quota
			store, err = etcd.Open(t.Context(), cfg)
			wantCode(t, err, "")
			t.Cleanup(func() { wantCode(t, store.Close(), "") })
			wantFull(t, store, p, tt.says)
			tt.makeRoom(t, store)
			wantCode(t, store.Pass(t.Context()), "")
			create(t, store, newPeering(newVPC(), newVPC()))
		})
	}
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	var free atomic.Uint64
	free.Store(math.MaxUint64)
	dir := t.TempDir()
	ask := func(asked string) (uint64, error) {
		if asked != dir {
			t.Errorf("asked how much %s has left", asked)
		}
		return free.Load(), nil
	}
	store, err := etcd.Open(t.Context(), etcd.Tuned(etcd.Config{DataDir: dir, Timeout: time.Minute}, 10, 0, ask))
	wantCode(t, err, "")
	t.Cleanup(func() { wantCode(t, store.Close(), "") })
	p := create(t, store, newPeering(newVPC(), newVPC()))
	wantCode(t, store.Writable(t.Context()), "")

	before := revision(t, store)
	free.Store(255 << 20)
	wantFull(t, store, p, "255 MiB")
	wantCode(t, act(t, store, peering.Delete, p.ID), peering.Unavailable)
	wantCode(t, store.PutCluster(t.Context(), newCluster(), replace), peering.Unavailable)
	if after := revision(t, store); after != before {
		t.Errorf("etcd has made %d changes", after-before)
	}

	free.Store(256 << 20)
	wantCode(t, act(t, store, peering.Delete, p.ID), "")
	wantCode(t, store.Writable(t.Context()), "")
}

// TestDiskThatDoesNotTell has enough, as far as anybody knows.
func TestDiskThatDoesNotTell(t *testing.T) {
	t.Parallel()
	cfg := etcd.Tuned(etcd.Config{DataDir: t.TempDir(), Timeout: time.Minute}, 10, 0,
		func(string) (uint64, error) { return 0, errors.New("not implemented") })
	store, err := etcd.Open(t.Context(), cfg)
	wantCode(t, err, "")
	t.Cleanup(func() { wantCode(t, store.Close(), "") })
	create(t, store, newPeering(newVPC(), newVPC()))
}

func TestFullCluster(t *testing.T) {
	t.Parallel()
	endpoint, _ := server(t, func(c *embed.Config) { c.QuotaBackendBytes = 16 << 20 })
	store := connect(t, time.Minute, endpoint)
	p := create(t, store, newPeering(newVPC(), newVPC()))
	wantCode(t, store.Writable(t.Context()), "")
	wantNoSpace(t, store.Client())
	wantFull(t, store, p, "its operator")
	wantCode(t, act(t, store, peering.Delete, p.ID), "")
}

// wantFull fails the test where the store takes a new peering or a change, does not say why, or does not answer reads.
func wantFull(t *testing.T, store *etcd.Store, p peering.Peering, why string) {
	t.Helper()
	for what, err := range map[string]error{
		"create": tryCreate(t.Context(), store, newPeering(newVPC(), newVPC())),
		"accept": act(t, store, peering.Accept, p.ID),
		"room":   store.Writable(t.Context()),
	} {
		refused, ok := errors.AsType[*peering.Error](err)
		if !ok || refused.Code != peering.Unavailable || !strings.Contains(refused.Message, why) {
			t.Errorf("%s answers %v, want an error of code %q about %q", what, err, peering.Unavailable, why)
		}
	}
	wantStatus(t, store, p.ID, peering.PendingAcceptance)
	listed, _, err := store.List(t.Context(), peering.Scope{Tenant: p.Requester.Tenant}, peering.Query{Match: all})
	wantCode(t, err, "")
	if len(listed) != 1 {
		t.Errorf("%d peerings are listed, want 1", len(listed))
	}
	wantCode(t, store.Ready(t.Context()), "")
}

// wantNoSpace writes until etcd refuses.
func wantNoSpace(t *testing.T, client *clientv3.Client) {
	t.Helper()
	value := strings.Repeat("x", 256<<10)
	for range 1000 {
		_, err := client.Put(t.Context(), "/filler/"+string(newID()), value)
		if errors.Is(err, rpctypes.ErrNoSpace) {
			return
		}
		wantCode(t, err, "")
	}
	t.Fatal("etcd takes more than its quota")
}
