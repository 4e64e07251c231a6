package etcd_test

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/peering"
)

// TestStoppedStore asks a store that does not answer for everything.
func TestStoppedStore(t *testing.T) {
	t.Run("closed", func(t *testing.T) {
		store := open(t)
		p := create(t, store, newPeering(newVPC(), newVPC()))
		wantCode(t, store.Close(), "")
		wantUnavailable(t, t.Context(), store, p)
		wantCode(t, store.Close(), "")
	})
	t.Run("cancelled", func(t *testing.T) {
		store := open(t)
		p := create(t, store, newPeering(newVPC(), newVPC()))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		wantUnavailable(t, ctx, store, p)
		wantCode(t, store.Ready(t.Context()), "")
	})
}

// wantUnavailable fails the test where a call of the store answers anything but Unavailable.
func wantUnavailable(t *testing.T, ctx context.Context, store *etcd.Store, p peering.Peering) {
	t.Helper()
	unchanged := func(p peering.Peering) (peering.Peering, error) { return p, nil }
	calls := map[string]func() error{
		"create": func() error { return tryCreate(ctx, store, newPeering(newVPC(), newVPC())) },
		"get": func() error {
			_, err := store.Get(ctx, p.ID)
			return err
		},
		"update": func() error {
			_, err := store.Update(ctx, p.ID, limits, unchanged)
			return err
		},
		"list": func() error {
			_, _, err := store.List(ctx, peering.Scope{Tenant: p.Requester.Tenant}, peering.Query{Match: all})
			return err
		},
		"cluster": func() error {
			_, err := store.Cluster(ctx, newCluster().ClusterRef)
			return err
		},
		"put cluster": func() error { return store.PutCluster(ctx, newCluster(), replace) },
		"ready":       func() error { return store.Ready(ctx) },
	}
	names := slices.Collect(maps.Keys(calls))
	for i, err := range race(len(calls), func(i int) error { return calls[names[i]]() }) {
		if err == nil || peering.CodeOf(err) != peering.Unavailable {
			t.Errorf("%s answers %v, want code %q", names[i], err, peering.Unavailable)
		}
	}
}

// TestCloseInTheMiddle closes the store while many use it: each call answers or is Unavailable, and what was answered
// is there.
func TestCloseInTheMiddle(t *testing.T) {
	dir := t.TempDir()
	store, err := etcd.Open(t.Context(), etcd.Config{DataDir: dir, Timeout: time.Minute})
	wantCode(t, err, "")
	const callers = 8
	made := make([][]peering.ID, callers)
	going := make(chan struct{}, callers)
	errs := race(callers+1, func(i int) error {
		if i == callers {
			for range callers {
				<-going
			}
			return store.Close()
		}
		for {
			p := newPeering(newVPC(), newVPC())
			if err := tryCreate(t.Context(), store, p); err != nil {
				return err
			}
			if len(made[i]) == 0 {
				going <- struct{}{}
			}
			made[i] = append(made[i], p.ID)
		}
	})
	for i, err := range errs {
		if i == callers {
			wantCode(t, err, "")
			continue
		}
		wantCode(t, err, peering.Unavailable)
	}
	store = openIn(t, dir)
	for _, ids := range made {
		for _, id := range ids {
			wantStatus(t, store, id, peering.PendingAcceptance)
		}
	}
	invariants(t, store)
}
