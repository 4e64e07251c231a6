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

// A fault changes the requests that a store sends to etcd. The zero fault changes
// nothing.
type fault struct {
	// serializable reads from one member, without a quorum.
	serializable bool
	// dropCompare selects the comparisons that are dropped.
	dropCompare func(key string) bool
	// putLater selects the puts that are made after the transaction.
	putLater func(key string) bool
	// respondEarly reports success of changes before they are committed.
	respondEarly bool
	// delayTxn delays each transaction, so that more happens in between.
	delayTxn bool
}

func hasPrefix(prefix string) func(string) bool {
	return func(key string) bool { return strings.HasPrefix(key, prefix) }
}

// faults are mistakes that an implementation of the store could make.
var faults = []struct {
	name string
	fault
}{
	{"serializable reads", fault{serializable: true}},
	{"update that compares no revision", fault{dropCompare: hasPrefix("/peering/peering/")}},
	{"quota counted outside the transaction", fault{dropCompare: hasPrefix("/peering/quota-guard/"), delayTxn: true}},
	{"pair looked up outside the transaction", fault{dropCompare: hasPrefix("/peering/pair/")}},
	{"response before the commit", fault{respondEarly: true}},
	{"idempotency key written after the peering", fault{dropCompare: hasPrefix("/peering/once/"), putLater: hasPrefix("/peering/once/")}},
}

// TestLinearizability runs many clients on the stores of two processes, which use
// a cluster of three members, and checks that the recorded history is
// linearizable. It then does the same with each of the faults, to show that the
// check detects them.
func TestLinearizability(t *testing.T) {
	t.Parallel()
	testLinearizability(t, 1, 100)
}

// TestLongLinearizability is TestLinearizability with longer histories.
func TestLongLinearizability(t *testing.T) {
	skipUnlessLong(t)
	testLinearizability(t, 3, 600)
}

// testLinearizability checks the given number of histories without a fault. With
// a fault, the histories have the given number of operations: most faults show in
// a short one.
func testLinearizability(t *testing.T, histories, faultOperations int) {
	t.Helper()
	cluster := startCluster(t)
	seed := seed(t)
	t.Run("no fault", func(t *testing.T) {
		for round := range uint64(histories) {
			result := checkHistory(t, cluster, fault{}, seed+round, 600)
			if len(result.Illegal) > 0 || result.Undecided > 0 {
				t.Fatalf("not linearizable: %s", strings.Join(result.Illegal, "\n"))
			}
		}
	})
	for _, tt := range faults {
		t.Run(tt.name, func(t *testing.T) {
			for round := range uint64(4800 / faultOperations) {
				if result := checkHistory(t, cluster, tt.fault, seed+round, faultOperations); len(result.Illegal) > 0 {
					return
				}
			}
			t.Error("the fault was not detected")
		})
	}
}

// checkHistory records a history of stores with the fault and checks it.
func checkHistory(t *testing.T, cluster []*member, f fault, seed uint64, operations int) linearizability.Result {
	t.Helper()
	var systems []linearizability.System
	var commits sync.WaitGroup
	rules := peering.DefaultRules()
	rules.Quotas = peering.Quotas{Tenant: 3, Cluster: 2, Pending: 2}
	for _, m := range cluster[:2] {
		store := connect(t, time.Minute, m.endpoint).WithKV(func(kv clientv3.KV) clientv3.KV {
			return faultyKV{kv, f, &commits}
		})
		systems = append(systems, peering.NewService(store, rules, time.Now, newID))
	}
	recorder := linearizability.NewRecorder(rules.Quotas)
	workload := linearizability.Workload{
		Recorder: recorder, Systems: func() []linearizability.System { return systems },
		Seed: seed, Clients: 16, Operations: operations,
	}
	if err := workload.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	commits.Wait()
	result := recorder.Check(time.Minute)
	t.Log(result)
	return result
}

// faultyKV is the KV of a client with a fault.
type faultyKV struct {
	clientv3.KV
	fault

	commits *sync.WaitGroup
}

func (kv faultyKV) Get(ctx context.Context, key string, opts ...clientv3.OpOption) (*clientv3.GetResponse, error) {
	if kv.serializable {
		opts = append(opts, clientv3.WithSerializable())
	}
	return kv.KV.Get(ctx, key, opts...)
}

func (kv faultyKV) Txn(ctx context.Context) clientv3.Txn {
	return &faultyTxn{ctx: ctx, kv: kv}
}

type faultyTxn struct {
	ctx             context.Context
	kv              faultyKV
	compare         []clientv3.Cmp
	then, otherwise []clientv3.Op
}

func (t *faultyTxn) If(compare ...clientv3.Cmp) clientv3.Txn {
	t.compare = slices.DeleteFunc(slices.Clone(compare), func(c clientv3.Cmp) bool {
		return t.kv.dropCompare != nil && t.kv.dropCompare(string(c.KeyBytes()))
	})
	return t
}

func (t *faultyTxn) Then(ops ...clientv3.Op) clientv3.Txn {
	t.then = ops
	return t
}

func (t *faultyTxn) Else(ops ...clientv3.Op) clientv3.Txn {
	t.otherwise = ops
	return t
}

func (t *faultyTxn) Commit() (*clientv3.TxnResponse, error) {
	writes := slices.ContainsFunc(t.then, func(op clientv3.Op) bool { return !op.IsGet() })
	for i := range t.then {
		if t.kv.serializable && t.then[i].IsGet() {
			clientv3.WithSerializable()(&t.then[i])
		}
	}
	for range 5 {
		if t.kv.delayTxn {
			_, _ = t.kv.KV.Get(t.ctx, "/")
		}
	}
	isLater := func(op clientv3.Op) bool {
		return op.IsPut() && t.kv.putLater != nil && t.kv.putLater(string(op.KeyBytes()))
	}
	then := slices.DeleteFunc(slices.Clone(t.then), isLater)
	later := slices.DeleteFunc(t.then, func(op clientv3.Op) bool { return !isLater(op) })
	txn := t.kv.KV.Txn(context.WithoutCancel(t.ctx)).If(t.compare...).Then(then...).Else(t.otherwise...)
	if t.kv.respondEarly && writes {
		t.kv.commits.Go(func() { _, _ = txn.Commit() })
		return &clientv3.TxnResponse{Succeeded: true}, nil
	}
	resp, err := txn.Commit()
	if err != nil || len(later) == 0 {
		return resp, err
	}
	_, err = t.kv.KV.Txn(t.ctx).Then(later...).Commit()
	return resp, err
}
