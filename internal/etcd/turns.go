package etcd

import (
	"context"
	"fmt"
	"slices"

	"github.com/peering/peering/internal/peering"
)

// turns has the creations of this process that add to one quota go one after another, as their transactions would only
// make each other fail: of n at a time one would succeed, at the cost of n. Nothing is safer by it; what other processes
// do is noticed by the transactions.
type turns [1 << 12]chan struct{}

func newTurns() *turns {
	t := new(turns)
	for i := range t {
		t[i] = make(chan struct{}, 1)
	}
	return t
}

// take waits for a turn in all of the quotas, and answers what ends it. The error is Unavailable where ctx ends before;
// nothing was changed then.
func (t *turns) take(ctx context.Context, quotas []peering.Counter) (done func(), err error) {
	places := make([]int, len(quotas))
	for i, q := range quotas {
		places[i] = int(guardNumber(q)) % len(t)
	}
	slices.Sort(places) // so that no two wait for each other
	var taken []int
	done = func() {
		for _, place := range taken {
			<-t[place]
		}
	}
	for _, place := range slices.Compact(places) {
		select {
		case t[place] <- struct{}{}:
			taken = append(taken, place)
		case <-ctx.Done():
			done()
			return nil, &peering.Error{
				Code:    peering.Unavailable,
				Message: "Too many peerings are being created for this tenant or cluster at a time. Nothing was changed.",
				Err:     fmt.Errorf("wait for a turn: %w", ctx.Err()),
			}
		}
	}
	return done, nil
}
