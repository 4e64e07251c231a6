package etcd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
)

// maintenanceInterval is the time between two passes of maintenance. It bounds how much past the busiest store collects.
const maintenanceInterval = 10 * time.Second

// limits say when a member forgets, shrinks and refuses, and how often it looks.
type limits struct {
	// quota is how many bytes the database file may have, and reserved those of them that only deletes may use.
	quota, reserved int64
	// retention is how many of the last changes compaction leaves, and few how many more it does not begin for.
	retention, few int64
	// large is the size from which on free pages are worth a defragmentation.
	large int64
	// interval is the time between two passes.
	interval time.Duration
}

// member is the etcd in this process, and keeps its database small: nobody reads the past, and without maintenance it
// would stay in the data directory until that is full.
type member struct {
	etcd   *embed.Etcd
	client *clientv3.Client
	log    *slog.Logger
	limits limits

	dataDir string
	// free answers how many bytes the file system of the data directory has left for this process.
	free func(dir string) (uint64, error)

	// pass runs once at a time.
	passing sync.Mutex
	// compacted is the revision that the last compaction went to, defragmented the one at the last defragmentation.
	compacted, defragmented int64
}

// startMaintenance begins the passes. stop ends them, and returns when the one that is running has ended.
func (m *member) startMaintenance() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ticker, ended := time.NewTicker(m.limits.interval), make(chan struct{})
	go func() {
		defer close(ended)
		m.maintain(ctx, ticker.C)
	}()
	return func() {
		cancel()
		ticker.Stop()
		<-ended
	}
}

// maintain makes a pass at each tick until the end of ctx.
func (m *member) maintain(ctx context.Context, ticks <-chan time.Time) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks:
		}
		if err := m.pass(ctx); err != nil && ctx.Err() == nil {
			m.log.Warn("maintenance of etcd failed; the next pass tries again", "error", err)
		}
	}
}

// pass makes room once. A store that is full forgets all of its past, so that each delete counts.
func (m *member) pass(ctx context.Context) error {
	m.passing.Lock()
	defer m.passing.Unlock()
	now, retention := m.etcd.Server.KV().Rev(), m.limits.retention
	full, before := m.full(), m.compacted
	if full {
		retention = 0
	}
	if full || m.worthCompacting(now-retention) {
		if err := m.compact(ctx, now-retention); err != nil {
			return fmt.Errorf("compact: %w", err)
		}
	}
	if full || m.compacted > before {
		if err := m.settle(ctx); err != nil {
			return fmt.Errorf("commit: %w", err)
		}
	}
	if m.worthDefragmenting(now) {
		if err := m.defragment(now); err != nil {
			return fmt.Errorf("defragment: %w", err)
		}
	}
	if err := m.disarm(ctx); err != nil {
		return fmt.Errorf("disarm the alarm: %w", err)
	}
	return nil
}

// worthCompacting tells whether a compaction to the revision gives up so much that it is worth a look at every key, which
// is what it takes, and what calls wait for meanwhile. The first one always is.
func (m *member) worthCompacting(revision int64) bool {
	const bytesPerChange = 8 << 10 // more than a change writes
	used := m.etcd.Server.Backend().SizeInUse()
	return m.compacted == 0 || revision-m.compacted >= max(m.limits.few, used/bytesPerChange)
}

// compact forgets what was before the revision, and returns when its pages are free.
func (m *member) compact(ctx context.Context, revision int64) error {
	if revision <= m.compacted {
		return nil
	}
	_, err := m.client.Compact(ctx, revision, clientv3.WithCompactPhysical())
	if err != nil && !errors.Is(err, rpctypes.ErrCompacted) {
		return err
	}
	m.compacted = revision
	return nil
}

// settle lets the pages that compaction gave up count as free: they do so some commits later only, and an etcd to which
// nobody writes, because it is full, commits nothing. What is deleted here is no key.
func (m *member) settle(ctx context.Context) error {
	for range 3 {
		if _, err := m.client.Delete(ctx, root); err != nil {
			return err
		}
		m.etcd.Server.Backend().ForceCommit()
	}
	return nil
}

// worthDefragmenting tells whether a copy of the database is so much smaller than its file. Defragmentation writes that
// copy, and blocks every call meanwhile: about a second for each few hundred megabytes that are in use. Free pages are
// used again without it, so it only pays where the file has become far too large, or where etcd refuses to write
// because of the size of the file.
func (m *member) worthDefragmenting(now int64) bool {
	backend := m.etcd.Server.Backend()
	size, used := backend.Size(), backend.SizeInUse()
	if left, err := m.free(m.dataDir); err == nil && left < uint64(used)+minFree { //nolint:gosec // sizes are not negative
		return false
	}
	if m.full() {
		// Pages that are partly empty count as used. Deletes may have made many of those.
		return used <= m.writable() || now-m.defragmented > m.limits.retention
	}
	return size > m.limits.large && size-used > size/2
}

func (m *member) defragment(now int64) error {
	before, start := m.etcd.Server.Backend().Size(), time.Now()
	// The client's Defragment needs an etcd that listens.
	if err := m.etcd.Server.Defragment(); err != nil {
		return err
	}
	m.defragmented = now
	m.log.Info("etcd's database was defragmented",
		"bytes_before", before, "bytes", m.etcd.Server.Backend().Size(), "took", time.Since(start))
	return nil
}

// disarm takes back the alarm that etcd raises at the quota, where there is room again. Until then etcd takes deletes only.
func (m *member) disarm(ctx context.Context) error {
	if m.etcd.Server.Backend().Size() > m.writable() {
		return nil
	}
	for _, alarm := range m.etcd.Server.Alarms() {
		if !noSpace(alarm) {
			continue
		}
		// After a restore it may be that of a member of another cluster.
		if _, err := m.client.AlarmDisarm(ctx, &clientv3.AlarmMember{MemberID: alarm.MemberID, Alarm: alarm.Alarm}); err != nil {
			return err
		}
	}
	return nil
}
