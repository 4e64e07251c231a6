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

var large = flag.Int("scale.peerings", 1_000_000, "number of peerings in the larger store of BenchmarkScale")

// perTenant is the number of peerings that each tenant requests. It is the
// accepter of as many.
const perTenant = 50

// BenchmarkScale compares Show and the first page of List in a store with a
// million peerings to one with ten thousand. It alternates between the two and
// reports the ratios of the medians, and the memory and disk use of the larger one.
func BenchmarkScale(b *testing.B) {
	const small, rounds = 10_000, 500
	before := heapInUse()
	big := loadStore(b, *large)
	used := heapInUse() - before
	size, _ := big.store.DatabaseSize()
	few := loadStore(b, small)
	for b.Loop() {
		var shows, lists [2][]time.Duration
		for i := range rounds {
			for j, l := range []loadedStore{big, few} {
				tenant := l.tenants[i*len(l.tenants)/rounds]
				shows[j] = append(shows[j], timed(b, func() error { return l.show(b, tenant) }))
				lists[j] = append(lists[j], timed(b, func() error { return l.list(b, tenant) }))
			}
		}
		b.ReportMetric(medianRatio(shows), "show-ratio")
		b.ReportMetric(medianRatio(lists), "list-ratio")
	}
	b.ReportMetric(float64(used)/float64(*large)*1e6/(1<<20), "heap-MiB/1M")
	b.ReportMetric(float64(size)/float64(*large)*1e6/(1<<20), "file-MiB/1M")
	b.ReportMetric(0, "ns/op") // only the ratios matter
}

// heapInUse returns the bytes in use after a garbage collection.
func heapInUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func timed(b *testing.B, do func() error) time.Duration {
	b.Helper()
	begin := time.Now()
	if err := do(); err != nil {
		b.Fatal(err)
	}
	return time.Since(begin)
}

// medianRatio returns the ratio of the medians.
func medianRatio(durations [2][]time.Duration) float64 {
	for _, d := range durations {
		slices.Sort(d)
	}
	middle := len(durations[0]) / 2
	return float64(durations[0][middle]) / float64(durations[1][middle])
}

// loadedStore is a store with peerings of many tenants.
type loadedStore struct {
	*peering.Service

	store   *etcd.Store
	tenants []tenantPeering
}

// tenantPeering is a tenant and one of the peerings that it requested.
type tenantPeering struct{ tenant, id peering.ID }

func (l loadedStore) show(b *testing.B, r tenantPeering) error {
	b.Helper()
	_, err := l.Show(b.Context(), peering.Scope{Tenant: r.tenant}, r.id)
	return err
}

func (l loadedStore) list(b *testing.B, r tenantPeering) error {
	b.Helper()
	page, more, err := l.List(b.Context(), peering.Scope{Tenant: r.tenant}, peering.Filter{}, "", 20)
	if len(page) != 20 || !more {
		b.Errorf("the page has %d peerings, more: %t; want 20 and true", len(page), more)
	}
	return err
}

// loadStore returns an embedded store with n peerings.
func loadStore(b *testing.B, n int) loadedStore {
	b.Helper()
	// Loaded peerings leave no history, so compaction would be a waste of time.
	cfg := etcd.WithMaintenance(etcd.Config{DataDir: b.TempDir(), Timeout: time.Minute, Quota: 64 << 30}, math.MaxInt32, math.MaxInt64, nil)
	store, err := etcd.Open(b.Context(), cfg)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := store.Close(); err != nil {
			b.Error(err)
		}
	})
	l := loadedStore{
		Service: peering.NewService(store, peering.DefaultRules(), func() time.Time { return createdAt }, newID),
		store:   store,
		tenants: make([]tenantPeering, n/perTenant),
	}
	for i := range l.tenants {
		l.tenants[i].tenant = newID()
	}
	for i := range l.tenants {
		requester, accepter := l.tenants[i].tenant, l.tenants[(i+1)%len(l.tenants)].tenant
		peerings := make([]peering.Peering, perTenant)
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
