package etcd

import (
	"context"
	"fmt"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"
)

// electionTTL is the number of seconds after which an unresponsive leader is
// replaced.
const electionTTL = 15

// RunAsLeader waits until this process is elected leader under the name, runs
// work and returns when work does. It returns an error if the election fails or
// ctx ends first. The context of work is cancelled when the leadership is lost.
// That may be noticed late, so work must be safe even if another process runs it
// at the same time.
func (s *Store) RunAsLeader(ctx context.Context, name string, work func(context.Context)) error {
	grantCtx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	granted, err := s.client.Grant(grantCtx, electionTTL)
	if err != nil {
		return electionError(name, err)
	}
	defer s.revoke(ctx, granted.ID)
	session, err := concurrency.NewSession(s.client, concurrency.WithLease(granted.ID), concurrency.WithContext(ctx))
	if err != nil {
		return electionError(name, err)
	}
	defer session.Orphan()
	leaderCtx, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		<-session.Done()
		stop()
	}()
	if err := concurrency.NewElection(session, electionPrefix+name).Campaign(leaderCtx, ""); err != nil {
		return electionError(name, err)
	}
	work(leaderCtx)
	return nil
}

func electionError(name string, err error) error {
	return translate(fmt.Errorf("election %s: %w", name, err))
}

// revoke revokes a lease, so that a successor can be elected at once. If that
// fails, the lease expires by itself.
func (s *Store) revoke(ctx context.Context, id clientv3.LeaseID) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeout)
	defer cancel()
	_, _ = s.client.Revoke(ctx, id)
}
