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

const restoringKey = "/peering/restoring"

// largeBackup returns the file of a backup that needs several reads and
// transactions, and its content.
func largeBackup(t *testing.T) (file string, content map[string]string) {
	t.Helper()
	dir := t.TempDir()
	store := openDir(t, dir)
	peerings := make([]peering.Peering, 150)
	for i := range peerings {
		peerings[i] = newPeering(newVPC(), newVPC())
	}
	createAll(t, store, peerings)
	for i := range 8 { // too large for one transaction
		putKey(t, store, "/peering/large/"+string(rune('a'+i)), strings.Repeat("x", 400<<10))
	}
	return createBackup(t, etcd.Config{DataDir: dir}), dumpKeys(t, store)
}

func TestRestoreIntoACluster(t *testing.T) {
	t.Parallel()
	file, want := largeBackup(t)
	endpoint, _ := startEtcd(t)
	cfg := etcd.Config{Endpoints: []string{endpoint}}
	got, err := etcd.Restore(t.Context(), cfg, file)
	wantCode(t, err, "")
	if got != (etcd.Counts{Peerings: 150}) {
		t.Errorf("restored %+v, want 150 peerings", got)
	}
	store := connect(t, time.Minute, endpoint)
	wantKeys(t, store, want)

	_, err = etcd.Restore(t.Context(), cfg, file)
	wantCode(t, err, peering.Internal)
	wantKeys(t, store, want)
}

// TestRestoreIntoASharedCluster checks that other keys of the cluster are not
// touched.
func TestRestoreIntoASharedCluster(t *testing.T) {
	t.Parallel()
	file, want := largeBackup(t)
	endpoint, _ := startEtcd(t)
	store := connect(t, time.Minute, endpoint)
	for _, key := range []string{"/a", "/peering", "/peering0", "/z"} {
		putKey(t, store, key, "other")
		want[key] = "other"
	}
	_, err := etcd.Restore(t.Context(), etcd.Config{Endpoints: []string{endpoint}}, file)
	wantCode(t, err, "")
	wantKeys(t, store, want)
}

// TestRestoreAfterAnIncompleteOne restores into a cluster in which a restore was
// aborted.
func TestRestoreAfterAnIncompleteOne(t *testing.T) {
	t.Parallel()
	file, want := largeBackup(t)
	endpoint, _ := startEtcd(t)
	cfg := etcd.Config{Endpoints: []string{endpoint}, Timeout: time.Minute}
	store := connect(t, time.Minute, endpoint)
	wantCode(t, store.Ready(t.Context()), "")
	putKey(t, store, restoringKey, "")
	for _, key := range []string{"/peering/", "/peering/a", "/peering/restored-too", restoringKey + "\x00", restoringKey + "/", "/peering/z", "/peering/\xff"} {
		putKey(t, store, key, "incomplete")
	}
	for _, key := range []string{"/peering", "/peering0"} {
		putKey(t, store, key, "other")
		want[key] = "other"
	}
	wantCode(t, store.Ready(t.Context()), peering.Unavailable)
	if _, err := etcd.Open(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "restore") {
		t.Errorf("error of Open is %v, want an incomplete restore", err)
	}
	if err := etcd.Backup(t.Context(), cfg, t.TempDir()+"/file"); err == nil {
		t.Error("the backup of an incomplete restore succeeded")
	}

	_, err := etcd.Restore(t.Context(), cfg, file)
	wantCode(t, err, "")
	wantCode(t, store.Ready(t.Context()), "")
	wantKeys(t, connect(t, time.Minute, endpoint), want)
}

// TestChangesFailDuringARestore makes all changes through a store that was opened
// before the restore.
func TestChangesFailDuringARestore(t *testing.T) {
	t.Parallel()
	endpoint, _ := startEtcd(t)
	store := connect(t, time.Minute, endpoint)
	putCluster(t, store, routeCluster)
	p := create(t, store, newPeering(newVPC(), newVPC()))
	route := createRoute(t, store, p.ID, "192.168.0.0/16")
	changes := map[string]func() error{
		"create": func() error { return tryCreate(t.Context(), store, newPeering(newVPC(), newVPC())) },
		"create with key": func() error {
			_, _, err := store.Create(t.Context(), newPeering(newVPC(), newVPC()), newIdempotency(), unlimited)
			return err
		},
		"accept": func() error { return apply(t, store, peering.Accept, p.ID) },
		"delete": func() error { return apply(t, store, peering.Delete, p.ID) },
		"create route": func() error {
			_, err := tryCreateRoute(t.Context(), store, p.ID, routeTo("10.0.0.0/8"))
			return err
		},
		"delete route": func() error { return store.DeleteRoute(t.Context(), p.ID, route.ID) },
		"create cluster": func() error {
			_, err := tryCreateCluster(t.Context(), store, newCluster())
			return err
		},
		"put cluster": func() error { return store.PutCluster(t.Context(), newCluster(), takeNew) },
		"update cluster": func() error {
			return store.UpdateCluster(t.Context(), routeCluster.ClusterRef, func(c peering.Cluster) peering.Cluster { return c })
		},
		"delete cluster": func() error {
			return store.DeleteCluster(t.Context(), routeCluster.ClusterRef, func(peering.Peering) bool { return false })
		},
	}
	putKey(t, store, restoringKey, "")
	want := dumpKeys(t, store)
	for name, change := range changes {
		if err := change(); peering.CodeOf(err) != peering.Unavailable {
			t.Errorf("%s returns %v, want code %q", name, err, peering.Unavailable)
		}
	}
	wantKeys(t, store, want)
}

// TestCreateDuringARestore tries to create a peering from the beginning of the
// restore on. It must succeed only after the end.
func TestCreateDuringARestore(t *testing.T) {
	t.Parallel()
	file, want := largeBackup(t)
	endpoint, _ := startEtcd(t)
	store := connect(t, time.Minute, endpoint)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	begun, endRevision := make(chan struct{}), make(chan int64, 1)
	marker := store.Client().Watch(ctx, restoringKey)
	go func() {
		for changes := range marker {
			for _, event := range changes.Events {
				if event.Type == clientv3.EventTypeDelete {
					endRevision <- event.Kv.ModRevision
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
	if at, end := record.Kvs[0].CreateRevision, <-endRevision; at <= end {
		t.Errorf("the peering was created at revision %d, before the restore ended at %d", at, end)
	}
	got := dumpKeys(t, store)
	for key, value := range want {
		if got[key] != value {
			t.Errorf("etcd holds %s = %q, want %q", key, got[key], value)
		}
	}
}

// TestConcurrentRestores checks that exactly one restore completes.
func TestConcurrentRestores(t *testing.T) {
	t.Parallel()
	file, want := largeBackup(t)
	endpoint, _ := startEtcd(t)
	completed := 0
	for _, err := range concurrently(3, func(int) error {
		_, err := etcd.Restore(t.Context(), etcd.Config{Endpoints: []string{endpoint}}, file)
		return err
	}) {
		if err == nil {
			completed++
		}
	}
	if completed != 1 {
		t.Errorf("%d restores completed, want 1", completed)
	}
	wantKeys(t, connect(t, time.Minute, endpoint), want)
}

// TestRestoreOfLeases restores keys with leases, except those of elections.
func TestRestoreOfLeases(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := openDir(t, dir)
	for _, key := range []string{"/peering/once/a", "/peering/once/b", "/peering/election/settle/1"} {
		lease, err := store.Client().Grant(t.Context(), 3600)
		wantCode(t, err, "")
		putKey(t, store, key, "v", clientv3.WithLease(lease.ID))
	}
	putKey(t, store, "/peering/peering/x", "kept")
	endpoint, _ := startEtcd(t)
	_, err := etcd.Restore(t.Context(), etcd.Config{Endpoints: []string{endpoint}}, createBackup(t, etcd.Config{DataDir: dir}))
	wantCode(t, err, "")

	target := connect(t, time.Minute, endpoint)
	wantKeys(t, target, map[string]string{"/peering/once/a": "v", "/peering/once/b": "v", "/peering/peering/x": "kept"})
	leases, err := target.Client().Leases(t.Context())
	wantCode(t, err, "")
	if len(leases.Leases) != 1 {
		t.Fatalf("there are %d leases, want a shared one", len(leases.Leases))
	}
	lease, err := target.Client().TimeToLive(t.Context(), leases.Leases[0].ID, clientv3.WithAttachedKeys())
	wantCode(t, err, "")
	if lease.GrantedTTL != 25*3600 || len(lease.Keys) != 2 {
		t.Errorf("lease is %+v, want a TTL of 25 hours and 2 keys", lease)
	}
}

func TestCancelledRestoreIntoACluster(t *testing.T) {
	t.Parallel()
	file, want := largeBackup(t)
	endpoint, _ := startEtcd(t)
	cfg := etcd.Config{Endpoints: []string{endpoint}}
	store := connect(t, time.Minute, endpoint)
	ctx, cancel := context.WithCancel(t.Context())
	begun := store.Client().Watch(ctx, restoringKey)
	go func() {
		<-begun
		cancel()
	}()
	if _, err := etcd.Restore(ctx, cfg, file); err == nil {
		t.Error("the cancelled restore completed")
	}
	wantCode(t, store.Ready(t.Context()), peering.Unavailable)
	if maps.Equal(dumpKeys(t, store), want) {
		t.Error("the cancelled restore copied everything")
	}
	_, err := etcd.Restore(t.Context(), cfg, file)
	wantCode(t, err, "")
	wantKeys(t, store, want)
}
