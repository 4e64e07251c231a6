package etcd_test

import (
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/peering"
)

// seedVariable is the environment variable that sets the seed of random tests.
// The same seed repeats their decisions, but not the scheduling of goroutines.
const seedVariable = "PEERING_TEST_SEED"

// seed returns the seed of this run and logs it.
func seed(t *testing.T) uint64 {
	t.Helper()
	seed := rand.Uint64()
	if s := os.Getenv(seedVariable); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%s=%d", seedVariable, seed)
	return seed
}

// randomClients call a service at random. They use few VPCs, so that their calls
// conflict.
type randomClients struct {
	*peering.Service

	clock    atomic.Int64 // hours since createdAt
	tenants  []peering.ID
	vpcs     []peering.VPC
	clusters []peering.Cluster

	mu      sync.Mutex
	created []peering.ID
	// existing are the peerings that were created and not deleted.
	existing map[peering.ID]bool
}

func newRandomClients(t *testing.T, store *etcd.Store) *randomClients {
	t.Helper()
	c := &randomClients{existing: map[peering.ID]bool{}}
	rules := peering.DefaultRules()
	rules.Quotas = peering.Quotas{Tenant: 4, Cluster: 3, Pending: 3}
	c.Service = peering.NewService(store, rules, func() time.Time {
		return createdAt.Add(time.Duration(c.clock.Load()) * time.Hour)
	}, newID)
	for range 3 {
		tenant := newID()
		c.tenants = append(c.tenants, tenant)
		c.vpcs = append(c.vpcs, peering.VPC{ID: newID(), Tenant: tenant}, peering.VPC{ID: newID(), Tenant: tenant})
	}
	for range 2 {
		cluster := newCluster()
		cluster.Project, cluster.VPC = c.tenants[0], peering.VPC{ID: newID(), Tenant: c.tenants[1]}
		cluster.ID += strconv.Itoa(len(c.clusters))
		c.clusters = append(c.clusters, cluster)
	}
	wantCode(t, c.EnsureClusters(t.Context(), c.clusters), "")
	return c
}

// anyID returns the id of one of the last peerings that were created.
func (c *randomClients) anyID(r *rand.Rand) peering.ID {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.created) == 0 {
		return newID()
	}
	return pick(r, c.created[max(0, len(c.created)-20):])
}

func (c *randomClients) recordCreate(p peering.Peering, _ bool, err error) error {
	if err == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.created = append(c.created, p.ID)
		c.existing[p.ID] = true
	}
	return err
}

func (c *randomClients) recordDelete(id peering.ID, err error) error {
	if err == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.existing, id)
	}
	return err
}

func pick[T any](r *rand.Rand, from []T) T {
	return from[r.IntN(len(from))]
}

// call makes one call.
func (c *randomClients) call(t *testing.T, r *rand.Rand) error {
	t.Helper()
	ctx, caller, id := t.Context(), pick(r, c.tenants), c.anyID(r)
	name := strconv.Itoa(r.IntN(1000))
	switch percent := r.IntN(100); {
	case percent < 25:
		own := pick(r, c.vpcs)
		return c.recordCreate(c.Create(ctx, own.Tenant, peering.Peering{Name: name, Requester: own, Accepter: pick(r, c.vpcs)}, peering.Idempotency{}))
	case percent < 40:
		return c.recordCreate(c.CreateForCluster(ctx, pick(r, c.clusters).ClusterRef, peering.Peering{Name: name, Accepter: pick(r, c.vpcs)}, peering.Idempotency{}))
	case percent < 52:
		_, err := c.Accept(ctx, caller, id)
		return err
	case percent < 60:
		_, err := c.Reject(ctx, caller, id)
		return err
	case percent < 70:
		_, err := c.Rename(ctx, caller, id, peering.Change{Name: &name})
		return err
	case percent < 80:
		return c.recordDelete(id, c.Delete(ctx, peering.Scope{Tenant: caller}, id))
	case percent < 85:
		return c.recordDelete(id, c.Delete(ctx, peering.Scope{Cluster: pick(r, c.clusters).ClusterRef}, id))
	case percent < 92:
		_, _, err := c.List(ctx, peering.Scope{Tenant: caller}, peering.Filter{}, id, 3)
		return err
	case percent < 95:
		_, err := c.ExpireDue(ctx)
		return err
	case percent < 97:
		_, err := c.Show(ctx, peering.Scope{Tenant: caller}, id)
		return err
	default:
		c.clock.Add(r.Int64N(4 * 24)) // pending peerings expire after a few of these
		return nil
	}
}

// TestRandomCalls makes random calls at once. Then it checks that the store holds
// exactly the peerings that were created and not deleted.
func TestRandomCalls(t *testing.T) {
	const workers, actions = 6, 150
	store := newStore(t)
	c := newRandomClients(t, store)
	seed := seed(t)
	expected := []peering.Code{
		peering.AlreadyPeered, peering.SelfPeering, peering.WrongStatus, peering.Forbidden, peering.NotFound, peering.QuotaExceeded,
	}
	concurrently(workers, func(worker int) error {
		r := rand.New(rand.NewPCG(seed, uint64(worker)))
		for range actions {
			if err := c.call(t, r); err != nil && !slices.Contains(expected, peering.CodeOf(err)) {
				t.Errorf("unexpected error: %v", err)
			}
		}
		return nil
	})
	wantConsistent(t, store)
	found := map[peering.ID]bool{}
	for _, tenant := range c.tenants {
		ids, _ := listIDs(t, store, peering.Scope{Tenant: tenant}, peering.Query{})
		for _, id := range ids {
			found[id] = true
			if !c.existing[id] {
				t.Errorf("peering %s is stored, but was deleted or never returned", id)
			}
		}
	}
	for id := range c.existing {
		if !found[id] {
			t.Errorf("peering %s was created and not deleted, but is not stored", id)
		}
	}
	t.Logf("%d peerings were created, %d still exist", len(c.created), len(c.existing))
}
