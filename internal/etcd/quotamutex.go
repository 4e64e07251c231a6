package etcd

import (
	"context"
	"fmt"
	"slices"

	"github.com/peering/peering/internal/peering"
)

// quotaMutexes serialize the creations of this process that count towards the
// same quota. Of n concurrent transactions on one quota only one succeeds, so
// running them at once would cost n times as much. They are an optimization
// only: the transactions detect the changes of other processes by themselves.
type quotaMutexes [1 << 12]chan struct{}

func newQuotaMutexes() *quotaMutexes {
	m := new(quotaMutexes)
	for i := range m {
		m[i] = make(chan struct{}, 1)
	}
	return m
}

// lock locks the mutexes of all counters. It returns Unavailable if ctx ends
// first.
func (m *quotaMutexes) lock(ctx context.Context, counters []peering.Counter) (unlock func(), err error) {
	indices := make([]int, len(counters))
	for i, c := range counters {
		indices[i] = int(guardNumber(c)) % len(m)
	}
	slices.Sort(indices) // a fixed order prevents deadlocks
	var locked []int
	unlock = func() {
		for _, i := range locked {
			<-m[i]
		}
	}
	for _, i := range slices.Compact(indices) {
		select {
		case m[i] <- struct{}{}:
			locked = append(locked, i)
		case <-ctx.Done():
			unlock()
			return nil, &peering.Error{
				Code:    peering.Unavailable,
				Message: "Too many peerings are being created at once for this tenant or cluster. Nothing was changed.",
				Err:     fmt.Errorf("wait for other creations: %w", ctx.Err()),
			}
		}
	}
	return unlock, nil
}
