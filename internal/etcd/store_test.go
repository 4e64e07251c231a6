package etcd_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/peering"
)

// shared is the store behind newStore. Most tests only need keys of their own,
// so they do not each start an etcd.
var shared struct {
	once  sync.Once
	dir   string
	store *etcd.Store
	err   error
}

func openShared() {
	if shared.dir, shared.err = os.MkdirTemp("", "peering-etcd-"); shared.err != nil {
		return
	}
	// No test restarts it, so it does not have to wait for the disk.
	cfg := etcd.WithoutFsync(etcd.Config{DataDir: shared.dir, Timeout: time.Minute})
	shared.store, shared.err = etcd.Open(context.Background(), etcd.WithMaintenance(cfg, 1<<40, 1<<40, nil))
}

func TestMain(m *testing.M) {
	code := m.Run()
	if shared.store != nil {
		if err := errors.Join(shared.store.Close(), os.RemoveAll(shared.dir)); err != nil {
			fmt.Fprintln(os.Stderr, "close the shared store:", err)
			code = 1
		}
	}
	os.Exit(code)
}

// newStore returns an empty store on the shared etcd. Its calls have a long
// timeout, so that none fails on a busy machine.
func newStore(t *testing.T) *etcd.Store {
	t.Helper()
	shared.once.Do(openShared)
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.store.WithPrefix("/" + string(newID()))
}

// newEmbedded opens a store with an etcd of its own in a new directory.
func newEmbedded(t *testing.T) *etcd.Store {
	t.Helper()
	return openDir(t, t.TempDir())
}

// openDir opens the store in a directory. It is closed at the end of the test.
func openDir(t *testing.T, dir string) *etcd.Store {
	t.Helper()
	return openStore(t, etcd.Config{DataDir: dir, Timeout: time.Minute})
}

// openStore opens a store. It is closed at the end of the test.
func openStore(t *testing.T, cfg etcd.Config) *etcd.Store {
	t.Helper()
	store, err := etcd.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	return store
}

var createdAt = time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)

func newID() peering.ID {
	return peering.ID(uuid.Must(uuid.NewV7()).String())
}

func newVPC() peering.VPC {
	return peering.VPC{ID: newID(), Tenant: newID()}
}

// newPeering returns a pending peering that is not stored.
func newPeering(requester, accepter peering.VPC) peering.Peering {
	return peering.Peering{
		ID:        newID(),
		Name:      "orders",
		Status:    peering.PendingAcceptance,
		Requester: requester,
		Accepter:  accepter,
		CreatedAt: createdAt,
		UpdatedAt: createdAt,
		ExpiresAt: createdAt.Add(peering.DefaultRules().Lifetime),
	}
}

// newCluster returns a cluster that is not stored.
func newCluster() peering.Cluster {
	return peering.Cluster{
		ClusterRef: peering.ClusterRef{Project: newID(), ID: "1000000"},
		Name:       "mycluster",
		VPC:        newVPC(),
		VPCCIDR:    "172.16.0.0/23",
		SubnetCIDR: "172.16.0.0/23",
	}
}

// afterExpiry returns a peering of the same pair, requested by the other side
// when p has expired.
func afterExpiry(p peering.Peering) peering.Peering {
	next := newPeering(p.Accepter, p.Requester)
	next.CreatedAt = p.ExpiresAt
	next.UpdatedAt = p.ExpiresAt
	next.ExpiresAt = p.ExpiresAt.Add(peering.DefaultRules().Lifetime)
	return next
}

// unlimited are the quotas of tests that are not about quotas.
var unlimited = peering.Quotas{Tenant: 1_000_000, Cluster: 1_000_000, Pending: 1_000_000}

// tryCreate creates a peering without an idempotency key.
func tryCreate(ctx context.Context, store *etcd.Store, p peering.Peering) error {
	_, _, err := store.Create(ctx, p, peering.Idempotency{}, unlimited)
	return err
}

// tryCreateCluster creates a cluster without an idempotency key.
func tryCreateCluster(ctx context.Context, store *etcd.Store, c peering.Cluster) (peering.Cluster, error) {
	created, _, err := store.CreateCluster(ctx, c, peering.Idempotency{})
	return created, err
}

func create(t *testing.T, store *etcd.Store, p peering.Peering) peering.Peering {
	t.Helper()
	wantCode(t, tryCreate(t.Context(), store, p), "")
	return p
}

func get(t *testing.T, store *etcd.Store, id peering.ID) peering.Peering {
	t.Helper()
	p, err := store.Get(t.Context(), id)
	wantCode(t, err, "")
	return p
}

// apply applies an action at the time at which the peering was created.
func apply(t *testing.T, store *etcd.Store, action peering.Action, id peering.ID) error {
	t.Helper()
	_, err := store.Update(t.Context(), id, unlimited, applying(action))
	return err
}

func applying(action peering.Action) func(peering.Peering) (peering.Peering, error) {
	return func(p peering.Peering) (peering.Peering, error) { return p.Apply(action, createdAt) }
}

func putCluster(t *testing.T, store *etcd.Store, c peering.Cluster) peering.Cluster {
	t.Helper()
	wantCode(t, store.PutCluster(t.Context(), c, takeNew), "")
	return c
}

func takeNew(_, c peering.Cluster) (peering.Cluster, error) {
	return c, nil
}

func matchAll(peering.Peering) bool {
	return true
}

// putKey writes a key directly.
func putKey(t *testing.T, store *etcd.Store, key, value string, options ...clientv3.OpOption) {
	t.Helper()
	_, err := store.Client().Put(t.Context(), key, value, options...)
	wantCode(t, err, "")
}

// concurrently starts n calls at the same time and returns their errors.
func concurrently(n int, call func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var calls sync.WaitGroup
	for i := range n {
		calls.Go(func() {
			<-start
			errs[i] = call(i)
		})
	}
	close(start)
	calls.Wait()
	return errs
}

// wantOneSuccess fails the test unless exactly one call succeeded and all others
// failed with the code.
func wantOneSuccess(t *testing.T, errs []error, code peering.Code) {
	t.Helper()
	succeeded := 0
	for _, err := range errs {
		if err == nil {
			succeeded++
			continue
		}
		wantCode(t, err, code)
	}
	if succeeded != 1 {
		t.Errorf("%d calls succeeded, want 1", succeeded)
	}
}

// wantCode fails the test if err has another code; "" means no error.
func wantCode(t *testing.T, err error, want peering.Code) {
	t.Helper()
	if err == nil && want == "" {
		return
	}
	if err == nil || peering.CodeOf(err) != want {
		t.Fatalf("error is %v, want code %q", err, want)
	}
}

// wantErrorContaining fails the test unless the error contains all texts.
func wantErrorContaining(t *testing.T, err error, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("error is %v, want one that contains %q", err, text)
		}
	}
}

func wantStatus(t *testing.T, store *etcd.Store, id peering.ID, want peering.Status) {
	t.Helper()
	if got := get(t, store, id); got.Status != want {
		t.Errorf("peering %s is %s, want %s", id, got.Status, want)
	}
}

// dumpKeys returns all keys in etcd and their values.
func dumpKeys(t *testing.T, store *etcd.Store) map[string]string {
	t.Helper()
	resp, err := store.Client().Get(t.Context(), "\x00", clientv3.WithFromKey())
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	for _, kv := range resp.Kvs {
		// Guard keys are never deleted, and which ones there are is random.
		if !strings.HasPrefix(string(kv.Key), "/peering/quota-guard/") {
			values[string(kv.Key)] = string(kv.Value)
		}
	}
	return values
}

// wantKeys fails the test unless etcd holds exactly these keys and values.
func wantKeys(t *testing.T, store *etcd.Store, want map[string]string) {
	t.Helper()
	got := dumpKeys(t, store)
	if maps.Equal(got, want) {
		return
	}
	for key, value := range got {
		if w, ok := want[key]; !ok || w != value {
			t.Errorf("etcd holds %s = %q, want %q", key, value, w)
		}
	}
	for key := range want {
		if _, ok := got[key]; !ok {
			t.Errorf("etcd does not hold %s", key)
		}
	}
}

// currentRevision returns the current revision of etcd.
func currentRevision(t *testing.T, store *etcd.Store) int64 {
	t.Helper()
	resp, err := store.Client().Get(t.Context(), "/", clientv3.WithCountOnly())
	if err != nil {
		t.Fatal(err)
	}
	return resp.Header.Revision
}

// skipUnlessLong skips a test that takes long, unless long tests are enabled.
func skipUnlessLong(t *testing.T) {
	t.Helper()
	if os.Getenv("PEERING_TEST_LONG") != "1" {
		t.Skip("set PEERING_TEST_LONG=1, as make test-long does")
	}
}
