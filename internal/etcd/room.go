package etcd

import (
	"context"
	"slices"

	"github.com/dustin/go-humanize"
	"go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/peering/peering/internal/peering"
)

// DefaultQuota is how many bytes the database of an embedded etcd may have where nothing else is said. More is not
// recommended: https://etcd.io/docs/v3.6/dev-guide/limit/.
const DefaultQuota = 8 << 30

// minFree is how many bytes the data directory's file system keeps. An etcd that can't write its log ends the process.
const minFree = 256 << 20

// Writable answers why the store refuses to write at present, with the code Unavailable, or nil. Reads go on meanwhile, and
// writes come back by themselves when there is room. An etcd cluster that does not tell has room.
func (s *Store) Writable(ctx context.Context) error {
	if s.member != nil {
		return s.member.room(true)
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	resp, err := s.client.AlarmList(ctx)
	if err != nil {
		return nil // whether it answers at all is what Ready says
	}
	if slices.ContainsFunc(resp.Alarms, noSpace) {
		return clusterFull(nil)
	}
	return nil
}

// roomFor answers why the operations can't be carried out at present, before etcd is asked, so that nothing is changed.
func (s *Store) roomFor(ops []clientv3.Op) error {
	if s.member == nil || !slices.ContainsFunc(ops, writes) {
		return nil
	}
	return s.member.room(slices.ContainsFunc(ops, clientv3.Op.IsPut))
}

func writes(op clientv3.Op) bool {
	return op.IsPut() || op.IsDelete()
}

// room answers why nothing can be written at present; without puts, why nothing can be deleted.
func (m *member) room(puts bool) error {
	if left, err := m.free(m.dataDir); err == nil && left < minFree {
		return peering.Errorf(peering.Unavailable,
			"The disk is full: the file system of the data directory %s has %s left, and %s are needed. Nothing was changed.",
			m.dataDir, humanize.IBytes(left), humanize.IBytes(minFree))
	}
	if puts && m.full() {
		return peering.Errorf(peering.Unavailable,
			"The store is full: its quota of %s is used up. Nothing was changed. Deletes make room.",
			humanize.IBytes(uint64(m.limits.quota))) //nolint:gosec // a quota is not negative
	}
	return nil
}

// full tells whether only deletes may go on.
func (m *member) full() bool {
	return m.alarmed() || m.etcd.Server.Backend().Size() > m.writable()
}

// writable is the size of the database file up to which everything may be written. etcd itself refuses at the quota, but
// it may have carried out what it answers so.
func (m *member) writable() int64 {
	return m.limits.quota - m.limits.reserved
}

// alarmed tells whether etcd has run into the quota.
func (m *member) alarmed() bool {
	return slices.ContainsFunc(m.etcd.Server.Alarms(), noSpace)
}

func noSpace(alarm *etcdserverpb.AlarmMember) bool {
	return alarm.Alarm == etcdserverpb.AlarmType_NOSPACE
}

// clusterFull is the error for an etcd that has run into its own quota.
func clusterFull(cause error) error {
	return &peering.Error{
		Code: peering.Unavailable,
		Message: "The store is full: the quota of the etcd cluster is used up, and its operator has to make room. " +
			"A change may have been made all the same.",
		Err: cause,
	}
}
