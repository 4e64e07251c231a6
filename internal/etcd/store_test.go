package etcd_test

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/peering"
)

var created = time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)

// open answers a store on a directory of its own. Its calls may take long, so that none fails on a busy machine.
func open(t *testing.T) *etcd.Store {
	t.Helper()
	return openIn(t, t.TempDir())
}

// openIn answers a store on the directory; it is closed at the end of the test, if not before.
func openIn(t *testing.T, dir string) *etcd.Store {
	t.Helper()
	store, err := etcd.Open(t.Context(), etcd.Config{DataDir: dir, Timeout: time.Minute})
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

func newID() peering.ID {
	return peering.ID(uuid.Must(uuid.NewV7()).String())
}

func newVPC() peering.VPC {
	return peering.VPC{ID: newID(), Tenant: newID()}
}

// newPeering answers a pending peering that is not stored.
func newPeering(requester, accepter peering.VPC) peering.Peering {
	return peering.Peering{
		ID:        newID(),
		Name:      "orders",
		Status:    peering.PendingAcceptance,
		Requester: requester,
		Accepter:  accepter,
		CreatedAt: created,
		UpdatedAt: created,
		ExpiresAt: created.Add(peering.DefaultRules().Lifetime),
	}
}

// newCluster answers a cluster that is not stored.
func newCluster() peering.Cluster {
	return peering.Cluster{
		ClusterRef: peering.ClusterRef{Project: newID(), ID: "1000000"},
		Name:       "mycluster",
		VPC:        newVPC(),
		VPCCIDR:    "172.16.0.0/23",
		SubnetCIDR: "172.16.0.0/23",
	}
}

// later is a peering of the same pair, asked for by the other side when p has expired.
func later(p peering.Peering) peering.Peering {
	young := newPeering(p.Accepter, p.Requester)
	young.CreatedAt = p.ExpiresAt
	young.UpdatedAt = p.ExpiresAt
	young.ExpiresAt = p.ExpiresAt.Add(peering.DefaultRules().Lifetime)
	return young
}

// limits leave the tests room; those of quotas have their own.
var limits = peering.Quotas{Tenant: 1_000_000, Cluster: 1_000_000, Pending: 1_000_000}

// tryCreate creates a peering for tests that are not about idempotency keys.
func tryCreate(ctx context.Context, store *etcd.Store, p peering.Peering) error {
	_, _, err := store.Create(ctx, p, peering.Idempotency{}, limits)
	return err
}

// tryCluster creates a cluster likewise.
func tryCluster(ctx context.Context, store *etcd.Store, c peering.Cluster) (peering.Cluster, error) {
	made, _, err := store.CreateCluster(ctx, c, peering.Idempotency{})
	return made, err
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

// act takes the action for a clock that stands at the time when the peering was made.
func act(t *testing.T, store *etcd.Store, action peering.Action, id peering.ID) error {
	t.Helper()
	_, err := store.Update(t.Context(), id, limits, taking(action))
	return err
}

func taking(action peering.Action) func(peering.Peering) (peering.Peering, error) {
	return func(p peering.Peering) (peering.Peering, error) { return p.Apply(action, created) }
}

func put(t *testing.T, store *etcd.Store, c peering.Cluster) peering.Cluster {
	t.Helper()
	wantCode(t, store.PutCluster(t.Context(), c, replace), "")
	return c
}

func replace(_, c peering.Cluster) (peering.Cluster, error) {
	return c, nil
}

func all(peering.Peering) bool {
	return true
}

// wantCode fails the test where err has another code; no code stands for no error.
func wantCode(t *testing.T, err error, want peering.Code) {
	t.Helper()
	if err == nil && want == "" {
		return
	}
	if err == nil || peering.CodeOf(err) != want {
		t.Fatalf("error is %v, want code %q", err, want)
	}
}

func wantStatus(t *testing.T, store *etcd.Store, id peering.ID, want peering.Status) {
	t.Helper()
	if got := get(t, store, id); got.Status != want {
		t.Errorf("peering %s is %s, want %s", id, got.Status, want)
	}
}

// dump answers all that etcd holds, by key.
func dump(t *testing.T, store *etcd.Store) map[string]string {
	t.Helper()
	resp, err := store.Client().Get(t.Context(), "\x00", clientv3.WithFromKey())
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	for _, kv := range resp.Kvs {
		// Guards stay behind by design, and which ones is by chance.
		if !strings.HasPrefix(string(kv.Key), "/peering/quota-guard/") {
			values[string(kv.Key)] = string(kv.Value)
		}
	}
	return values
}

// wantDump fails the test where etcd does not hold exactly these keys and values.
func wantDump(t *testing.T, store *etcd.Store, want map[string]string) {
	t.Helper()
	got := dump(t, store)
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

// revision answers how many changes etcd has made.
func revision(t *testing.T, store *etcd.Store) int64 {
	t.Helper()
	resp, err := store.Client().Get(t.Context(), "/", clientv3.WithCountOnly())
	if err != nil {
		t.Fatal(err)
	}
	return resp.Header.Revision
}
