package etcd_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/peering/peering/internal/linearizability"
	"github.com/peering/peering/internal/peering"
)

// A defect changes what a store says to etcd. Without any the store is as it is.
type defect struct {
	// alone has one member answer reads by itself.
	alone bool
	// lost tells of a comparison that is not made.
	lost func(key string) bool
	// late tells of what is written after the transaction instead of in it.
	late func(key string) bool
	// hasty has changes answered before they are made.
	hasty bool
	// slow has other reads made ahead of each transaction, so that more happens in between.
	slow bool
}

func below(prefix string) func(string) bool {
	return func(key string) bool { return strings.HasPrefix(key, prefix) }
}

// planted are defects that a store could have. The first is none.
var planted = []struct {
	name string
	defect
}{
	{"nothing", defect{}},
	{"a read that one member answers for itself", defect{alone: true}},
	{"an update that compares no revision", defect{lost: below("/peering/peering/")}},
	{"a quota counted outside of the transaction", defect{lost: below("/peering/quota-guard/"), slow: true}},
	{"a pair looked up outside of the transaction", defect{lost: below("/peering/pair/")}},
	{"an answer before the commit", defect{hasty: true}},
	{"an idempotency key written after the peering", defect{lost: below("/peering/once/"), late: below("/peering/once/")}},
}

// TestHistories has a crowd use two processes' stores over three etcd members, as they are and with each of the planted
// defects. A history of the former could have happened; those of the latter show that the checker would see if not.
func TestHistories(t *testing.T) {
	three := members(t)
	for _, tt := range planted {
		t.Run(tt.name, func(t *testing.T) {
			var systems []linearizability.System
			var hasty sync.WaitGroup
			rules := peering.DefaultRules()
			rules.Quotas = peering.Quotas{Tenant: 3, Cluster: 2, Pending: 2}
			for _, m := range three[:2] {
				store := connect(t, time.Minute, m.endpoint()).Over(func(kv clientv3.KV) clientv3.KV {
					return defectiveKV{kv, tt.defect, &hasty}
				})
				systems = append(systems, peering.NewService(store, rules, time.Now, newID))
			}
			sound := !tt.alone && tt.lost == nil && !tt.hasty
			seed := seed(t)
			for round := range uint64(8) {
				h := linearizability.NewRecorder(rules.Quotas)
				workload := linearizability.Workload{
					Recorder: h, Systems: func() []linearizability.System { return systems },
					Seed: seed + round, Clients: 16, Operations: 600,
				}
				if err := workload.Run(t.Context()); err != nil {
					t.Fatal(err)
				}
				hasty.Wait()
				verdict := h.Check(time.Minute)
				t.Log(verdict)
				if sound && (len(verdict.Illegal) > 0 || verdict.Undecided > 0) {
					t.Fatalf("in %s", strings.Join(verdict.Illegal, "\n"))
				}
				if sound && round == 2 || len(verdict.Illegal) > 0 {
					return
				}
			}
			t.Error("the defect was not noticed")
		})
	}
}

// defectiveKV is a client's access to keys with a defect.
type defectiveKV struct {
	clientv3.KV
	defect

	committing *sync.WaitGroup
}

func (kv defectiveKV) Get(ctx context.Context, key string, opts ...clientv3.OpOption) (*clientv3.GetResponse, error) {
	if kv.alone {
		opts = append(opts, clientv3.WithSerializable())
	}
	return kv.KV.Get(ctx, key, opts...)
}

func (kv defectiveKV) Txn(ctx context.Context) clientv3.Txn {
	return &defectiveTxn{ctx: ctx, kv: kv}
}

type defectiveTxn struct {
	ctx             context.Context
	kv              defectiveKV
	compare         []clientv3.Cmp
	then, otherwise []clientv3.Op
}

func (t *defectiveTxn) If(compare ...clientv3.Cmp) clientv3.Txn {
	t.compare = slices.DeleteFunc(slices.Clone(compare), func(c clientv3.Cmp) bool { return t.kv.lost != nil && t.kv.lost(string(c.KeyBytes())) })
	return t
}

func (t *defectiveTxn) Then(ops ...clientv3.Op) clientv3.Txn {
	t.then = ops
	return t
}

func (t *defectiveTxn) Else(ops ...clientv3.Op) clientv3.Txn {
	t.otherwise = ops
	return t
}

func (t *defectiveTxn) Commit() (*clientv3.TxnResponse, error) {
	writes := slices.ContainsFunc(t.then, func(op clientv3.Op) bool { return !op.IsGet() })
	for i := range t.then {
		if t.kv.alone && t.then[i].IsGet() {
			clientv3.WithSerializable()(&t.then[i])
		}
	}
	for range 5 {
		if t.kv.slow {
			_, _ = t.kv.KV.Get(t.ctx, "/")
		}
	}
	isLate := func(op clientv3.Op) bool { return op.IsPut() && t.kv.late != nil && t.kv.late(string(op.KeyBytes())) }
	then := slices.DeleteFunc(slices.Clone(t.then), isLate)
	late := slices.DeleteFunc(t.then, func(op clientv3.Op) bool { return !isLate(op) })
	txn := t.kv.KV.Txn(context.WithoutCancel(t.ctx)).If(t.compare...).Then(then...).Else(t.otherwise...)
	if t.kv.hasty && writes {
		t.kv.committing.Go(func() { _, _ = txn.Commit() })
		return &clientv3.TxnResponse{Succeeded: true}, nil
	}
	resp, err := txn.Commit()
	if err != nil || len(late) == 0 {
		return resp, err
	}
	_, err = t.kv.KV.Txn(t.ctx).Then(late...).Commit()
	return resp, err
}
