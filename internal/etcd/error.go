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

// translate gives the errors of etcd that mean "no answer" the code Unavailable, when nobody knows whether a call was
// carried out, and those with which it refuses a call. Other errors stay as they are.
func translate(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, rpctypes.ErrNoSpace) {
		return clusterFull(err)
	}
	if refused(err) {
		return &peering.Error{
			Code:    peering.Unavailable,
			Message: "The store refuses the service at present. Nothing was changed.",
			Err:     err,
		}
	}
	if !unanswered(err) {
		return err
	}
	return &peering.Error{
		Code:    peering.Unavailable,
		Message: "The store did not answer in time. A change may have been made all the same.",
		Err:     err,
	}
}

// refusals are the errors of an etcd that does not let the store do something. It has done nothing then. The client logs
// in again by itself where only a token has become old, so these stay where that does not help.
var refusals = []error{
	rpctypes.ErrPermissionDenied, rpctypes.ErrAuthFailed, rpctypes.ErrUserEmpty, rpctypes.ErrUserNotFound,
	rpctypes.ErrInvalidAuthToken, rpctypes.ErrAuthOldRevision, rpctypes.ErrAuthNotEnabled,
}

func refused(err error) bool {
	return slices.ContainsFunc(refusals, func(refusal error) bool { return errors.Is(err, refusal) })
}

func unanswered(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return true
	}
	if e, ok := errors.AsType[rpctypes.EtcdError](err); ok {
		return noAnswer(e.Code())
	}
	// An etcd that stops in the middle of a transaction gives that failure no code of its own, so it comes as Unknown.
	s, ok := status.FromError(err)
	return ok && (noAnswer(s.Code()) || s.Code() == codes.Unknown)
}

func noAnswer(code codes.Code) bool {
	switch code {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled, codes.ResourceExhausted:
		return true
	default:
		return false
	}
}
