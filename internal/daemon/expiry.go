package daemon

import (
	"context"
	"log/slog"
	"time"

	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/peering"
)

// settleEvery is how often the elected process settles peerings that have expired. Nobody waits for it: they read as
// EXPIRED before.
const settleEvery = 30 * time.Second

// startSettling settles expired peerings while this process is the one that is elected to, until stop returns.
func startSettling(ctx context.Context, store *etcd.Store, service *peering.Service, log *slog.Logger) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for every(ctx, settleEvery) {
			err := store.RunAsLeader(ctx, "expiry", func(ctx context.Context) {
				for settle(ctx, service, log); every(ctx, settleEvery); {
					settle(ctx, service, log)
				}
			})
			if err != nil && ctx.Err() == nil {
				log.WarnContext(ctx, "settling expired peerings is held up", "error", err)
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// every returns after the time, false where ctx ended before.
func every(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

func settle(ctx context.Context, service *peering.Service, log *slog.Logger) {
	settled, err := service.ExpireDue(ctx)
	if err != nil && ctx.Err() == nil {
		log.ErrorContext(ctx, "not all expired peerings could be settled", "settled", settled, "error", err)
	} else if settled > 0 {
		log.InfoContext(ctx, "expired peerings were settled", "settled", settled)
	}
}

// steadyClock answers a clock that starts with the wall clock and then goes on by itself: a wall clock that is set while
// the service runs must not make peerings expire or come back.
func steadyClock() func() time.Time {
	start := time.Now()
	return func() time.Time { return start.Add(time.Since(start)) }
}
