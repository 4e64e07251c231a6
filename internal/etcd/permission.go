package etcd

import (
	"context"
	"errors"
	"fmt"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// loginError adds context to an error of the first connection, given that some
// endpoint responds.
func (x *external) loginError(err error) error {
	if isUnknownOutcome(err) {
		return fmt.Errorf("etcd at %s responds, but %s cannot log in: it has no quorum or is too slow: %w",
			x.endpoints, x.user, err)
	}
	return fmt.Errorf("etcd at %s, %s: %w", x.endpoints, x.user, err)
}

// authError explains an error for which isAuthError is true.
func (x *external) authError(err error) error {
	if errors.Is(err, rpctypes.ErrPermissionDenied) {
		return fmt.Errorf("etcd at %s does not permit %s to read and write all keys that start with %s",
			x.endpoints, x.user, x.keys)
	}
	cause, _ := errors.AsType[rpctypes.EtcdError](err)
	return fmt.Errorf("etcd at %s does not accept %s: %w", x.endpoints, x.user, cause)
}

// lastKey sorts after all keys of the store.
const lastKey = root + "\xff"

// checkPermissions returns an auth error if the user lacks permission to read or
// write any key of the store. etcd checks the permissions for all operations of
// a transaction before it evaluates the comparisons, so a transaction whose
// comparison never holds checks them without changing anything.
func (s *Store) checkPermissions(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	_, err := s.client.Txn(ctx).
		If(clientv3.Compare(clientv3.Version(root), "<", 0)).
		Then(
			clientv3.OpGet(root, clientv3.WithPrefix(), clientv3.WithLimit(1)),
			clientv3.OpPut(root, ""), clientv3.OpPut(lastKey, ""),
		).
		Commit()
	return err
}

// checkDenied returns an auth error if a change was denied and another would
// still be.
func (s *Store) checkDenied(ctx context.Context) error {
	if s.external == nil || !s.external.denied.Load() {
		return nil
	}
	err := s.checkPermissions(ctx)
	if isAuthError(err) {
		return err
	}
	if err == nil {
		s.external.denied.Store(false)
	}
	return nil
}
