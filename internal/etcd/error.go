package etcd

import (
	"context"
	"errors"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/peering/peering/internal/peering"
)

// translate gives the errors of etcd that mean "no answer" the code Unavailable. Nobody knows whether such a call was
// carried out. Other errors stay as they are.
func translate(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, rpctypes.ErrNoSpace) {
		return clusterFull(err)
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
