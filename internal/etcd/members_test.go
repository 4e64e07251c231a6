package etcd_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"

	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/peering"
)

// A member is one of three etcds that make a cluster.
type member struct {
	config  *embed.Config
	running *embed.Etcd
}

func (m *member) endpoint() string { return m.config.ListenClientUrls[0].String() }

// start starts the member, for the first time or again. It may not be ready before others are.
func (m *member) start(t *testing.T) {
	t.Helper()
	var err error
	if m.running, err = embed.StartEtcd(m.config); err != nil {
		t.Fatal(err)
	}
}

func (m *member) stop() {
	if m.running != nil {
		m.running.Close()
		m.running = nil
	}
}

// members starts an etcd cluster of three.
func members(t *testing.T) []*member {
	t.Helper()
	three, initial := make([]*member, 3), make([]string, 3)
	for i := range three {
		c := embed.NewConfig()
		c.Name, c.Dir = fmt.Sprint("m", i), t.TempDir()
		peer, client := freeURL(t), freeURL(t)
		c.ListenPeerUrls, c.AdvertisePeerUrls = []url.URL{peer}, []url.URL{peer}
		c.ListenClientUrls, c.AdvertiseClientUrls = []url.URL{client}, []url.URL{client}
		c.TickMs, c.ElectionMs = 50, 500
		c.BcryptCost = 4 // the least it takes
		c.ZapLoggerBuilder = embed.NewZapLoggerBuilder(zap.NewNop())
		three[i], initial[i] = &member{config: c}, c.Name+"="+peer.String()
	}
	for _, m := range three {
		m.config.InitialCluster = strings.Join(initial, ",")
		m.start(t)
		t.Cleanup(m.stop)
	}
	for _, m := range three {
		<-m.running.Server.ReadyNotify()
	}
	return three
}

// freeURL answers a URL at which nobody listens: the members have to know each other's before they start. Its host is nobody
// else's: at 127.0.0.1 the next connection of any process might get the port.
func freeURL(t *testing.T) url.URL {
	t.Helper()
	host := net.IPv4(127, byte(1+rand.IntN(254)), byte(rand.IntN(256)), byte(1+rand.IntN(254)))
	l, err := net.Listen("tcp", net.JoinHostPort(host.String(), "0")) //nolint:noctx // it is there at once
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // nothing was written
	return url.URL{Scheme: "http", Host: l.Addr().String()}
}

func TestMembersOfAClusterAgree(t *testing.T) {
	three := members(t)
	stores := make([]*etcd.Store, len(three))
	for i, m := range three {
		stores[i] = connect(t, time.Minute, m.endpoint())
	}
	a, b := newVPC(), newVPC()
	made := 0
	for _, err := range race(12, func(i int) error {
		if i%2 == 0 {
			return tryCreate(t.Context(), stores[i%3], newPeering(a, b))
		}
		return tryCreate(t.Context(), stores[i%3], newPeering(b, a))
	}) {
		if err == nil {
			made++
			continue
		}
		wantCode(t, err, peering.AlreadyPeered)
	}
	if made != 1 {
		t.Errorf("%d peerings of one pair were made, want 1", made)
	}
	invariants(t, stores[0])
}

func TestQuorumIsLostAndComesBack(t *testing.T) {
	three := members(t)
	all := connect(t, 0, three[0].endpoint(), three[1].endpoint(), three[2].endpoint())
	one := connect(t, 0, three[0].endpoint())
	p := create(t, all, newPeering(newVPC(), newVPC()))
	three[1].stop()
	three[2].stop()
	for _, store := range []*etcd.Store{all, one} {
		wantUnavailable(t, context.Background(), store, p) // not even a stale answer
		if err := store.Ready(t.Context()); peering.CodeOf(err) != peering.Unavailable || !strings.Contains(err.Error(), "no quorum") {
			t.Errorf("ready: %v", err)
		}
	}
	three[1].start(t)
	three[2].start(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, store := range []*etcd.Store{all, one} {
		for store.Ready(ctx) != nil && ctx.Err() == nil {
		}
		wantCode(t, store.Ready(ctx), "")
		wantStatus(t, store, p.ID, peering.PendingAcceptance)
	}
	invariants(t, all)
}

// TestMemberWithoutALeaderIsPassedOver has a store whose one endpoint can't do anything.
func TestMemberWithoutALeaderIsPassedOver(t *testing.T) {
	three := members(t)
	endpoint, _ := server(t)
	three[1].stop()
	three[2].stop()
	awaitNoLeader(t, three[0])
	store := connect(t, 5*time.Second, three[0].endpoint(), endpoint)
	for range 20 {
		p := create(t, store, newPeering(newVPC(), newVPC()))
		wantCode(t, act(t, store, peering.Accept, p.ID), "")
		wantStatus(t, store, p.ID, peering.Active)
	}
}

// awaitNoLeader returns when the member knows no leader any more.
func awaitNoLeader(t *testing.T, m *member) {
	t.Helper()
	for m.running.Server.Leader() != 0 {
		if t.Context().Err() != nil {
			t.Fatal("the member goes on to know a leader")
		}
	}
}

func TestKeysBelowAPrefix(t *testing.T) {
	endpoint, _ := server(t)
	plain := connect(t, time.Minute, endpoint)
	var made []peering.Peering
	for _, prefix := range []string{"/a", "/b"} {
		store, err := etcd.Open(t.Context(), etcd.Config{Endpoints: []string{endpoint}, Prefix: prefix})
		wantCode(t, err, "")
		p, _, err := store.Create(t.Context(), newPeering(newVPC(), newVPC()), newOnce(), limits)
		wantCode(t, err, "")
		for _, other := range made {
			_, err := store.Get(t.Context(), other.ID)
			wantCode(t, err, peering.NotFound)
		}
		made = append(made, p)
		wantCode(t, store.RunAsLeader(t.Context(), "test", func(context.Context) {}), "")
		invariants(t, store)
		wantCode(t, store.Close(), "")
	}
	for key := range dump(t, plain) {
		if !strings.HasPrefix(key, "/a/peering/") && !strings.HasPrefix(key, "/b/peering/") {
			t.Errorf("key %s has no prefix", key)
		}
	}
}

// TestLoginNeedsAQuorum is about what an operator reads who starts a server without one.
func TestLoginNeedsAQuorum(t *testing.T) {
	three := members(t)
	cfg := etcd.Config{Prefix: "/team", User: "peering", Password: "secret", Timeout: time.Minute}
	for _, m := range three {
		cfg.Endpoints = append(cfg.Endpoints, m.endpoint())
	}
	protect(t, connect(t, time.Minute, cfg.Endpoints...).Client())
	running, err := etcd.Open(t.Context(), cfg)
	wantCode(t, err, "")
	t.Cleanup(func() { wantCode(t, running.Close(), "") })
	three[1].stop()
	three[2].stop()

	cfg.Timeout = 5 * time.Second
	store, err := etcd.Open(t.Context(), cfg)
	if err == nil {
		t.Fatal("the store opened", store.Close())
	}
	wantWords(t, err, three[0].endpoint(), "no quorum", `"peering"`)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	wantNotReady(t, ctx, running, "no quorum")
}
