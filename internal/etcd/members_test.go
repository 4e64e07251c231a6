package etcd_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"

	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/peering"
)

// A member is one of the three members of an etcd cluster. The others and clients
// reach it through proxies: they have to know its addresses before it starts, and
// these must not change when it starts again.
type member struct {
	config       *embed.Config
	peer, client *proxy
	endpoint     string
	server       *embed.Etcd
}

// start starts the member, for the first time or again. It may not become ready
// before the others have started.
func (m *member) start(t *testing.T) {
	t.Helper()
	var err error
	if m.server, err = embed.StartEtcd(m.config); err != nil {
		t.Fatal(err)
	}
	m.peer.setTarget(m.server.Peers[0].Addr().String())
	m.client.setTarget(m.server.Clients[0].Addr().String())
}

// stop stops the member at once, without a transfer of its leadership.
func (m *member) stop() {
	if m.server == nil {
		return
	}
	m.peer.setTarget("") // an open connection would delay Close
	m.client.setTarget("")
	m.server.Server.HardStop()
	m.server.Close()
	m.server = nil
}

// startCluster starts an etcd cluster with three members.
func startCluster(t *testing.T) []*member {
	t.Helper()
	members, initial := make([]*member, 3), make([]string, 3)
	for i := range members {
		m := &member{config: embed.NewConfig(), peer: newProxy(t), client: newProxy(t)}
		m.endpoint = m.client.url().String()
		c := m.config
		c.Name, c.Dir = fmt.Sprint("m", i), t.TempDir()
		c.ListenPeerUrls, c.AdvertisePeerUrls = []url.URL{anyPort}, []url.URL{*m.peer.url()}
		c.ListenClientUrls, c.AdvertiseClientUrls = []url.URL{anyPort}, []url.URL{*m.client.url()}
		c.TickMs, c.ElectionMs = 50, 500
		c.BcryptCost = 4 // the minimum
		c.UnsafeNoFsync = true
		c.ZapLoggerBuilder = embed.NewZapLoggerBuilder(zap.NewNop())
		members[i], initial[i] = m, c.Name+"="+m.peer.url().String()
	}
	for _, m := range members {
		m.config.InitialCluster = strings.Join(initial, ",")
		m.start(t)
		t.Cleanup(m.stop)
	}
	for _, m := range members {
		<-m.server.Server.ReadyNotify()
	}
	return members
}

func TestConcurrentCreatesOnAllMembers(t *testing.T) {
	t.Parallel()
	members := startCluster(t)
	stores := make([]*etcd.Store, len(members))
	for i, m := range members {
		stores[i] = connect(t, time.Minute, m.endpoint)
	}
	a, b := newVPC(), newVPC()
	wantOneSuccess(t, concurrently(12, func(i int) error {
		if i%2 == 0 {
			return tryCreate(t.Context(), stores[i%3], newPeering(a, b))
		}
		return tryCreate(t.Context(), stores[i%3], newPeering(b, a))
	}), peering.AlreadyPeered)
	wantConsistent(t, stores[0])
}

func TestQuorumLossAndRecovery(t *testing.T) {
	t.Parallel()
	members := startCluster(t)
	// Ready spends a third of the timeout on finding the reason.
	const timeout = 3 * time.Second
	onAll := connect(t, timeout, members[0].endpoint, members[1].endpoint, members[2].endpoint)
	onOne := connect(t, timeout, members[0].endpoint)
	p := create(t, connect(t, time.Minute, members[0].endpoint), newPeering(newVPC(), newVPC()))
	members[1].stop()
	members[2].stop()
	stores := []*etcd.Store{onAll, onOne}
	concurrently(2*len(stores), func(i int) error {
		store := stores[i/2]
		if i%2 == 0 {
			wantUnavailable(t, context.Background(), store, p) // no stale reads either
			return nil
		}
		if err := store.Ready(t.Context()); peering.CodeOf(err) != peering.Unavailable || !strings.Contains(err.Error(), "no quorum") {
			t.Errorf("Ready returns %v, want no quorum", err)
		}
		return nil
	})
	members[1].start(t)
	members[2].start(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, store := range stores {
		for store.Ready(ctx) != nil && ctx.Err() == nil {
		}
		wantCode(t, store.Ready(ctx), "")
		wantStatus(t, store, p.ID, peering.PendingAcceptance)
	}
	wantConsistent(t, onAll)
}

// TestMemberWithoutALeaderIsSkipped uses a store with two endpoints. One of them
// is a member that has no leader.
func TestMemberWithoutALeaderIsSkipped(t *testing.T) {
	t.Parallel()
	members := startCluster(t)
	endpoint, _ := startEtcd(t)
	members[1].stop()
	members[2].stop()
	waitForNoLeader(t, members[0])
	store := connect(t, 5*time.Second, members[0].endpoint, endpoint)
	for range 20 {
		p := create(t, store, newPeering(newVPC(), newVPC()))
		wantCode(t, apply(t, store, peering.Accept, p.ID), "")
		wantStatus(t, store, p.ID, peering.Active)
	}
}

// waitForNoLeader waits until the member has no leader.
func waitForNoLeader(t *testing.T, m *member) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for m.server.Server.Leader() != 0 {
		select {
		case <-poll.C:
		case <-ctx.Done():
			t.Fatal("the member still has a leader")
		}
	}
}

// TestOpenWithUserWithoutQuorum checks the error that an operator gets.
func TestOpenWithUserWithoutQuorum(t *testing.T) {
	t.Parallel()
	members := startCluster(t)
	cfg := etcd.Config{Prefix: "/team", User: "peering", Password: "secret", Timeout: time.Minute}
	for _, m := range members {
		cfg.Endpoints = append(cfg.Endpoints, m.endpoint)
	}
	enableAuth(t, connect(t, time.Minute, cfg.Endpoints...).Client())
	running := openStore(t, cfg)
	members[1].stop()
	members[2].stop()

	cfg.Timeout = 2 * time.Second
	store, err := etcd.Open(t.Context(), cfg)
	if err == nil {
		t.Fatal("the store opened", store.Close())
	}
	wantErrorContaining(t, err, members[0].endpoint, "no quorum", `"peering"`)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	wantNotReady(t, ctx, running, "no quorum")
}
