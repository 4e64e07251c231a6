package etcd

import (
	"slices"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/peering/peering/internal/peering"
)

// A quotaGuard lets a transaction rely on an earlier count of a quota's keys.
// Every transaction that adds to a quota writes its guard key. While the guard
// key has the given revision, the count cannot have grown.
type quotaGuard struct {
	key      string
	revision int64
}

// addedCounters returns the counters that the changed peering counts towards and
// the current one does not.
func addedCounters(current, changed peering.Peering) []peering.Counter {
	before := current.Counters()
	return slices.DeleteFunc(changed.Counters(), func(c peering.Counter) bool {
		return slices.ContainsFunc(before, c.Equal)
	})
}

// quotaReads returns the reads for checkQuotas, two for each counter.
func quotaReads(counters []peering.Counter) []clientv3.Op {
	reads := make([]clientv3.Op, 0, 2*len(counters))
	for _, c := range counters {
		reads = append(reads,
			clientv3.OpGet(quotaPrefix(c), clientv3.WithPrefix(), clientv3.WithCountOnly()),
			clientv3.OpGet(guardKey(c)))
	}
	return reads
}

// checkQuotas returns the guards of the counters, or QuotaExceeded if one of
// them cannot grow. responses are those to quotaReads.
func checkQuotas(counters []peering.Counter, responses []*pb.ResponseOp, quotas peering.Quotas) ([]quotaGuard, error) {
	guards := make([]quotaGuard, len(counters))
	for i, c := range counters {
		count, guard := responses[2*i].GetResponseRange().Count, responses[2*i+1].GetResponseRange()
		if err := quotas.Check(c, int(count)); err != nil {
			return nil, err
		}
		guards[i].key = guardKey(c)
		for _, kv := range guard.Kvs {
			guards[i].revision = kv.ModRevision
		}
	}
	return guards, nil
}

// guardOps returns the part of a transaction that compares and writes the
// guards. The keys that are counted are among the index keys of the peering.
func guardOps(guards []quotaGuard) (compare []clientv3.Cmp, then []clientv3.Op) {
	for i, g := range guards {
		compare = append(compare, unchanged(g.key, g.revision))
		if !slices.ContainsFunc(guards[:i], func(other quotaGuard) bool { return other.key == g.key }) {
			then = append(then, clientv3.OpPut(g.key, ""))
		}
	}
	return compare, then
}
