package etcd

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// access is how a store gets at an etcd cluster, and as whom.
type access struct {
	// anonymous is the configuration of a client without the user.
	anonymous clientv3.Config
	// where, who and below are the cluster, the user and the keys, for errors.
	where, who, below string
	// denied tells that a change was refused. A read does not tell whether the next one would be.
	denied atomic.Bool
}

func newAccess(cfg Config, anonymous clientv3.Config) *access {
	a := &access{
		anonymous: anonymous, where: strings.Join(cfg.Endpoints, ", "),
		who: fmt.Sprintf("user %q", cfg.User), below: cfg.Prefix + root,
	}
	if cfg.User == "" {
		a.who = "a client without a user"
		if cfg.Cert != "" {
			a.who = "the holder of the certificate " + cfg.Cert
		}
	}
	return a
}

// reach answers nil as soon as an endpoint answers, or why none does. It is not about what the user may do, and asks for
// no quorum.
func (a *access) reach(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	client, err := clientv3.New(a.anonymous)
	if err != nil {
		return fmt.Errorf("etcd at %s: %w", a.where, err)
	}
	defer client.Close() //nolint:errcheck // nothing was written
	answers := askAll(ctx, client, a.anonymous)
	silent := make([]error, len(a.anonymous.Endpoints))
	for i := range silent {
		if silent[i] = (<-answers).err; silent[i] == nil || errors.Is(silent[i], errAsksForUser) {
			return nil
		}
	}
	return errors.Join(silent...)
}

// explainLogin says what an error of the first connection means, where some endpoint answers.
func (a *access) explainLogin(err error) error {
	if unanswered(err) {
		return fmt.Errorf("etcd at %s answers, but %s can't log in: it has no quorum, or is too slow: %w", a.where, a.who, err)
	}
	return fmt.Errorf("etcd at %s, %s: %w", a.where, a.who, err)
}

// refusal says what an error means for which refused is true.
func (a *access) refusal(err error) error {
	if errors.Is(err, rpctypes.ErrPermissionDenied) {
		return fmt.Errorf("etcd at %s does not let %s read and write all keys that start with %s", a.where, a.who, a.below)
	}
	cause, _ := errors.AsType[rpctypes.EtcdError](err)
	return fmt.Errorf("etcd at %s does not let %s in: %w", a.where, a.who, cause)
}

// lastKey is behind all keys of the store.
const lastKey = root + "\xff"

// allowed answers nil where the user may read and write all keys of the store. etcd looks for the permission of all that
// a transaction names before it compares anything, so one that can't succeed finds it out and does nothing.
func (s *Store) allowed(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	_, err := s.client.Txn(ctx).
		If(clientv3.Compare(clientv3.Version(root), "<", 0)).
		Then(clientv3.OpGet(root, clientv3.WithPrefix(), clientv3.WithLimit(1)), clientv3.OpPut(root, ""), clientv3.OpPut(lastKey, "")).
		Commit()
	return err
}

// stillDenied answers the refusal where a change was refused and another one would be, or nil.
func (s *Store) stillDenied(ctx context.Context) error {
	if s.access == nil || !s.access.denied.Load() {
		return nil
	}
	err := s.allowed(ctx)
	if refused(err) {
		return err
	}
	if err == nil {
		s.access.denied.Store(false)
	}
	return nil
}
