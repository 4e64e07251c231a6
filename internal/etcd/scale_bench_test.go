package etcd_test

import (
	"flag"
	"math"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/peering"
)

var large = flag.Int("scale.peerings", 1_000_000, "how many peerings the larger store of BenchmarkScale holds")

// each is how many peerings every tenant requests; as many wait for it.
const each = 50

// BenchmarkScale compares what a show and the first page of a list take in a store of a million peerings with what they
// take in one of ten thousand, in turns, as ratios of medians. It prints what the larger one takes of memory and disk.
func BenchmarkScale(b *testing.B) {
	const small, rounds = 10_000, 500
	before := heap()
	big := load(b, *large)
	held := heap() - before
	size, _ := big.store.Sizes()
	few := load(b, small)
	for b.Loop() {
		var shows, lists [2][]time.Duration
		for i := range rounds {
			for j, l := range []loaded{big, few} {
				tenant := l.tenants[i*len(l.tenants)/rounds]
				shows[j] = append(shows[j], took(b, func() error { return l.show(b, tenant) }))
				lists[j] = append(lists[j], took(b, func() error { return l.list(b, tenant) }))
			}
		}
		b.ReportMetric(ratio(shows), "show-ratio")
		b.ReportMetric(ratio(lists), "list-ratio")
	}
	b.ReportMetric(float64(held)/float64(*large)*1e6/(1<<20), "heap-MiB/1M")
	b.ReportMetric(float64(size)/float64(*large)*1e6/(1<<20), "file-MiB/1M")
	b.ReportMetric(0, "ns/op") // the ratios are what it is about
}

// heap answers how many bytes are in use after a collection.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func took(b *testing.B, do func() error) time.Duration {
	b.Helper()
	begin := time.Now()
	if err := do(); err != nil {
		b.Fatal(err)
	}
	return time.Since(begin)
}

// ratio is the median of the first durations over that of the second ones.
func ratio(durations [2][]time.Duration) float64 {
	for _, d := range durations {
		slices.Sort(d)
	}
	middle := len(durations[0]) / 2
	return float64(durations[0][middle]) / float64(durations[1][middle])
}

// loaded is a store with peerings of many tenants.
type loaded struct {
	*peering.Service

	store   *etcd.Store
	tenants []requesting
}

// requesting is a tenant with one of the peerings that it requests.
type requesting struct{ tenant, id peering.ID }

func (l loaded) show(b *testing.B, r requesting) error {
	b.Helper()
	_, err := l.Show(b.Context(), peering.Scope{Tenant: r.tenant}, r.id)
	return err
}

func (l loaded) list(b *testing.B, r requesting) error {
	b.Helper()
	page, more, err := l.List(b.Context(), peering.Scope{Tenant: r.tenant}, peering.Filter{}, "", 20)
	if len(page) != 20 || !more {
		b.Errorf("the page has %d peerings, more: %t", len(page), more)
	}
	return err
}

// load answers an embedded store that holds n peerings.
func load(b *testing.B, n int) loaded {
	b.Helper()
	// What is loaded past etcd's log leaves no past; looking for one would only take time.
	cfg := etcd.Tuned(etcd.Config{DataDir: b.TempDir(), Timeout: time.Minute, Quota: 64 << 30}, math.MaxInt32, math.MaxInt64, nil)
	store, err := etcd.Open(b.Context(), cfg)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := store.Close(); err != nil {
			b.Error(err)
		}
	})
	l := loaded{
		Service: peering.NewService(store, peering.DefaultRules(), func() time.Time { return created }, newID),
		store:   store,
		tenants: make([]requesting, n/each),
	}
	for i := range l.tenants {
		l.tenants[i].tenant = newID()
	}
	for i := range l.tenants {
		requester, accepter := l.tenants[i].tenant, l.tenants[(i+1)%len(l.tenants)].tenant
		peerings := make([]peering.Peering, each)
		for j := range peerings {
			peerings[j] = newPeering(peering.VPC{ID: newID(), Tenant: requester}, peering.VPC{ID: newID(), Tenant: accepter})
		}
		l.tenants[i].id = peerings[0].ID
		if err := store.Load(peerings); err != nil {
			b.Fatal(err)
		}
	}
	return l
}
