package etcd

import (
	"context"
	"slices"

	"github.com/dustin/go-humanize"
	"go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/peering/peering/internal/peering"
)

// DefaultQuota is the default size limit of an embedded etcd's database in
// bytes. etcd recommends no more: https://etcd.io/docs/v3.6/dev-guide/limit/.
const DefaultQuota = 8 << 30

// minFreeBytes is the free space that the store leaves on the file system of the
// data directory. An etcd that cannot write its log terminates the process.
const minFreeBytes = 256 << 20

// Writable returns nil if the store accepts writes, and otherwise an error of
// code Unavailable with the reason. Reads work in any case. Writes succeed again
// as soon as there is space. A cluster that does not report its alarms counts as
// writable.
func (s *Store) Writable(ctx context.Context) error {
	if s.embedded != nil {
		return s.embedded.checkSpace(true)
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	resp, err := s.client.AlarmList(ctx)
	if err != nil {
		return nil // Ready reports a cluster that does not respond
	}
	if slices.ContainsFunc(resp.Alarms, isNoSpace) {
		return clusterFullError(nil)
	}
	return nil
}

// checkSpace returns an error if there is no space for the operations. It is
// called before etcd is, so nothing has been changed then.
func (s *Store) checkSpace(ops []clientv3.Op) error {
	if s.embedded == nil || !slices.ContainsFunc(ops, isWrite) {
		return nil
	}
	return s.embedded.checkSpace(slices.ContainsFunc(ops, clientv3.Op.IsPut))
}

func isWrite(op clientv3.Op) bool {
	return op.IsPut() || op.IsDelete()
}

// checkSpace returns an error if there is no space for a write. Without puts,
// only the space on disk matters.
func (e *embedded) checkSpace(puts bool) error {
	if free, err := e.freeBytes(e.dataDir); err == nil && free < minFreeBytes {
		return peering.Errorf(peering.Unavailable,
			"The disk is full: the file system of the data directory %s has %s free, but %s are required. Nothing was changed.",
			e.dataDir, humanize.IBytes(free), humanize.IBytes(minFreeBytes))
	}
	if puts && e.full() {
		return peering.Errorf(peering.Unavailable,
			"The store is full: its quota of %s is used up. Nothing was changed. Delete something to free space.",
			humanize.IBytes(uint64(e.quota))) //nolint:gosec // a quota is not negative
	}
	return nil
}

// full reports whether only deletes are accepted.
func (e *embedded) full() bool {
	server := e.server.Server
	return slices.ContainsFunc(server.Alarms(), isNoSpace) || server.Backend().Size() > e.writableBytes()
}

// writableBytes returns the size of the database file up to which the store
// accepts puts. The rest of the quota is reserved for deletes and for etcd: an
// operation that etcd rejects at its quota may have been applied.
func (e *embedded) writableBytes() int64 {
	return e.quota - e.quota/16
}

// isNoSpace reports whether an alarm is the one that etcd raises at its quota.
func isNoSpace(alarm *etcdserverpb.AlarmMember) bool {
	return alarm.Alarm == etcdserverpb.AlarmType_NOSPACE
}

// clusterFullError is the error for a cluster that has reached its own quota.
func clusterFullError(cause error) error {
	return &peering.Error{
		Code: peering.Unavailable,
		Message: "The store is full: the quota of the etcd cluster is used up, and its operator must free space. " +
			"The outcome of a change is unknown.",
		Err: cause,
	}
}
