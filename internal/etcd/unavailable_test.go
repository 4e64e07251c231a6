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

func TestUnavailableStore(t *testing.T) {
	t.Parallel()
	t.Run("closed", func(t *testing.T) {
		store := newEmbedded(t)
		p := create(t, store, newPeering(newVPC(), newVPC()))
		wantCode(t, store.Close(), "")
		wantUnavailable(t, t.Context(), store, p)
		wantCode(t, store.Close(), "")
	})
	t.Run("cancelled", func(t *testing.T) {
		store := newStore(t)
		p := create(t, store, newPeering(newVPC(), newVPC()))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		wantUnavailable(t, ctx, store, p)
		wantCode(t, store.Ready(t.Context()), "")
	})
}

// wantUnavailable fails the test unless all calls of the store return
// Unavailable.
func wantUnavailable(t *testing.T, ctx context.Context, store *etcd.Store, p peering.Peering) {
	t.Helper()
	noChange := func(p peering.Peering) (peering.Peering, error) { return p, nil }
	calls := map[string]func() error{
		"create": func() error { return tryCreate(ctx, store, newPeering(newVPC(), newVPC())) },
		"get": func() error {
			_, err := store.Get(ctx, p.ID)
			return err
		},
		"update": func() error {
			_, err := store.Update(ctx, p.ID, unlimited, noChange)
			return err
		},
		"list": func() error {
			_, _, err := store.List(ctx, peering.Scope{Tenant: p.Requester.Tenant}, peering.Query{Match: matchAll})
			return err
		},
		"cluster": func() error {
			_, err := store.Cluster(ctx, newCluster().ClusterRef)
			return err
		},
		"put cluster": func() error { return store.PutCluster(ctx, newCluster(), takeNew) },
		"ready":       func() error { return store.Ready(ctx) },
	}
	names := slices.Collect(maps.Keys(calls))
	for i, err := range concurrently(len(calls), func(i int) error { return calls[names[i]]() }) {
		if err == nil || peering.CodeOf(err) != peering.Unavailable {
			t.Errorf("%s returns %v, want code %q", names[i], err, peering.Unavailable)
		}
	}
}

// TestCloseDuringCalls closes the store while it is used. Each call succeeds or
// returns Unavailable, and what has succeeded is stored.
func TestCloseDuringCalls(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store, err := etcd.Open(t.Context(), etcd.Config{DataDir: dir, Timeout: time.Minute})
	wantCode(t, err, "")
	const callers = 8
	created := make([][]peering.ID, callers)
	started := make(chan struct{}, callers)
	errs := concurrently(callers+1, func(i int) error {
		if i == callers {
			for range callers {
				<-started
			}
			return store.Close()
		}
		for {
			p := newPeering(newVPC(), newVPC())
			if err := tryCreate(t.Context(), store, p); err != nil {
				return err
			}
			if len(created[i]) == 0 {
				started <- struct{}{}
			}
			created[i] = append(created[i], p.ID)
		}
	})
	for i, err := range errs {
		if i == callers {
			wantCode(t, err, "")
			continue
		}
		wantCode(t, err, peering.Unavailable)
	}
	store = openDir(t, dir)
	for _, ids := range created {
		for _, id := range ids {
			wantStatus(t, store, id, peering.PendingAcceptance)
		}
	}
	wantConsistent(t, store)
}
