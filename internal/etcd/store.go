// Package etcd implements peering.Store on etcd, either embedded in the process
// or an external cluster. No other package imports etcd.
//
// Every change is one transaction. It compares the revisions that the change
// was decided on and writes the record together with its index keys. Locks are
// never needed for correctness.
//
// The package is one because all of it shares the client, the keys and the
// translation of errors:
//
//   - store.go, create.go, peering.go, route.go, cluster.go, list.go,
//     expiry.go, quota.go and idempotency.go implement the interface;
//   - keys.go, record.go and index.go define what is stored;
//   - embedded.go, maintenance.go and space.go run the embedded etcd;
//   - external.go, endpoint.go and permission.go connect to a cluster;
//   - backup.go and restore.go move the data between the two.
package etcd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/namespace"

	"github.com/peering/peering/internal/peering"
)

// Config selects and configures the etcd that a store uses.
type Config struct {
	// DataDir is the directory of the embedded etcd. It is created if it does
	// not exist. Only one process at a time can use it.
	DataDir string
	// Endpoints are the URLs of an external etcd cluster, version 3.6.9 or
	// later. If set, DataDir is ignored.
	Endpoints []string
	// Quota is the maximum size of the embedded etcd's database in bytes.
	// Default: DefaultQuota. A store that has used up its quota rejects writes
	// until space has been freed.
	Quota int64
	// CACert is the PEM file of the CA that signed the certificates of https
	// endpoints. Default: the system's CAs. It is read once.
	CACert string
	// Cert and Key are the PEM files of the client certificate for https
	// endpoints. They are read again for each connection.
	Cert, Key string
	// User and Password authenticate the store with an external cluster.
	User, Password string
	// Prefix is prepended to all keys. Default: none.
	Prefix string
	// Timeout limits each call. Default: 1.5 s.
	Timeout time.Duration
	// Log receives etcd's errors and, at level debug, everything else that etcd
	// logs. Default: discard.
	Log *slog.Logger
	// OnExpired is called for each expired peering that Create stored as EXPIRED
	// to free its pair of VPCs. Default: none.
	OnExpired func(context.Context, peering.Peering)

	// Only tests set the rest.

	maintenance maintenanceConfig
	freeBytes   func(dir string) (uint64, error)
	noFsync     bool
}

// Store implements peering.Store. It is safe for concurrent use.
type Store struct {
	client *clientv3.Client
	// Exactly one of embedded and external is set.
	embedded  *embedded
	external  *external
	timeout   time.Duration
	lease     *sharedLease
	mutexes   *quotaMutexes
	onExpired func(context.Context, peering.Peering)
	close     func() error
}

var _ peering.Store = (*Store)(nil)

// startTimeout limits how long a store may take to become ready.
const startTimeout = time.Minute

// Open opens a store. It waits up to a minute for an embedded etcd to become
// ready. An external cluster without a quorum is not an error, but a user
// without permission for the store's keys is. The caller must close the store.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	s, err := open(ctx, cfg.withDefaults())
	if err != nil {
		return nil, err
	}
	if err := s.checkUsable(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// checkUsable returns an error if the store cannot be used until an operator
// intervenes.
func (s *Store) checkUsable(ctx context.Context) error {
	err := s.Ready(ctx)
	if errors.Is(err, errRestoring) {
		return errRestoring
	}
	if s.external == nil {
		return nil
	}
	if err == nil {
		err = s.checkPermissions(ctx)
	}
	if isAuthError(err) {
		return s.external.authError(err)
	}
	return nil
}

// open is Open without the check for an incomplete restore.
func open(ctx context.Context, cfg Config) (*Store, error) {
	s := &Store{timeout: cfg.Timeout, lease: newSharedLease(), mutexes: newQuotaMutexes(), onExpired: cfg.OnExpired}
	disconnect, err := s.connect(ctx, cfg)
	if err != nil {
		return nil, err
	}
	s.close = sync.OnceValue(disconnect)
	if cfg.Prefix != "" {
		s.client.KV = namespace.NewKV(s.client.KV, cfg.Prefix)
		s.client.Watcher = namespace.NewWatcher(s.client.Watcher, cfg.Prefix)
		s.client.Lease = namespace.NewLease(s.client.Lease, cfg.Prefix)
	}
	if s.embedded != nil {
		stopMaintenance := s.embedded.startMaintenance()
		s.close = sync.OnceValue(func() error {
			stopMaintenance()
			return disconnect()
		})
	}
	return s, nil
}

// connect starts the embedded etcd or connects to the external cluster.
func (s *Store) connect(ctx context.Context, cfg Config) (disconnect func() error, err error) {
	if len(cfg.Endpoints) > 0 {
		s.client, s.external, err = openExternal(ctx, cfg)
		if err != nil {
			return nil, err
		}
		return s.client.Close, nil
	}
	s.embedded, disconnect, err = openEmbedded(ctx, cfg)
	if err != nil {
		return nil, err
	}
	s.client = s.embedded.client
	return disconnect, nil
}

// withDefaults returns cfg with the defaults for the fields that are not set.
func (cfg Config) withDefaults() Config {
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
	if cfg.maintenance == (maintenanceConfig{}) {
		cfg.maintenance = defaultMaintenance
	}
	if cfg.freeBytes == nil {
		cfg.freeBytes = freeBytes
	}
	return cfg
}

// Close releases the store and stops an embedded etcd. Further calls have no
// effect and return the same result.
func (s *Store) Close() error {
	return s.close()
}

var errRestoring = errors.New("a restore into the store did not complete; run it again")

func restoringError(message string) error {
	return &peering.Error{Code: peering.Unavailable, Message: message, Err: errRestoring}
}

// Ready returns nil if the store can serve requests, and otherwise an error of
// code Unavailable with the reason. A store is ready if a linearizable read
// succeeds and no restore is incomplete. If etcd denied a change, the store is
// not ready until it has the permission.
func (s *Store) Ready(ctx context.Context) error {
	readCtx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	resp, err := s.client.Get(readCtx, restoringKey, clientv3.WithCountOnly())
	if err == nil {
		err = s.checkDenied(ctx)
	}
	if err != nil {
		return s.diagnose(ctx, err)
	}
	if resp.Count > 0 {
		return restoringError("The store is being restored.")
	}
	return nil
}

// diagnose returns the reason why a linearizable read failed with err.
func (s *Store) diagnose(ctx context.Context, err error) error {
	e := &peering.Error{Code: peering.Unavailable, Message: "etcd does not respond", Err: err}
	switch {
	case s.external == nil:
	case isAuthError(err):
		e.Message = s.external.authError(err).Error()
	default:
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeout/3)
		defer cancel()
		unreachable := s.external.reachable(ctx)
		if unreachable == nil {
			e.Message = "etcd responds, but has no quorum"
		}
		e.Err = errors.Join(err, unreachable)
	}
	return e
}

// read runs the reads in one transaction, so that all see the same revision.
func (s *Store) read(ctx context.Context, reads ...clientv3.Op) ([]*pb.ResponseOp, error) {
	resp, err := s.txn(ctx, nil, reads, nil)
	if err != nil {
		return nil, err
	}
	return resp.Responses, nil
}

// txn runs one transaction: the operations then if all comparisons hold, and
// the reads otherwise if not. It changes nothing during a restore. The store of
// an embedded etcd does not check for that, because a restore needs the data
// directory to itself.
func (s *Store) txn(
	ctx context.Context, compare []clientv3.Cmp, then, otherwise []clientv3.Op,
) (*clientv3.TxnResponse, error) {
	if err := s.checkSpace(slices.Concat(then, otherwise)); err != nil {
		return nil, err
	}
	guarded := s.embedded == nil && slices.ContainsFunc(then, isWrite)
	if guarded {
		compare = slices.Concat(compare, []clientv3.Cmp{absent(restoringKey)})
		otherwise = slices.Concat(otherwise, []clientv3.Op{clientv3.OpGet(restoringKey, clientv3.WithCountOnly())})
	}
	resp, err := s.client.Txn(ctx).If(compare...).Then(then...).Else(otherwise...).Commit()
	if err != nil {
		if s.external != nil && errors.Is(err, rpctypes.ErrPermissionDenied) {
			s.external.denied.Store(true)
		}
		return nil, translate(fmt.Errorf("transaction: %w", err))
	}
	if guarded && !resp.Succeeded {
		last := len(resp.Responses) - 1
		if resp.Responses[last].GetResponseRange().Count > 0 {
			return nil, restoringError("The store is being restored. Nothing was changed.")
		}
		resp.Responses = resp.Responses[:last]
	}
	return resp, nil
}
