package etcd_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/peering"
)

// TestQuotaRaced has 100 ask for the one place that is left, in each quota.
func TestQuotaRaced(t *testing.T) {
	const attempts = 100
	cluster, tenant := newCluster(), newID()
	for _, tt := range []struct {
		name   string
		limits peering.Quotas
		next   func() peering.Peering
	}{
		{"tenant", peering.Quotas{Tenant: 3, Cluster: 1, Pending: 1}, func() peering.Peering {
			return newPeering(peering.VPC{ID: newID(), Tenant: tenant}, newVPC())
		}},
		{"pending", peering.Quotas{Tenant: 1, Cluster: 1, Pending: 3}, func() peering.Peering {
			return newPeering(newVPC(), peering.VPC{ID: newID(), Tenant: tenant})
		}},
		{"cluster", peering.Quotas{Tenant: 1, Cluster: 3, Pending: 1}, func() peering.Peering {
			p := newPeering(cluster.VPC, newVPC())
			p.Cluster = cluster.ClusterRef
			return p
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			store := open(t)
			put(t, store, cluster)
			wanted := make([]peering.Peering, attempts+2)
			for i := range wanted {
				wanted[i] = tt.next()
			}
			try := func(p peering.Peering) error {
				_, _, err := store.Create(t.Context(), p, peering.Idempotency{}, tt.limits)
				return err
			}
			wantCode(t, try(wanted[attempts]), "")
			wantCode(t, try(wanted[attempts+1]), "")
			made := 0
			for _, err := range race(attempts, func(i int) error { return try(wanted[i]) }) {
				if err == nil {
					made++
					continue
				}
				wantCode(t, err, peering.QuotaExceeded)
			}
			if made != 1 {
				t.Errorf("%d got the one place", made)
			}
			invariants(t, store)
			wantCode(t, act(t, store, peering.Delete, wanted[attempts].ID), "")
			wantCode(t, try(tt.next()), "")
			wantCode(t, try(tt.next()), peering.QuotaExceeded)
		})
	}
}

// TestAcceptCountsForTheAccepter has a tenant accept more than it may.
func TestAcceptCountsForTheAccepter(t *testing.T) {
	store, tenant := open(t), newID()
	few := peering.Quotas{Tenant: 1, Cluster: 1, Pending: 9}
	accept := func(id peering.ID) error {
		_, err := store.Update(t.Context(), id, few, taking(peering.Accept))
		return err
	}
	offers := make([]peering.Peering, 8)
	for i := range offers {
		offers[i] = create(t, store, newPeering(newVPC(), peering.VPC{ID: newID(), Tenant: tenant}))
	}
	made := 0
	for _, err := range race(len(offers), func(i int) error { return accept(offers[i].ID) }) {
		if err == nil {
			made++
			continue
		}
		wantCode(t, err, peering.QuotaExceeded)
	}
	if made != 1 {
		t.Errorf("%d were accepted, want 1", made)
	}
	invariants(t, store)
}

// TestCreateInterruptedByTheLastPlace has somebody else take the last place between the count and the transaction.
func TestCreateInterruptedByTheLastPlace(t *testing.T) {
	store, tenant := open(t), newID()
	of := func() peering.Peering { return newPeering(peering.VPC{ID: newID(), Tenant: tenant}, newVPC()) }
	interrupted := store.Interrupted(func(n int) {
		if n == 2 {
			create(t, store, of())
		}
	})
	_, _, err := interrupted.Create(t.Context(), of(), peering.Idempotency{}, peering.Quotas{Tenant: 1, Cluster: 1, Pending: 1})
	wantCode(t, err, peering.QuotaExceeded)
	invariants(t, store)
}

func TestSettlingFreesQuotaAndPair(t *testing.T) {
	store := open(t)
	p := create(t, store, newPeering(newVPC(), newVPC()))
	rules, now := peering.DefaultRules(), p.ExpiresAt
	rules.Tenant = 1
	settle := func() (int, error) { return service(store, rules, &now).ExpireDue(t.Context()) }
	now = now.Add(-1)
	if n, err := settle(); n != 0 || err != nil {
		t.Errorf("settled %d too early: %v", n, err)
	}
	now = now.Add(1)
	if n, err := settle(); n != 1 || err != nil {
		t.Errorf("settled %d, %v", n, err)
	}
	wantStatus(t, store, p.ID, peering.Expired)
	if n, err := settle(); n != 0 || err != nil {
		t.Errorf("settled %d again, %v", n, err)
	}
	invariants(t, store)
	// A wall clock that goes back changes nothing.
	now = p.CreatedAt
	_, err := service(store, rules, &now).Accept(t.Context(), p.Accepter.Tenant, p.ID)
	wantCode(t, err, peering.WrongStatus)
	_, _, err = store.Create(t.Context(), newPeering(p.Requester, p.Accepter), peering.Idempotency{}, rules.Quotas)
	wantCode(t, err, "")
}

// TestExpiredPeeringHoldsNobodyUp has a tenant at its quota ask for more once what it has is expired, before anybody
// has settled that.
func TestExpiredPeeringHoldsNobodyUp(t *testing.T) {
	store, rules := open(t), peering.DefaultRules()
	rules.Tenant = 1
	p := create(t, store, newPeering(newVPC(), newVPC()))
	ask := func() error {
		_, _, err := service(store, rules, &p.ExpiresAt).Create(t.Context(), p.Requester.Tenant,
			peering.Peering{Name: "n", Requester: peering.VPC{ID: newID()}, Accepter: newVPC()}, peering.Idempotency{})
		return err
	}
	wantCode(t, ask(), "")
	wantCode(t, ask(), peering.QuotaExceeded)
	invariants(t, store)
}

func TestSettlingGoesOnBehindARecordThatCannotBeRead(t *testing.T) {
	store, rules := open(t), peering.DefaultRules()
	broken, p := create(t, store, newPeering(newVPC(), newVPC())), create(t, store, newPeering(newVPC(), newVPC()))
	key := "/peering/peering/" + broken.ID.Key()
	if _, err := store.Client().Put(t.Context(), key, "{"); err != nil {
		t.Fatal(err)
	}
	n, err := service(store, rules, &p.ExpiresAt).ExpireDue(t.Context())
	if n != 1 || err == nil {
		t.Errorf("settled %d, %v", n, err)
	}
	wantStatus(t, store, p.ID, peering.Expired)
	if got := dump(t, store)[key]; got != "{" {
		t.Errorf("the record that can't be read became %s", got)
	}
}

func TestOneLeadsAtATime(t *testing.T) {
	endpoint, _ := server(t)
	stores := []*etcd.Store{connect(t, 0, endpoint), connect(t, 0, endpoint)}
	leading, resign := make(chan int), make(chan struct{})
	lead := func(i int) {
		err := stores[i].RunAsLeader(t.Context(), "test", func(context.Context) {
			leading <- i
			<-resign
		})
		wantCode(t, err, "")
	}
	var wg sync.WaitGroup
	for i := range stores {
		wg.Go(func() { lead(i) })
	}
	first := <-leading
	select {
	case <-leading:
		t.Error("two lead")
	default:
	}
	resign <- struct{}{}
	if second := <-leading; second == first {
		t.Error("the same one leads again")
	}
	resign <- struct{}{}
	wg.Wait()
}

func service(store *etcd.Store, rules peering.Rules, now *time.Time) *peering.Service {
	return peering.NewService(store, rules, func() time.Time { return *now }, newID)
}
