package etcd

import (
	"context"
	"errors"
	"slices"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/peering/peering/internal/peering"
)

// translate gives the code Unavailable to the errors of etcd after which the
// outcome of a call is unknown, and to those with which etcd denies a call. It
// returns other errors unchanged.
func translate(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, rpctypes.ErrNoSpace) {
		return clusterFullError(err)
	}
	if isAuthError(err) {
		return &peering.Error{
			Code:    peering.Unavailable,
			Message: "The store cannot be accessed at present. Nothing was changed.",
			Err:     err,
		}
	}
	if !isUnknownOutcome(err) {
		return err
	}
	return &peering.Error{
		Code:    peering.Unavailable,
		Message: "The store did not respond in time. The outcome of a change is unknown.",
		Err:     err,
	}
}

// authErrors are the errors with which etcd denies a call. It has not been
// executed then. The client renews expired tokens by itself, so these errors
// persist until an operator intervenes.
var authErrors = []error{
	rpctypes.ErrPermissionDenied, rpctypes.ErrAuthFailed, rpctypes.ErrUserEmpty, rpctypes.ErrUserNotFound,
	rpctypes.ErrInvalidAuthToken, rpctypes.ErrAuthOldRevision, rpctypes.ErrAuthNotEnabled,
}

func isAuthError(err error) bool {
	return slices.ContainsFunc(authErrors, func(authError error) bool { return errors.Is(err, authError) })
}

// isUnknownOutcome reports whether the call that failed with err may have been
// executed.
func isUnknownOutcome(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return true
	}
	if e, ok := errors.AsType[rpctypes.EtcdError](err); ok {
		return isUnknownOutcomeCode(e.Code())
	}
	// An etcd that stops during a transaction returns an error without a code,
	// which gRPC maps to Unknown.
	s, ok := status.FromError(err)
	return ok && (isUnknownOutcomeCode(s.Code()) || s.Code() == codes.Unknown)
}

func isUnknownOutcomeCode(code codes.Code) bool {
	switch code {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled, codes.ResourceExhausted:
		return true
	default:
		return false
	}
}
