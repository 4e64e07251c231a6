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

// seedVariable names the environment variable with which a run of TestRandom is repeated. The order in which its
// goroutines get their turn is not.
const seedVariable = "PEERING_TEST_SEED"

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

// A crowd are tenants that do whatever comes to their mind with few VPCs, so that they get in each other's way.
type crowd struct {
	*peering.Service

	clock    atomic.Int64 // hours since created
	tenants  []peering.ID
	vpcs     []peering.VPC
	clusters []peering.Cluster

	mu    sync.Mutex
	made  []peering.ID
	alive map[peering.ID]bool
}

func newCrowd(t *testing.T, store *etcd.Store) *crowd {
	t.Helper()
	c := &crowd{alive: map[peering.ID]bool{}}
	rules := peering.DefaultRules()
	rules.Quotas = peering.Quotas{Tenant: 4, Cluster: 3, Pending: 3}
	c.Service = peering.NewService(store, rules, func() time.Time {
		return created.Add(time.Duration(c.clock.Load()) * time.Hour)
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

// any answers the id of a peering that was made at some time.
func (c *crowd) any(r *rand.Rand) peering.ID {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.made) == 0 {
		return newID()
	}
	return pick(r, c.made[max(0, len(c.made)-20):])
}

func (c *crowd) remember(p peering.Peering, _ bool, err error) error {
	if err == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.made = append(c.made, p.ID)
		c.alive[p.ID] = true
	}
	return err
}

func (c *crowd) forget(id peering.ID, err error) error {
	if err == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.alive, id)
	}
	return err
}

func pick[T any](r *rand.Rand, from []T) T {
	return from[r.IntN(len(from))]
}

// act does one thing.
func (c *crowd) act(t *testing.T, r *rand.Rand) error {
	t.Helper()
	ctx, caller, id := t.Context(), pick(r, c.tenants), c.any(r)
	name := strconv.Itoa(r.IntN(1000))
	switch what := r.IntN(100); {
	case what < 25:
		own := pick(r, c.vpcs)
		return c.remember(c.Create(ctx, own.Tenant, peering.Peering{Name: name, Requester: own, Accepter: pick(r, c.vpcs)}, peering.Idempotency{}))
	case what < 40:
		return c.remember(c.CreateForCluster(ctx, pick(r, c.clusters).ClusterRef, peering.Peering{Name: name, Accepter: pick(r, c.vpcs)}, peering.Idempotency{}))
	case what < 52:
		_, err := c.Accept(ctx, caller, id)
		return err
	case what < 60:
		_, err := c.Reject(ctx, caller, id)
		return err
	case what < 70:
		_, err := c.Rename(ctx, caller, id, peering.Change{Name: &name})
		return err
	case what < 80:
		return c.forget(id, c.Delete(ctx, peering.Scope{Tenant: caller}, id))
	case what < 85:
		return c.forget(id, c.Delete(ctx, peering.Scope{Cluster: pick(r, c.clusters).ClusterRef}, id))
	case what < 92:
		_, _, err := c.List(ctx, peering.Scope{Tenant: caller}, peering.Filter{}, id, 3)
		return err
	case what < 95:
		_, err := c.ExpireDue(ctx)
		return err
	case what < 97:
		_, err := c.Show(ctx, peering.Scope{Tenant: caller}, id)
		return err
	default:
		c.clock.Add(r.Int64N(4 * 24)) // two or so of these and what is pending has expired
		return nil
	}
}

// TestRandom lets a crowd loose on the store, then looks whether all that was answered is so and nothing else is there.
func TestRandom(t *testing.T) {
	const workers, actions = 6, 150
	store := open(t)
	c := newCrowd(t, store)
	seed := seed(t)
	expected := []peering.Code{
		peering.AlreadyPeered, peering.SelfPeering, peering.WrongStatus, peering.Forbidden, peering.NotFound, peering.QuotaExceeded,
	}
	race(workers, func(worker int) error {
		r := rand.New(rand.NewPCG(seed, uint64(worker)))
		for range actions {
			if err := c.act(t, r); err != nil && !slices.Contains(expected, peering.CodeOf(err)) {
				t.Errorf("unexpected error: %v", err)
			}
		}
		return nil
	})
	invariants(t, store)
	found := map[peering.ID]bool{}
	for _, tenant := range c.tenants {
		ids, _ := list(t, store, peering.Scope{Tenant: tenant}, peering.Query{})
		for _, id := range ids {
			found[id] = true
			if !c.alive[id] {
				t.Errorf("peering %s is there, but was deleted or never answered", id)
			}
		}
	}
	for id := range c.alive {
		if !found[id] {
			t.Errorf("peering %s was made and not deleted, but is not there", id)
		}
	}
	t.Logf("%d peerings were made, %d are left", len(c.made), len(c.alive))
}
