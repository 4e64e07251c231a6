package etcd

import (
	"slices"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/peering/peering/internal/peering"
)

// A claim is a place in a quota that a transaction takes. The quota's keys were counted while its guard was at the
// revision; as long as the guard stays, there can only be fewer of them.
type claim struct {
	guard    string
	revision int64
}

// gained are the quotas that a changed peering counts towards and the current one does not.
func gained(current, changed peering.Peering) []peering.Counter {
	before := current.Counters()
	return slices.DeleteFunc(changed.Counters(), func(q peering.Counter) bool { return slices.ContainsFunc(before, q.Equal) })
}

// claimReads are the reads that claims needs, two for each quota.
func claimReads(quotas []peering.Counter) []clientv3.Op {
	reads := make([]clientv3.Op, 0, 2*len(quotas))
	for _, q := range quotas {
		reads = append(reads,
			clientv3.OpGet(quotaPrefix(q), clientv3.WithPrefix(), clientv3.WithCountOnly()),
			clientv3.OpGet(guardKey(q)))
	}
	return reads
}

// claims answers a place in each of the quotas, whose claimReads were answered so, or QuotaExceeded.
func claims(quotas []peering.Counter, answers []*pb.ResponseOp, limits peering.Quotas) ([]claim, error) {
	taken := make([]claim, len(quotas))
	for i, q := range quotas {
		if err := limits.Check(q, int(answers[2*i].GetResponseRange().Count)); err != nil {
			return nil, err
		}
		taken[i].guard = guardKey(q)
		for _, kv := range answers[2*i+1].GetResponseRange().Kvs {
			taken[i].revision = kv.ModRevision
		}
	}
	return taken, nil
}

// claiming is what a transaction compares and does to take the places. Their keys are among the index keys.
func claiming(claims []claim) (compare []clientv3.Cmp, then []clientv3.Op) {
	for i, c := range claims {
		compare = append(compare, unchanged(c.guard, c.revision))
		if !slices.ContainsFunc(claims[:i], func(other claim) bool { return other.guard == c.guard }) {
			then = append(then, clientv3.OpPut(c.guard, ""))
		}
	}
	return compare, then
}
