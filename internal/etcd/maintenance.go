package etcd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// maintenanceConfig says when the embedded etcd is compacted and defragmented.
type maintenanceConfig struct {
	// interval is the time between two runs.
	interval time.Duration
	// retainRevisions is how many of the latest revisions a compaction keeps.
	retainRevisions int64
	// minRevisions is how many revisions must be removable for a compaction.
	minRevisions int64
	// minFileSize is the size in bytes from which the database file is worth
	// defragmenting.
	minFileSize int64
}

// The interval bounds how much history the busiest store accumulates.
var defaultMaintenance = maintenanceConfig{
	interval: 10 * time.Second, retainRevisions: 1000, minRevisions: 16 << 10, minFileSize: 64 << 20,
}

// startMaintenance starts the periodic maintenance. Nothing reads old revisions,
// and without maintenance they would fill the data directory. stop ends it and
// waits for a run in progress.
func (e *embedded) startMaintenance() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ticker, done := time.NewTicker(e.maintenance.interval), make(chan struct{})
	go func() {
		defer close(done)
		e.maintain(ctx, ticker.C)
	}()
	return func() {
		cancel()
		ticker.Stop()
		<-done
	}
}

// maintain runs the maintenance at each tick until ctx ends.
func (e *embedded) maintain(ctx context.Context, ticks <-chan time.Time) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks:
		}
		if err := e.runMaintenance(ctx); err != nil && ctx.Err() == nil {
			e.log.Warn("maintenance of etcd failed; it will be retried", "error", err)
		}
	}
}

// runMaintenance frees space: it compacts, defragments and disarms the alarm, as
// far as necessary. If the store is full, it keeps no old revisions, so that
// every delete frees space.
func (e *embedded) runMaintenance(ctx context.Context) error {
	e.maintenanceMutex.Lock()
	defer e.maintenanceMutex.Unlock()
	now, retain := e.server.Server.KV().Rev(), e.maintenance.retainRevisions
	full, before := e.full(), e.compacted
	if full {
		retain = 0
	}
	if full || e.shouldCompact(now-retain) {
		if err := e.compact(ctx, now-retain); err != nil {
			return fmt.Errorf("compact: %w", err)
		}
	}
	if full || e.compacted > before {
		if err := e.releasePages(ctx); err != nil {
			return fmt.Errorf("release pages: %w", err)
		}
	}
	if e.shouldDefragment(now) {
		if err := e.defragment(now); err != nil {
			return fmt.Errorf("defragment: %w", err)
		}
	}
	if err := e.disarm(ctx); err != nil {
		return fmt.Errorf("disarm the alarm: %w", err)
	}
	return nil
}

// shouldCompact reports whether a compaction up to the revision removes enough to
// justify its cost: it visits every key while calls wait. The first compaction is
// always worth it.
func (e *embedded) shouldCompact(revision int64) bool {
	const bytesPerRevision = 8 << 10 // more than a change writes
	used := e.server.Server.Backend().SizeInUse()
	return e.compacted == 0 || revision-e.compacted >= max(e.maintenance.minRevisions, used/bytesPerRevision)
}

// compact removes the history before the revision and waits until its pages are
// free.
func (e *embedded) compact(ctx context.Context, revision int64) error {
	if revision <= e.compacted {
		return nil
	}
	_, err := e.client.Compact(ctx, revision, clientv3.WithCompactPhysical())
	if err != nil && !errors.Is(err, rpctypes.ErrCompacted) {
		return err
	}
	e.compacted = revision
	return nil
}

// releasePages makes the pages that a compaction has freed count as free. The
// backend counts them only some commits later, and it does not commit if nothing
// is written, as in a full store. The key that is deleted does not exist.
func (e *embedded) releasePages(ctx context.Context) error {
	for range 3 {
		if _, err := e.client.Delete(ctx, root); err != nil {
			return err
		}
		e.server.Server.Backend().ForceCommit()
	}
	return nil
}

// shouldDefragment reports whether a defragmentation shrinks the database file
// enough to justify its cost: it writes a copy of the database while all calls
// wait, about a second for every few hundred megabytes in use. etcd reuses free
// pages anyway, so it pays off only if the file is far too large, or if its size
// makes etcd reject writes.
func (e *embedded) shouldDefragment(now int64) bool {
	backend := e.server.Server.Backend()
	size, used := backend.Size(), backend.SizeInUse()
	if free, err := e.freeBytes(e.dataDir); err == nil && free < uint64(used)+minFreeBytes { //nolint:gosec // sizes are not negative
		return false
	}
	if e.full() {
		// Partly empty pages count as used. Deletes may have produced many of them.
		return used <= e.writableBytes() || now-e.defragmented > e.maintenance.retainRevisions
	}
	return size > e.maintenance.minFileSize && size-used > size/2
}

func (e *embedded) defragment(now int64) error {
	before, start := e.server.Server.Backend().Size(), time.Now()
	// Not the client's Defragment: that needs an etcd that listens.
	if err := e.server.Server.Defragment(); err != nil {
		return err
	}
	e.defragmented = now
	e.log.Info("etcd's database was defragmented",
		"bytes_before", before, "bytes", e.server.Server.Backend().Size(), "took", time.Since(start))
	return nil
}

// disarm disarms the alarm that etcd raised at its quota, if there is space
// again. Until then etcd accepts only deletes.
func (e *embedded) disarm(ctx context.Context) error {
	if e.server.Server.Backend().Size() > e.writableBytes() {
		return nil
	}
	for _, alarm := range e.server.Server.Alarms() {
		if !isNoSpace(alarm) {
			continue
		}
		// After a restore the alarm may be that of a member of another cluster.
		if _, err := e.client.AlarmDisarm(ctx, &clientv3.AlarmMember{MemberID: alarm.MemberID, Alarm: alarm.Alarm}); err != nil {
			return err
		}
	}
	return nil
}
