// Package etcd keeps peerings and clusters in etcd, the only package that knows it: embedded in the process, or a
// cluster. Every change is one transaction that compares the revisions it was decided on and writes the record together
// with its index keys; no locks are used.
package etcd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/namespace"

	"github.com/peering/peering/internal/peering"
)

// Config says which etcd the store uses.
type Config struct {
	// DataDir is the folder of the embedded etcd, made if it is not there. It belongs to one process at a time.
	DataDir string
	// Endpoints are the URLs of an etcd cluster, version 3.6.9 or later. With them DataDir is not used.
	Endpoints []string
	// Quota is how many bytes the database of the embedded etcd may have; DefaultQuota where it is 0. When they are used up
	// the store refuses to write until there is room again.
	Quota int64
	// CACert, Cert and Key are PEM files for https endpoints: the CA that signs theirs, the system's by default, and what
	// this client shows of itself. They are read again for new connections.
	CACert, Cert, Key string
	// User and Password are for a cluster that asks for them.
	User, Password string
	// Prefix is what all keys start with; nothing by default.
	Prefix string
	// Timeout is how long a call may take; 1.5 s by default.
	Timeout time.Duration
	// Log gets what etcd reports: its errors, and at level debug everything.
	Log *slog.Logger
	// Settled is told of a peering that Create has stored as EXPIRED, beside the one that it was asked for; nobody is by
	// default.
	Settled func(context.Context, peering.Peering)

	// limits and free are the usual ones but in tests.
	limits limits
	free   func(dir string) (uint64, error)
}

// Store implements peering.Store.
type Store struct {
	client *clientv3.Client
	// member is the etcd in this process, nil where the store is an etcd cluster.
	member  *member
	timeout time.Duration
	lease   *lease
	turns   *turns
	settled func(context.Context, peering.Peering)
	close   func() error
}

var _ peering.Store = (*Store)(nil)

// startTimeout is how long a store may take to become ready.
const startTimeout = time.Minute

// Open answers a store that is ready to serve, after a minute at most. Close it after use.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	s, err := open(ctx, cfg.usual())
	if err != nil {
		return nil, err
	}
	if err := s.Ready(ctx); errors.Is(err, errRestoring) {
		return nil, errors.Join(errRestoring, s.Close())
	}
	return s, nil
}

// open is Open for a store that a restore may have left half done.
func open(ctx context.Context, cfg Config) (*Store, error) {
	store := &Store{timeout: cfg.Timeout, lease: newLease(), turns: newTurns(), settled: cfg.Settled}
	shut, err := store.connect(ctx, cfg)
	if err != nil {
		return nil, err
	}
	store.close = sync.OnceValue(shut)
	if cfg.Prefix != "" {
		store.client.KV = namespace.NewKV(store.client.KV, cfg.Prefix)
		store.client.Watcher = namespace.NewWatcher(store.client.Watcher, cfg.Prefix)
		store.client.Lease = namespace.NewLease(store.client.Lease, cfg.Prefix)
	}
	if store.member != nil {
		stop := store.member.startMaintenance()
		store.close = sync.OnceValue(func() error {
			stop()
			return shut()
		})
	}
	return store, nil
}

// connect sets the client, of the cluster or of a member in this process; shut ends both.
func (s *Store) connect(ctx context.Context, cfg Config) (shut func() error, err error) {
	if len(cfg.Endpoints) > 0 {
		s.client, shut, err = openCluster(ctx, cfg)
		return shut, err
	}
	s.member, shut, err = openEmbedded(ctx, cfg)
	if err != nil {
		return nil, err
	}
	s.client = s.member.client
	return shut, nil
}

// usual answers cfg with the defaults of what it leaves open.
func (cfg Config) usual() Config {
	if cfg.Timeout == 0 {
		cfg.Timeout = 1500 * time.Millisecond
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Quota == 0 {
		cfg.Quota = DefaultQuota
	}
	if cfg.Settled == nil {
		cfg.Settled = func(context.Context, peering.Peering) {}
	}
	if cfg.limits == (limits{}) {
		cfg.limits = limits{retention: 1000, large: 64 << 20}
	}
	cfg.limits.quota, cfg.limits.reserved = cfg.Quota, cfg.Quota/16
	if cfg.free == nil {
		cfg.free = freeBytes
	}
	return cfg
}

// Close releases the store; an embedded etcd is stopped. Closing again changes nothing.
func (s *Store) Close() error {
	return s.close()
}

var errRestoring = errors.New("a restore into the store did not come to its end; run it again")

// Ready answers nil where the store can serve, that is where a linearizable read succeeds and no restore is half done,
// and why it can't otherwise.
func (s *Store) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	resp, err := s.client.Get(ctx, restoringKey, clientv3.WithCountOnly())
	if err != nil {
		return &peering.Error{Code: peering.Unavailable, Message: s.ailment(ctx), Err: err}
	}
	if resp.Count > 0 {
		return &peering.Error{Code: peering.Unavailable, Message: "The store is being restored.", Err: errRestoring}
	}
	return nil
}

// ailment tells what is wrong with an etcd that does not answer.
func (s *Store) ailment(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeout/3)
	defer cancel()
	// A read of what one member happens to know is good for nothing else.
	if _, err := s.client.Get(ctx, root, clientv3.WithCountOnly(), clientv3.WithSerializable()); err == nil {
		return "etcd answers, but has no quorum"
	}
	return "etcd does not answer"
}

// commit runs one transaction: then where all comparisons hold, otherwise the reads of otherwise.
func (s *Store) commit(ctx context.Context, compare []clientv3.Cmp, then, otherwise []clientv3.Op) (*clientv3.TxnResponse, error) {
	if err := s.roomFor(slices.Concat(then, otherwise)); err != nil {
		return nil, err
	}
	resp, err := s.client.Txn(ctx).If(compare...).Then(then...).Else(otherwise...).Commit()
	if err != nil {
		return nil, translate(fmt.Errorf("transaction: %w", err))
	}
	return resp, nil
}
