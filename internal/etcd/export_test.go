package etcd

import (
	"context"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/namespace"
	"go.etcd.io/etcd/pkg/v3/traceutil"
	etcdlease "go.etcd.io/etcd/server/v3/lease"

	"github.com/peering/peering/internal/peering"
)

var (
	CheckVersion = checkVersion
	Translate    = translate
	NewZapLogger = newZapLogger
)

// BatchSize is the number of peerings that a list reads at once.
const BatchSize = batchSize

// WithoutFsync returns cfg for an embedded etcd that does not wait for the disk.
func WithoutFsync(cfg Config) Config {
	cfg.noFsync = true
	return cfg
}

// WithMaintenance returns cfg for a store whose maintenance runs only when a test
// calls it. Compaction retains the given number of revisions, and defragmentation
// requires the given size of the database file. If free is not nil, it replaces
// the free space of the data directory's file system.
func WithMaintenance(cfg Config, retainRevisions, minFileSize int64, free func(dir string) (uint64, error)) Config {
	cfg.maintenance = maintenanceConfig{retainRevisions: retainRevisions, minFileSize: minFileSize, interval: time.Hour}
	cfg.freeBytes = free
	return cfg
}

// WithMinRevisions returns cfg with the number of removable revisions that a
// compaction requires.
func WithMinRevisions(cfg Config, minRevisions int64) Config {
	cfg.maintenance.minRevisions = minRevisions
	return cfg
}

// WithConstantMaintenance returns cfg for a store whose maintenance runs all the
// time and calls run each time.
func WithConstantMaintenance(cfg Config, run func()) Config {
	cfg = WithMaintenance(cfg, 0, 1<<40, func(dir string) (uint64, error) {
		run()
		return freeBytes(dir)
	})
	cfg.maintenance.interval = time.Millisecond
	return cfg
}

// RunMaintenance runs the maintenance once.
func (s *Store) RunMaintenance(ctx context.Context) error {
	return s.embedded.runMaintenance(ctx)
}

// Maintain runs the maintenance at each tick until ctx ends.
func (s *Store) Maintain(ctx context.Context, ticks <-chan time.Time) {
	s.embedded.maintain(ctx, ticks)
}

// DatabaseSize returns the size of the database file in bytes and how many of
// them are in use.
func (s *Store) DatabaseSize() (size, inUse int64) {
	backend := s.embedded.server.Server.Backend()
	backend.ForceCommit()
	return backend.Size(), backend.SizeInUse()
}

// Client returns the etcd client, for tests that read or write keys directly.
func (s *Store) Client() *clientv3.Client {
	return s.client
}

// WithPrefix returns a store on the same etcd whose keys have a prefix. Closing
// it has no effect.
func (s *Store) WithPrefix(prefix string) *Store {
	client := clientv3.NewCtxClient(s.client.Ctx())
	client.KV = namespace.NewKV(s.client.KV, prefix)
	client.Lease = namespace.NewLease(s.client.Lease, prefix)
	client.Watcher = namespace.NewWatcher(s.client.Watcher, prefix)
	client.Maintenance = s.client.Maintenance
	prefixed := s.withClient(client)
	prefixed.embedded, prefixed.external, prefixed.close = s.embedded, s.external, func() error { return nil }
	return prefixed
}

// Intercepted returns the same store, except that it calls before ahead of each
// read and transaction with their number, starting at 1. A test can use it to
// make a change between two of them.
func (s *Store) Intercepted(before func(n int)) *Store {
	n := 0
	return s.WithKV(func(kv clientv3.KV) clientv3.KV {
		return interceptedKV{KV: kv, before: func() { n++; before(n) }}
	})
}

// WithKV returns the same store with a replacement for its client's reads and
// transactions.
func (s *Store) WithKV(wrap func(clientv3.KV) clientv3.KV) *Store {
	client := clientv3.NewCtxClient(context.Background())
	client.KV, client.Lease = wrap(s.client.KV), s.client.Lease
	return s.withClient(client)
}

func (s *Store) withClient(client *clientv3.Client) *Store {
	return &Store{client: client, timeout: s.timeout, lease: newSharedLease(), mutexes: newQuotaMutexes(), onExpired: s.onExpired}
}

// Load stores new peerings as Create would, but without etcd's log and without
// any checks.
func (s *Store) Load(peerings []peering.Peering) error {
	txn := s.embedded.server.Server.KV().Write(traceutil.TODO())
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

type interceptedKV struct {
	clientv3.KV

	before func()
}

func (kv interceptedKV) Get(ctx context.Context, key string, opts ...clientv3.OpOption) (*clientv3.GetResponse, error) {
	kv.before()
	return kv.KV.Get(ctx, key, opts...)
}

func (kv interceptedKV) Txn(ctx context.Context) clientv3.Txn {
	return interceptedTxn{kv.KV.Txn(ctx), kv.before}
}

type interceptedTxn struct {
	clientv3.Txn

	before func()
}

func (t interceptedTxn) If(cs ...clientv3.Cmp) clientv3.Txn {
	return interceptedTxn{t.Txn.If(cs...), t.before}
}

func (t interceptedTxn) Then(ops ...clientv3.Op) clientv3.Txn {
	return interceptedTxn{t.Txn.Then(ops...), t.before}
}

func (t interceptedTxn) Else(ops ...clientv3.Op) clientv3.Txn {
	return interceptedTxn{t.Txn.Else(ops...), t.before}
}

func (t interceptedTxn) Commit() (*clientv3.TxnResponse, error) {
	t.before()
	return t.Txn.Commit()
}
