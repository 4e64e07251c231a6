package etcd_test

import (
	"testing"
	"time"

	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/peering"
)

func TestExpireDueFreesQuotaAndPair(t *testing.T) {
	store := newStore(t)
	p := create(t, store, newPeering(newVPC(), newVPC()))
	rules, now := peering.DefaultRules(), p.ExpiresAt
	rules.Tenant = 1
	expireDue := func() (int, error) { return newService(store, rules, &now).ExpireDue(t.Context()) }
	now = now.Add(-1)
	if n, err := expireDue(); n != 0 || err != nil {
		t.Errorf("expired %d peerings before their time, %v", n, err)
	}
	now = now.Add(1)
	if n, err := expireDue(); n != 1 || err != nil {
		t.Errorf("expired %d peerings, %v; want 1", n, err)
	}
	wantStatus(t, store, p.ID, peering.Expired)
	if n, err := expireDue(); n != 0 || err != nil {
		t.Errorf("expired %d peerings again, %v", n, err)
	}
	wantConsistent(t, store)
	// A clock that goes back does not revive the peering.
	now = p.CreatedAt
	_, err := newService(store, rules, &now).Accept(t.Context(), p.Accepter.Tenant, p.ID)
	wantCode(t, err, peering.WrongStatus)
	_, _, err = store.Create(t.Context(), newPeering(p.Requester, p.Accepter), peering.Idempotency{}, rules.Quotas)
	wantCode(t, err, "")
}

// TestExpiredPeeringDoesNotCount creates a peering for a tenant at its quota when
// the existing one has expired, but is still stored as pending.
func TestExpiredPeeringDoesNotCount(t *testing.T) {
	store, rules := newStore(t), peering.DefaultRules()
	rules.Tenant = 1
	p := create(t, store, newPeering(newVPC(), newVPC()))
	createNext := func() error {
		_, _, err := newService(store, rules, &p.ExpiresAt).Create(t.Context(), p.Requester.Tenant,
			peering.Peering{Name: "n", Requester: peering.VPC{ID: newID()}, Accepter: newVPC()}, peering.Idempotency{})
		return err
	}
	wantCode(t, createNext(), "")
	wantCode(t, createNext(), peering.QuotaExceeded)
	wantConsistent(t, store)
}

func TestExpireDueSkipsAnUnreadableRecord(t *testing.T) {
	store, rules := newStore(t), peering.DefaultRules()
	broken, p := create(t, store, newPeering(newVPC(), newVPC())), create(t, store, newPeering(newVPC(), newVPC()))
	key := "/peering/peering/" + broken.ID.Key()
	putKey(t, store, key, "{")
	n, err := newService(store, rules, &p.ExpiresAt).ExpireDue(t.Context())
	if n != 1 || err == nil {
		t.Errorf("expired %d peerings, %v; want 1 and an error", n, err)
	}
	wantStatus(t, store, p.ID, peering.Expired)
	if got := dumpKeys(t, store)[key]; got != "{" {
		t.Errorf("the unreadable record became %s", got)
	}
}

func newService(store *etcd.Store, rules peering.Rules, now *time.Time) *peering.Service {
	return peering.NewService(store, rules, func() time.Time { return *now }, newID)
}
