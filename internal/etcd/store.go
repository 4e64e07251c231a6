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

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
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
	// this client shows of itself. For each connection Cert and Key are read again; CACert is read once.
	CACert, Cert, Key string
	// User and Password are for a cluster that asks for them.
	User, Password string
	// Prefix is what all keys start with; nothing by default.
	Prefix string
	// Timeout is how long a call may take; 1.5 s by default.
	Timeout time.Duration
	// Log gets what etcd reports: its errors, and at level debug everything.
	Log *slog.Logger
	// OnExpired is told of a peering that Create has stored as EXPIRED, beside the one that it was asked for; nobody is by
	// default.
	OnExpired func(context.Context, peering.Peering)

	// limits and free are the usual ones but in tests.
	limits limits
	free   func(dir string) (uint64, error)
}

// Store implements peering.Store.
type Store struct {
	client *clientv3.Client
	// member is the etcd in this process, nil where the store is an etcd cluster; access is nil where it is none.
	member    *member
	access    *access
	timeout   time.Duration
	lease     *lease
	turns     *turns
	onExpired func(context.Context, peering.Peering)
	close     func() error
}

var _ peering.Store = (*Store)(nil)

// startTimeout is how long a store may take to become ready.
const startTimeout = time.Minute

// Open answers a store that is ready to serve, after a minute at most, or one on a cluster that does not answer at
// present. It is an error where the user lacks permission for its keys. Close it after use.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	s, err := open(ctx, cfg.usual())
	if err != nil {
		return nil, err
	}
	if err := s.usable(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// usable answers what somebody has to do before the store can be used, or nil.
func (s *Store) usable(ctx context.Context) error {
	err := s.Ready(ctx)
	if errors.Is(err, errRestoring) {
		return errRestoring
	}
	if err == nil && s.access != nil {
		err = s.allowed(ctx)
	}
	if s.access != nil && refused(err) {
		return s.access.refusal(err)
	}
	return nil
}

// open is Open for a store that a restore may have left half done.
func open(ctx context.Context, cfg Config) (*Store, error) {
	store := &Store{timeout: cfg.Timeout, lease: newLease(), turns: newTurns(), onExpired: cfg.OnExpired}
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
		s.client, s.access, err = openCluster(ctx, cfg)
		if err != nil {
			return nil, err
		}
		return s.client.Close, nil
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
	if cfg.OnExpired == nil {
		cfg.OnExpired = func(context.Context, peering.Peering) {}
	}
	if cfg.limits == (limits{}) {
		cfg.limits = limits{retention: 1000, few: 16 << 10, large: 64 << 20, interval: maintenanceInterval}
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

func restoring(message string) error {
	return &peering.Error{Code: peering.Unavailable, Message: message, Err: errRestoring}
}

// Ready answers nil where the store can serve, and why it can't otherwise: a linearizable read has to succeed, no restore
// may be half done, and where a change was refused for lack of permission it has to be given since then.
func (s *Store) Ready(ctx context.Context) error {
	reading, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	resp, err := s.client.Get(reading, restoringKey, clientv3.WithCountOnly())
	if err == nil {
		err = s.stillDenied(ctx)
	}
	if err != nil {
		return s.ailment(ctx, err)
	}
	if resp.Count > 0 {
		return restoring("The store is being restored.")
	}
	return nil
}

// ailment tells what is wrong with an etcd that answers a linearizable read so.
func (s *Store) ailment(ctx context.Context, err error) error {
	e := &peering.Error{Code: peering.Unavailable, Message: "etcd does not answer", Err: err}
	switch {
	case s.access == nil:
	case refused(err):
		e.Message = s.access.refusal(err).Error()
	default:
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeout/3)
		defer cancel()
		silent := s.access.reach(ctx)
		if silent == nil {
			e.Message = "etcd answers, but has no quorum"
		}
		e.Err = errors.Join(err, silent)
	}
	return e
}

// commit runs one transaction: then where all comparisons hold, otherwise the reads of otherwise. While somebody restores
// into the store it changes nothing; of an embedded etcd nobody can do that while it runs.
func (s *Store) commit(ctx context.Context, compare []clientv3.Cmp, then, otherwise []clientv3.Op) (*clientv3.TxnResponse, error) {
	if err := s.roomFor(slices.Concat(then, otherwise)); err != nil {
		return nil, err
	}
	guarded := s.member == nil && slices.ContainsFunc(then, writes)
	if guarded {
		compare = slices.Concat(compare, []clientv3.Cmp{absent(restoringKey)})
		otherwise = slices.Concat(otherwise, []clientv3.Op{clientv3.OpGet(restoringKey, clientv3.WithCountOnly())})
	}
	resp, err := s.client.Txn(ctx).If(compare...).Then(then...).Else(otherwise...).Commit()
	if err != nil {
		if s.access != nil && errors.Is(err, rpctypes.ErrPermissionDenied) {
			s.access.denied.Store(true)
		}
		return nil, translate(fmt.Errorf("transaction: %w", err))
	}
	if guarded && !resp.Succeeded {
		last := len(resp.Responses) - 1
		if resp.Responses[last].GetResponseRange().Count > 0 {
			return nil, restoring("The store is being restored. Nothing was changed.")
		}
		resp.Responses = resp.Responses[:last]
	}
	return resp, nil
}
