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
	code := status.Code(err)
	if e, ok := errors.AsType[rpctypes.EtcdError](err); ok {
		code = e.Code()
	}
	switch code {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled, codes.ResourceExhausted:
	default:
		if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
			return err
		}
	}
	return &peering.Error{
		Code:    peering.Unavailable,
		Message: "The store did not answer in time. A change may have been made all the same.",
		Err:     err,
	}
}
