package daemon

import (
	"context"
	"log/slog"
	"time"

	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/peering"
)

// expiryInterval is the interval between two runs of the expiry worker.
// Peerings read as EXPIRED before it stores that status.
const expiryInterval = 30 * time.Second

// startExpiry stores overdue peerings as EXPIRED while this process is the
// elected leader. It runs until stop is called; stop waits for it to end.
func startExpiry(ctx context.Context, store *etcd.Store, service *peering.Service, log *slog.Logger) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for wait(ctx, expiryInterval) {
			err := store.RunAsLeader(ctx, "expiry", func(ctx context.Context) {
				for expireDue(ctx, service, log); wait(ctx, expiryInterval); {
					expireDue(ctx, service, log)
				}
			})
			if err != nil && ctx.Err() == nil {
				log.WarnContext(ctx, "the expiry worker can't run", "error", err)
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// wait waits for d. It returns false if ctx ends first.
func wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

func expireDue(ctx context.Context, service *peering.Service, log *slog.Logger) {
	expired, err := service.ExpireDue(ctx)
	if err != nil && ctx.Err() == nil {
		log.ErrorContext(ctx, "some overdue peerings could not be expired", "expired", expired, "error", err)
	} else if expired > 0 {
		log.InfoContext(ctx, "expired overdue peerings", "expired", expired)
	}
}

// monotonicClock returns a clock that starts at the wall clock's time and does
// not follow later changes to it: setting the wall clock must neither expire
// peerings nor bring them back.
func monotonicClock() func() time.Time {
	start := time.Now()
	return func() time.Time { return start.Add(time.Since(start)) }
}
