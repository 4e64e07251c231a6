package peering_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/peering"
)

// store is shared by the tests of the service. They keep apart by their ids, which are new in each of them.
var store *etcd.Store

func TestMain(m *testing.M) {
	os.Exit(runWithStore(m))
}

func runWithStore(m *testing.M) int {
	dir, err := os.MkdirTemp("", "peering")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // the system clears its temporary folder
	store, err = etcd.Open(context.Background(), etcd.Config{DataDir: dir, Timeout: time.Minute})
	if err != nil {
		panic(err)
	}
	code := m.Run()
	if err := store.Close(); err != nil {
		fmt.Fprintln(os.Stderr, "close the store:", err)
		return 1
	}
	return code
}

// A world is a service over tenants, VPCs and a cluster that no other test knows.
type world struct {
	*peering.Service

	now time.Time
	// requester and accepter are tenants with a VPC each, stranger is a tenant without.
	requester, accepter peering.VPC
	stranger            peering.ID
	// cluster belongs to the project of accepter's tenant; its VPC is a third one, of a tenant of the stream service.
	cluster peering.Cluster
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{
		now:       created,
		requester: peering.VPC{ID: newID(), Tenant: newID()},
		accepter:  peering.VPC{ID: newID(), Tenant: newID()},
		stranger:  newID(),
	}
	w.Service = peering.NewService(store, peering.DefaultRules(), func() time.Time { return w.now }, newID)
	w.cluster = newCluster(w.accepter.Tenant)
	wantCode(t, w.EnsureClusters(t.Context(), []peering.Cluster{w.cluster}), "")
	return w
}

// Create creates a peering without an idempotency key; so do the others.
func (w *world) Create(ctx context.Context, caller peering.ID, r peering.Peering) (peering.Peering, error) {
	p, _, err := w.Service.Create(ctx, caller, r, peering.Idempotency{})
	return p, err
}

func (w *world) CreateForCluster(ctx context.Context, ref peering.ClusterRef, r peering.Peering) (peering.Peering, error) {
	p, _, err := w.Service.CreateForCluster(ctx, ref, r, peering.Idempotency{})
	return p, err
}

func newID() peering.ID {
	return peering.ID(uuid.Must(uuid.NewV7()).String())
}

// newCluster answers a cluster of the project that is not stored.
func newCluster(project peering.ID) peering.Cluster {
	return peering.Cluster{
		ClusterRef: peering.ClusterRef{Project: project, ID: "1000000"},
		Name:       "mycluster",
		VPC:        peering.VPC{ID: newID(), Tenant: newID()},
		VPCCIDR:    "172.16.0.0/23",
		SubnetCIDR: "172.16.0.0/23",
	}
}

// pending makes a peering that waits for w.accepter.
func (w *world) pending(t *testing.T) peering.Peering {
	t.Helper()
	p, err := w.Create(t.Context(), w.requester.Tenant, peering.Peering{Name: "orders", Requester: w.requester, Accepter: w.accepter})
	wantCode(t, err, "")
	return p
}

// hanging makes a peering of w.cluster that waits for w.accepter.
func (w *world) hanging(t *testing.T) peering.Peering {
	t.Helper()
	p, err := w.CreateForCluster(t.Context(), w.cluster.ClusterRef, peering.Peering{Name: "myVpc", Accepter: w.accepter})
	wantCode(t, err, "")
	return p
}

// in makes a peering like pending does and brings it to the status.
func (w *world) in(t *testing.T, status peering.Status) peering.Peering {
	t.Helper()
	p := w.pending(t)
	var err error
	switch status {
	case peering.Active:
		p, err = w.Accept(t.Context(), w.accepter.Tenant, p.ID)
	case peering.Rejected:
		p, err = w.Reject(t.Context(), w.accepter.Tenant, p.ID)
	case peering.Expired:
		w.now = p.ExpiresAt
		p, err = w.Show(t.Context(), peering.Scope{Tenant: w.accepter.Tenant}, p.ID)
	default:
	}
	wantCode(t, err, "")
	wantStatus(t, p, status)
	return p
}

// show answers the peering as its accepter reads it.
func (w *world) show(t *testing.T, id peering.ID) peering.Peering {
	t.Helper()
	p, err := w.Show(t.Context(), peering.Scope{Tenant: w.accepter.Tenant}, id)
	wantCode(t, err, "")
	return p
}

func wantStatus(t *testing.T, p peering.Peering, want peering.Status) {
	t.Helper()
	if p.Status != want {
		t.Fatalf("peering %s is %s, want %s", p.ID, p.Status, want)
	}
}

// wantIDs fails the test where the peerings are others or in another order.
func wantIDs(t *testing.T, got []peering.Peering, want ...peering.ID) {
	t.Helper()
	ids := make([]peering.ID, len(got))
	for i, p := range got {
		ids[i] = p.ID
	}
	if !slices.Equal(ids, want) {
		t.Errorf("peerings are %v, want %v", ids, want)
	}
}

// spellings are all ways to write an id.
func spellings(id peering.ID) map[string]peering.ID {
	return map[string]peering.ID{
		"as it is":                          id,
		"in upper case":                     peering.ID(strings.ToUpper(string(id))),
		"without hyphens":                   peering.ID(id.Key()),
		"in upper case and without hyphens": peering.ID(strings.ToUpper(id.Key())),
	}
}
