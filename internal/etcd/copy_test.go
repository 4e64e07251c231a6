package etcd_test

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/peering"
)

const restoring = "/peering/restoring"

// filled answers the file of a backup with more keys than one transaction or one read takes, and what it holds.
func filled(t *testing.T) (file string, content map[string]string) {
	t.Helper()
	dir := t.TempDir()
	store := openIn(t, dir)
	for range 150 {
		create(t, store, newPeering(newVPC(), newVPC()))
	}
	for i := range 8 { // values that don't fit into one transaction
		keep(t, store, "/peering/large/"+string(rune('a'+i)), strings.Repeat("x", 400<<10))
	}
	return backup(t, etcd.Config{DataDir: dir}), dump(t, store)
}

func keep(t *testing.T, store *etcd.Store, key, value string, options ...clientv3.OpOption) {
	t.Helper()
	_, err := store.Client().Put(t.Context(), key, value, options...)
	wantCode(t, err, "")
}

func TestRestoreIntoACluster(t *testing.T) {
	t.Parallel()
	file, want := filled(t)
	endpoint, _ := server(t)
	cfg := etcd.Config{Endpoints: []string{endpoint}}
	got, err := etcd.Restore(t.Context(), cfg, file)
	wantCode(t, err, "")
	if got != (etcd.Counts{Peerings: 150}) {
		t.Errorf("restored are %+v", got)
	}
	store := connect(t, time.Minute, endpoint)
	wantDump(t, store, want)

	_, err = etcd.Restore(t.Context(), cfg, file)
	wantCode(t, err, peering.Internal)
	wantDump(t, store, want)
}

// TestRestoreIntoAClusterOfOthers leaves alone what is not below our root.
func TestRestoreIntoAClusterOfOthers(t *testing.T) {
	t.Parallel()
	file, want := filled(t)
	endpoint, _ := server(t)
	store := connect(t, time.Minute, endpoint)
	for _, key := range []string{"/a", "/peering", "/peering0", "/z"} {
		keep(t, store, key, "of others")
		want[key] = "of others"
	}
	_, err := etcd.Restore(t.Context(), etcd.Config{Endpoints: []string{endpoint}}, file)
	wantCode(t, err, "")
	wantDump(t, store, want)
}

// TestRestoreIsRunAgain is about a cluster in which one was cut off.
func TestRestoreIsRunAgain(t *testing.T) {
	t.Parallel()
	file, want := filled(t)
	endpoint, _ := server(t)
	cfg := etcd.Config{Endpoints: []string{endpoint}, Timeout: time.Minute}
	store := connect(t, time.Minute, endpoint)
	wantCode(t, store.Ready(t.Context()), "")
	keep(t, store, restoring, "")
	for _, key := range []string{"/peering/", "/peering/a", "/peering/restored-too", restoring + "\x00", restoring + "/", "/peering/z", "/peering/\xff"} {
		keep(t, store, key, "of the restore that was cut off")
	}
	for _, key := range []string{"/peering", "/peering0"} {
		keep(t, store, key, "of others")
		want[key] = "of others"
	}
	wantCode(t, store.Ready(t.Context()), peering.Unavailable)
	if _, err := etcd.Open(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "restore") {
		t.Errorf("a store that is half restored opens: %v", err)
	}
	if err := etcd.Backup(t.Context(), cfg, t.TempDir()+"/file"); err == nil {
		t.Error("there is a backup of a store that is half restored")
	}

	_, err := etcd.Restore(t.Context(), cfg, file)
	wantCode(t, err, "")
	wantCode(t, store.Ready(t.Context()), "")
	wantDump(t, connect(t, time.Minute, endpoint), want)
}

// TestNothingIsChangedDuringARestore asks a server for everything that it had opened the store for before.
func TestNothingIsChangedDuringARestore(t *testing.T) {
	t.Parallel()
	endpoint, _ := server(t)
	store := connect(t, time.Minute, endpoint)
	put(t, store, routed)
	p := create(t, store, newPeering(newVPC(), newVPC()))
	route := createRoute(t, store, p.ID, "192.168.0.0/16")
	changes := map[string]func() error{
		"create": func() error { return tryCreate(t.Context(), store, newPeering(newVPC(), newVPC())) },
		"create once": func() error {
			_, _, err := store.Create(t.Context(), newPeering(newVPC(), newVPC()), newOnce(), limits)
			return err
		},
		"accept": func() error { return act(t, store, peering.Accept, p.ID) },
		"delete": func() error { return act(t, store, peering.Delete, p.ID) },
		"create route": func() error {
			_, err := tryRoute(t.Context(), store, p.ID, routeTo("10.0.0.0/8"))
			return err
		},
		"delete route": func() error { return store.DeleteRoute(t.Context(), p.ID, route.ID) },
		"create cluster": func() error {
			_, err := tryCluster(t.Context(), store, newCluster())
			return err
		},
		"put cluster": func() error { return store.PutCluster(t.Context(), newCluster(), replace) },
		"update cluster": func() error {
			return store.UpdateCluster(t.Context(), routed.ClusterRef, func(c peering.Cluster) peering.Cluster { return c })
		},
		"delete cluster": func() error {
			return store.DeleteCluster(t.Context(), routed.ClusterRef, func(peering.Peering) bool { return false })
		},
	}
	keep(t, store, restoring, "")
	want := dump(t, store)
	for name, change := range changes {
		if err := change(); peering.CodeOf(err) != peering.Unavailable {
			t.Errorf("%s answers %v, want code %q", name, err, peering.Unavailable)
		}
	}
	wantDump(t, store, want)
}

// TestRestoreWhileAServerRuns has one try to create a peering from the first step of the restore on.
func TestRestoreWhileAServerRuns(t *testing.T) {
	t.Parallel()
	file, want := filled(t)
	endpoint, _ := server(t)
	store := connect(t, time.Minute, endpoint)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	begun, ended := make(chan struct{}), make(chan int64, 1)
	marks := store.Client().Watch(ctx, restoring)
	go func() {
		for mark := range marks {
			for _, event := range mark.Events {
				if event.Type == clientv3.EventTypeDelete {
					ended <- event.Kv.ModRevision
				} else {
					close(begun)
				}
			}
		}
	}()
	p, created := newPeering(newVPC(), newVPC()), make(chan struct{})
	go func() {
		defer close(created)
		<-begun
		for tryCreate(ctx, store, p) != nil && ctx.Err() == nil {
		}
	}()
	_, err := etcd.Restore(ctx, etcd.Config{Endpoints: []string{endpoint}}, file)
	wantCode(t, err, "")
	<-created
	wantStatus(t, store, p.ID, peering.PendingAcceptance)
	record, err := store.Client().Get(t.Context(), "/peering/peering/"+p.ID.Key())
	wantCode(t, err, "")
	if made, end := record.Kvs[0].CreateRevision, <-ended; made <= end {
		t.Errorf("the peering was made at revision %d, before the restore ended at %d", made, end)
	}
	got := dump(t, store)
	for key, value := range want {
		if got[key] != value {
			t.Errorf("etcd holds %s = %q, want %q", key, got[key], value)
		}
	}
}

// TestRestoresAtATime all fail but one, or are refused because one has come to its end.
func TestRestoresAtATime(t *testing.T) {
	t.Parallel()
	file, want := filled(t)
	endpoint, _ := server(t)
	done := 0
	for _, err := range race(3, func(int) error {
		_, err := etcd.Restore(t.Context(), etcd.Config{Endpoints: []string{endpoint}}, file)
		return err
	}) {
		if err == nil {
			done++
		}
	}
	if done != 1 {
		t.Errorf("%d came to their end, want 1", done)
	}
	wantDump(t, connect(t, time.Minute, endpoint), want)
}

// TestRestoreOfKeysThatEnd has keys with leases, and some that belong to the processes that ran.
func TestRestoreOfKeysThatEnd(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := openIn(t, dir)
	for _, key := range []string{"/peering/once/a", "/peering/once/b", "/peering/election/settle/1"} {
		lease, err := store.Client().Grant(t.Context(), 3600)
		wantCode(t, err, "")
		keep(t, store, key, "v", clientv3.WithLease(lease.ID))
	}
	keep(t, store, "/peering/peering/x", "stays")
	endpoint, _ := server(t)
	_, err := etcd.Restore(t.Context(), etcd.Config{Endpoints: []string{endpoint}}, backup(t, etcd.Config{DataDir: dir}))
	wantCode(t, err, "")

	target := connect(t, time.Minute, endpoint)
	wantDump(t, target, map[string]string{"/peering/once/a": "v", "/peering/once/b": "v", "/peering/peering/x": "stays"})
	leases, err := target.Client().Leases(t.Context())
	wantCode(t, err, "")
	if len(leases.Leases) != 1 {
		t.Fatalf("there are %d leases, want one that is shared", len(leases.Leases))
	}
	lease, err := target.Client().TimeToLive(t.Context(), leases.Leases[0].ID, clientv3.WithAttachedKeys())
	wantCode(t, err, "")
	if lease.GrantedTTL != 25*3600 || len(lease.Keys) != 2 {
		t.Errorf("the lease is %+v", lease)
	}
}

func TestRestoreIntoAClusterThatWasCancelled(t *testing.T) {
	t.Parallel()
	file, want := filled(t)
	endpoint, _ := server(t)
	cfg := etcd.Config{Endpoints: []string{endpoint}}
	store := connect(t, time.Minute, endpoint)
	ctx, cancel := context.WithCancel(t.Context())
	begun := store.Client().Watch(ctx, restoring)
	go func() {
		<-begun
		cancel()
	}()
	if _, err := etcd.Restore(ctx, cfg, file); err == nil {
		t.Error("it came to its end")
	}
	wantCode(t, store.Ready(t.Context()), peering.Unavailable)
	if maps.Equal(dump(t, store), want) {
		t.Error("all was restored")
	}
	_, err := etcd.Restore(t.Context(), cfg, file)
	wantCode(t, err, "")
	wantDump(t, store, want)
}
