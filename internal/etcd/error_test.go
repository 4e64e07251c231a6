package etcd_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/peering"
)

func TestTranslate(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want peering.Code
	}{
		{"deadline exceeded", context.DeadlineExceeded, peering.Unavailable},
		{"canceled", context.Canceled, peering.Unavailable},
		{"no leader", rpctypes.ErrNoLeader, peering.Unavailable},
		{"no leader, from the server", rpctypes.ErrGRPCNoLeader, peering.Unavailable},
		{"timeout in etcd", rpctypes.ErrTimeout, peering.Unavailable},
		{"timeout because the leader failed", rpctypes.ErrTimeoutDueToLeaderFail, peering.Unavailable},
		{"etcd stopped", rpctypes.ErrStopped, peering.Unavailable},
		{"etcd stopped during a transaction", status.Error(codes.Unknown, "raft: stopped"), peering.Unavailable},
		{"too many requests", rpctypes.ErrTooManyRequests, peering.Unavailable},
		{"no space", rpctypes.ErrNoSpace, peering.Unavailable},
		{"no connection", status.Error(codes.Unavailable, "connection refused"), peering.Unavailable},
		{"timeout of the connection", status.Error(codes.DeadlineExceeded, "context deadline exceeded"), peering.Unavailable},
		{"too many operations", rpctypes.ErrTooManyOps, peering.Internal},
		{"request too large", rpctypes.ErrRequestTooLarge, peering.Internal},
		{"no permission", rpctypes.ErrPermissionDenied, peering.Unavailable},
		{"wrong password", rpctypes.ErrAuthFailed, peering.Unavailable},
		{"no user", rpctypes.ErrUserEmpty, peering.Unavailable},
		{"deleted user", rpctypes.ErrUserNotFound, peering.Unavailable},
		{"expired token", rpctypes.ErrInvalidAuthToken, peering.Unavailable},
		{"token from before a change of users", rpctypes.ErrAuthOldRevision, peering.Unavailable},
		{"authentication disabled", rpctypes.ErrAuthNotEnabled, peering.Unavailable},
		{"other error of the server", status.Error(codes.Internal, "panic"), peering.Internal},
		{"other error", io.ErrUnexpectedEOF, peering.Internal},
	}
	for _, tt := range tests {
		for how, err := range map[string]error{"bare": tt.err, "wrapped": fmt.Errorf("transaction: %w", tt.err)} {
			t.Run(tt.name+"/"+how, func(t *testing.T) {
				got := etcd.Translate(err)
				wantCode(t, got, tt.want)
				if !errors.Is(got, tt.err) {
					t.Errorf("%v does not wrap its cause", got)
				}
			})
		}
	}
	if err := etcd.Translate(nil); err != nil {
		t.Errorf("Translate(nil) = %v", err)
	}
}
