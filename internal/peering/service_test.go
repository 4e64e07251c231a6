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

// store is shared by the tests of the service. Each test uses new IDs.
var store *etcd.Store

func TestMain(m *testing.M) {
	os.Exit(runWithStore(m))
}

func runWithStore(m *testing.M) int {
	dir, err := os.MkdirTemp("", "peering")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // the operating system cleans its temporary directory
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

// An environment is a service with tenants, VPCs and a cluster of one test.
type environment struct {
	*peering.Service

	now time.Time
	// requester and accepter are VPCs of two tenants. stranger is a third tenant.
	requester, accepter peering.VPC
	stranger            peering.ID
	// cluster belongs to the accepter's project. Its VPC belongs to a tenant of the
	// stream service.
	cluster peering.Cluster
}

func newEnvironment(t *testing.T) *environment {
	t.Helper()
	env := &environment{
		now:       created,
		requester: peering.VPC{ID: newID(), Tenant: newID()},
		accepter:  peering.VPC{ID: newID(), Tenant: newID()},
		stranger:  newID(),
	}
	env.Service = peering.NewService(store, peering.DefaultRules(), func() time.Time { return env.now }, newID)
	env.cluster = newCluster(env.accepter.Tenant)
	wantCode(t, env.EnsureClusters(t.Context(), []peering.Cluster{env.cluster}), "")
	return env
}

// Create creates a peering without an idempotency key.
func (env *environment) Create(
	ctx context.Context, caller peering.ID, request peering.Peering,
) (peering.Peering, error) {
	p, _, err := env.Service.Create(ctx, caller, request, peering.Idempotency{})
	return p, err
}

// CreateForCluster creates a peering without an idempotency key.
func (env *environment) CreateForCluster(
	ctx context.Context, ref peering.ClusterRef, request peering.Peering,
) (peering.Peering, error) {
	p, _, err := env.Service.CreateForCluster(ctx, ref, request, peering.Idempotency{})
	return p, err
}

func newID() peering.ID {
	return peering.ID(uuid.Must(uuid.NewV7()).String())
}

// newCluster returns a cluster of the project without storing it.
func newCluster(project peering.ID) peering.Cluster {
	return peering.Cluster{
		ClusterRef: peering.ClusterRef{Project: project, ID: "1000000"},
		Name:       "mycluster",
		VPC:        peering.VPC{ID: newID(), Tenant: newID()},
		VPCCIDR:    "172.16.0.0/23",
		SubnetCIDR: "172.16.0.0/23",
	}
}

// pending creates a peering between requester and accepter.
func (env *environment) pending(t *testing.T) peering.Peering {
	t.Helper()
	p, err := env.Create(
		t.Context(), env.requester.Tenant, peering.Peering{Name: "orders", Requester: env.requester, Accepter: env.accepter},
	)
	wantCode(t, err, "")
	return p
}

// clusterPending creates a peering between the cluster's VPC and accepter.
func (env *environment) clusterPending(t *testing.T) peering.Peering {
	t.Helper()
	p, err := env.CreateForCluster(
		t.Context(), env.cluster.ClusterRef, peering.Peering{Name: "myVpc", Accepter: env.accepter},
	)
	wantCode(t, err, "")
	return p
}

// in creates a peering between requester and accepter with the given status.
func (env *environment) in(t *testing.T, status peering.Status) peering.Peering {
	t.Helper()
	p := env.pending(t)
	var err error
	switch status {
	case peering.Active:
		p, err = env.Accept(t.Context(), env.accepter.Tenant, p.ID)
	case peering.Rejected:
		p, err = env.Reject(t.Context(), env.accepter.Tenant, p.ID)
	case peering.Expired:
		env.now = p.ExpiresAt
		p, err = env.Show(t.Context(), peering.Scope{Tenant: env.accepter.Tenant}, p.ID)
	default:
	}
	wantCode(t, err, "")
	wantStatus(t, p, status)
	return p
}

// show returns the peering as seen by the accepter.
func (env *environment) show(t *testing.T, id peering.ID) peering.Peering {
	t.Helper()
	p, err := env.Show(t.Context(), peering.Scope{Tenant: env.accepter.Tenant}, id)
	wantCode(t, err, "")
	return p
}

func wantStatus(t *testing.T, p peering.Peering, want peering.Status) {
	t.Helper()
	if p.Status != want {
		t.Fatalf("status of peering %s = %s, want %s", p.ID, p.Status, want)
	}
}

// wantIDs checks the IDs of the peerings and their order.
func wantIDs(t *testing.T, got []peering.Peering, want ...peering.ID) {
	t.Helper()
	ids := make([]peering.ID, len(got))
	for i, p := range got {
		ids[i] = p.ID
	}
	if !slices.Equal(ids, want) {
		t.Errorf("got peerings %v, want %v", ids, want)
	}
}

// spellings returns equal IDs in different forms.
func spellings(id peering.ID) map[string]peering.ID {
	return map[string]peering.ID{
		"unchanged":                     id,
		"in upper case":                 peering.ID(strings.ToUpper(string(id))),
		"without hyphens":               peering.ID(id.Key()),
		"in upper case without hyphens": peering.ID(strings.ToUpper(id.Key())),
	}
}
