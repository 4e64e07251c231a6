package etcd

import (
	"context"
	"log/slog"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/pkg/v3/traceutil"
	etcdlease "go.etcd.io/etcd/server/v3/lease"
	"go.uber.org/zap"

	"github.com/peering/peering/internal/peering"
)

var (
	Supported = supported
	Translate = translate
)

// NewLogger answers the logger that etcd is given.
func NewLogger(log *slog.Logger) *zap.Logger {
	return zap.New(logCore{log: log})
}

// Batch is how many peerings a list reads at a time.
const Batch = batch

// Tuned answers cfg for a store that compaction leaves so many changes, whose database is large from so many bytes on, and
// whose disk has as much left as free answers; nil asks the real one. It makes no pass of maintenance by itself.
func Tuned(cfg Config, retention, large int64, free func(dir string) (uint64, error)) Config {
	cfg.limits, cfg.free = limits{retention: retention, large: large, interval: time.Hour}, free
	return cfg
}

// Patient answers cfg for a store that is compacted for so many changes at least.
func Patient(cfg Config, few int64) Config {
	cfg.limits.few = few
	return cfg
}

// Busy answers cfg for a store that makes a pass of maintenance after the other, and calls pass in each.
func Busy(cfg Config, pass func()) Config {
	cfg = Tuned(cfg, 0, 1<<40, func(dir string) (uint64, error) {
		pass()
		return freeBytes(dir)
	})
	cfg.limits.interval = time.Millisecond
	return cfg
}

// Pass makes one pass of maintenance.
func (s *Store) Pass(ctx context.Context) error {
	return s.member.pass(ctx)
}

// Sizes answers how many bytes the database file has, and how many of them are used.
func (s *Store) Sizes() (size, used int64) {
	backend := s.member.etcd.Server.Backend()
	backend.ForceCommit()
	return backend.Size(), backend.SizeInUse()
}

// Maintain makes a pass of maintenance at each tick until the end of ctx.
func (s *Store) Maintain(ctx context.Context, ticks <-chan time.Time) {
	s.member.maintain(ctx, ticks)
}

// Client is for tests that look at the keys or write what the store would not.
func (s *Store) Client() *clientv3.Client {
	return s.client
}

// Interrupted answers the same store, but that it calls before ahead of each of its reads and transactions, with their
// number, from 1. So a test can do between two of them what somebody else might.
func (s *Store) Interrupted(before func(n int)) *Store {
	client := clientv3.NewCtxClient(context.Background())
	n := 0
	client.KV = interruptedKV{KV: s.client.KV, before: func() { n++; before(n) }}
	return &Store{client: client, access: s.access, timeout: s.timeout, lease: s.lease, turns: newTurns(), onExpired: s.onExpired}
}

// Load writes new peerings as Create would, but past etcd's log, and without a look at what is there.
func (s *Store) Load(peerings []peering.Peering) error {
	txn := s.member.etcd.Server.KV().Write(traceutil.TODO())
	defer txn.End()
	put := func(key, value string) { txn.Put([]byte(key), []byte(value), etcdlease.NoLease) }
	for _, p := range peerings {
		value, err := encode(recordOfPeering(p))
		if err != nil {
			return err
		}
		put(peeringKey(p.ID), value)
		put(pairKey(p), p.ID.Key())
		for _, key := range indexKeys(p) {
			put(key, "")
		}
	}
	return nil
}

// Over answers the same store over what wrap makes of its client's reads and transactions.
func (s *Store) Over(wrap func(clientv3.KV) clientv3.KV) *Store {
	client := clientv3.NewCtxClient(context.Background())
	client.KV, client.Lease = wrap(s.client.KV), s.client.Lease
	return &Store{client: client, timeout: s.timeout, lease: newLease(), turns: newTurns(), onExpired: s.onExpired}
}

type interruptedKV struct {
	clientv3.KV

	before func()
}

func (kv interruptedKV) Get(ctx context.Context, key string, opts ...clientv3.OpOption) (*clientv3.GetResponse, error) {
	kv.before()
	return kv.KV.Get(ctx, key, opts...)
}

func (kv interruptedKV) Txn(ctx context.Context) clientv3.Txn {
	return interruptedTxn{kv.KV.Txn(ctx), kv.before}
}

type interruptedTxn struct {
	clientv3.Txn

	before func()
}

func (t interruptedTxn) If(cs ...clientv3.Cmp) clientv3.Txn {
	return interruptedTxn{t.Txn.If(cs...), t.before}
}

func (t interruptedTxn) Then(ops ...clientv3.Op) clientv3.Txn {
	return interruptedTxn{t.Txn.Then(ops...), t.before}
}

func (t interruptedTxn) Else(ops ...clientv3.Op) clientv3.Txn {
	return interruptedTxn{t.Txn.Else(ops...), t.before}
}

func (t interruptedTxn) Commit() (*clientv3.TxnResponse, error) {
	t.before()
	return t.Txn.Commit()
}
