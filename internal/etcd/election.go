package etcd

import (
	"context"
	"fmt"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"
)

// electionTTL is after how many seconds a leader that went silent is succeeded.
const electionTTL = 15

// RunAsLeader runs work while this process is the elected one of all that lead under the name, and answers when work has ended,
// when ctx has, or with an error. The context of work ends when the election is lost; as that may be noticed late, what
// work does has to be safe even if another process does the same.
func (s *Store) RunAsLeader(ctx context.Context, name string, work func(context.Context)) error {
	granting, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	granted, err := s.client.Grant(granting, electionTTL)
	if err != nil {
		return translate(fmt.Errorf("stand for election: %w", err))
	}
	defer s.revoke(ctx, granted.ID)
	session, err := concurrency.NewSession(s.client, concurrency.WithLease(granted.ID), concurrency.WithContext(ctx))
	if err != nil {
		return translate(fmt.Errorf("stand for election: %w", err))
	}
	defer session.Orphan()
	leading, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		<-session.Done()
		stop()
	}()
	if err := concurrency.NewElection(session, electionPrefix+name).Campaign(leading, ""); err != nil {
		return translate(fmt.Errorf("stand for election: %w", err))
	}
	work(leading)
	return nil
}

// revoke ends a lease at once, so that a successor need not wait. If that fails it ends by itself.
func (s *Store) revoke(ctx context.Context, id clientv3.LeaseID) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeout)
	defer cancel()
	_, _ = s.client.Revoke(ctx, id)
}
