package daemon_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/peering/peering/internal/daemon"
	"github.com/peering/peering/internal/e2e/harness"
	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/peering"
)

// TestAuditOfExpiry expires one peering by the worker, and another one by
// creating a peering of the same pair.
func TestAuditOfExpiry(t *testing.T) {
	now := time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	buffer := &harness.Buffer{}
	log := slog.New(slog.NewJSONHandler(buffer, nil))
	store, service, err := daemon.OpenStore(t.Context(), etcd.Config{DataDir: t.TempDir()}, peering.DefaultRules(), func() time.Time { return now }, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	request := func(vpc peering.ID) peering.Peering {
		return peering.Peering{Requester: peering.VPC{ID: harness.PeerVPC}, Accepter: peering.VPC{ID: vpc, Tenant: harness.Stranger}}
	}
	var ids []string
	for _, vpc := range []peering.ID{harness.OtherVPC, harness.UnknownID} {
		p, _, err := service.Create(t.Context(), harness.Project, request(vpc), peering.Idempotency{})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, string(p.ID))
	}
	now = now.Add(peering.DefaultRules().Lifetime)
	if _, _, err := service.Create(t.Context(), harness.Project, request(harness.OtherVPC), peering.Idempotency{}); err != nil {
		t.Fatal(err)
	}
	const expired = "changed expire peering by expiry from=PENDING_ACCEPTANCE to=EXPIRED"
	harness.WantAudit(t, buffer.Audit(t, `"EXPIRED"`), expired)
	daemon.ExpireDue(t.Context(), service, log)
	for _, id := range ids {
		harness.WantAudit(t, buffer.Audit(t, id)[1:], expired)
	}
}
