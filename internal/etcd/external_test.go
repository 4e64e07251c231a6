package etcd_test

import (
	"context"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"
	"google.golang.org/grpc"

	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/peering"
)

// startEtcd starts an etcd on a port of its own, with changes to its
// configuration. It stops at the end of the test, if not before.
func startEtcd(t *testing.T, changes ...func(*embed.Config)) (endpoint string, stop func()) {
	t.Helper()
	c := embed.NewConfig()
	c.Dir = t.TempDir()
	c.ListenPeerUrls, c.ListenClientUrls = nil, []url.URL{anyPort}
	c.TickMs, c.ElectionMs = 10, 100
	c.BcryptCost = 4 // the minimum
	c.UnsafeNoFsync = true
	c.ZapLoggerBuilder = embed.NewZapLoggerBuilder(zap.NewNop())
	for _, change := range changes {
		change(c)
	}
	e, err := embed.StartEtcd(c)
	if err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(e.Close)
	t.Cleanup(stop)
	select {
	case <-e.Server.ReadyNotify():
	case err := <-e.Err():
		t.Fatal(err)
	}
	return "http://" + e.Clients[0].Addr().String(), stop
}

// connect opens a store on the endpoints. It is closed at the end of the test.
func connect(t *testing.T, timeout time.Duration, endpoints ...string) *etcd.Store {
	t.Helper()
	return openStore(t, etcd.Config{Endpoints: endpoints, Timeout: timeout})
}

func TestExternalStore(t *testing.T) {
	t.Parallel()
	endpoint, _ := startEtcd(t)
	store := connect(t, time.Minute, endpoint)
	wantCode(t, store.Ready(t.Context()), "")
	cluster := putCluster(t, store, newCluster())
	if got := getCluster(t, store, cluster.ClusterRef); got != cluster {
		t.Errorf("got %+v, want %+v", got, cluster)
	}
	p := newPeering(cluster.VPC, newVPC())
	p.Cluster = cluster.ClusterRef
	create(t, store, p)
	wantCode(t, tryCreate(t.Context(), store, newPeering(p.Accepter, p.Requester)), peering.AlreadyPeered)
	wantCode(t, apply(t, store, peering.Accept, p.ID), "")
	wantCode(t, apply(t, store, peering.Reject, p.ID), peering.WrongStatus)
	expired := create(t, store, newPeering(newVPC(), newVPC()))
	next := create(t, store, afterExpiry(expired))
	wantConsistent(t, store)

	// Another process sees the same.
	other := connect(t, time.Minute, endpoint)
	wantStatus(t, other, p.ID, peering.Active)
	got, _ := listIDs(t, other, peering.Scope{Cluster: cluster.ClusterRef}, peering.Query{})
	wantIDs(t, got, []peering.ID{p.ID})
	got, _ = listIDs(t, other, peering.Scope{Tenant: expired.Requester.Tenant}, peering.Query{})
	wantIDs(t, got, []peering.ID{expired.ID, next.ID})
	wantCode(t, apply(t, other, peering.Delete, p.ID), "")
	_, err := store.Get(t.Context(), p.ID)
	wantCode(t, err, peering.NotFound)
	wantConsistent(t, store)
}

// TestConcurrentCreatesOnTwoStores creates many peerings of one pair at once, as
// two processes might.
func TestConcurrentCreatesOnTwoStores(t *testing.T) {
	t.Parallel()
	endpoint, _ := startEtcd(t)
	stores := []*etcd.Store{connect(t, time.Minute, endpoint), connect(t, time.Minute, endpoint)}
	a, b := newVPC(), newVPC()
	wantOneSuccess(t, concurrently(10, func(i int) error {
		return tryCreate(t.Context(), stores[i%2], newPeering(a, b))
	}), peering.AlreadyPeered)
	wantConsistent(t, stores[0])
}

// TestExternalStoreTimeout makes calls without a deadline to an etcd that has
// stopped. They end at the timeout of the store.
func TestExternalStoreTimeout(t *testing.T) {
	t.Parallel()
	endpoint, stop := startEtcd(t)
	store := connect(t, 500*time.Millisecond, endpoint)
	p := create(t, connect(t, time.Minute, endpoint), newPeering(newVPC(), newVPC()))
	stop()
	wantUnavailable(t, context.Background(), store, p)
}

func TestOpenWithAClosedEndpoint(t *testing.T) {
	t.Parallel()
	endpoint, _ := startEtcd(t)
	store := connect(t, 2*time.Second, closedEndpoint(t), endpoint)
	p := create(t, store, newPeering(newVPC(), newVPC()))
	wantStatus(t, store, p.ID, peering.PendingAcceptance)
}

func TestOpenExternalErrors(t *testing.T) {
	t.Parallel()
	endpoint, _ := startEtcd(t)
	closed, closed2, old := closedEndpoint(t), closedEndpoint(t), etcdWithVersion(t, "3.6.8")
	tests := []struct {
		name      string
		endpoints []string
		timeout   time.Duration
		want      []string // texts in the error
	}{
		{"closed endpoint", []string{closed}, 100 * time.Millisecond, []string{closed}},
		{"two closed endpoints", []string{closed, closed2}, 100 * time.Millisecond, []string{closed, closed2}},
		{"invalid endpoint", []string{"http://"}, 100 * time.Millisecond, []string{"http://"}},
		{"old version", []string{old}, time.Minute, []string{old, "3.6.8", "3.6.9"}},
		{"one endpoint with an old version", []string{endpoint, old}, time.Minute, []string{old, "3.6.8"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			store, err := etcd.Open(t.Context(), etcd.Config{Endpoints: tt.endpoints, Timeout: tt.timeout})
			if err == nil {
				t.Fatal("the store opened", store.Close())
			}
			wantErrorContaining(t, err, tt.want...)
		})
	}
}

// etcdWithVersion returns the endpoint of a server that only reports a version of
// etcd.
func etcdWithVersion(t *testing.T, version string) string {
	t.Helper()
	l, err := net.Listen("tcp", anyPort.Host) //nolint:noctx // it does not block
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer()
	pb.RegisterMaintenanceServer(s, versioned{version: version})
	served := make(chan error)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Stop()
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return "http://" + l.Addr().String()
}

type versioned struct {
	pb.UnimplementedMaintenanceServer

	version string
}

func (v versioned) Status(context.Context, *pb.StatusRequest) (*pb.StatusResponse, error) {
	return &pb.StatusResponse{Version: v.version}, nil
}

func TestCheckVersion(t *testing.T) {
	for version, want := range map[string]bool{
		"3.6.9":        true,
		"3.6.10":       true,
		"3.7.0":        true,
		"3.7.3":        true,
		"4.0.0":        true,
		"10.0.0":       true,
		"3.6.8":        false,
		"3.6.0":        false,
		"3.5.99":       false,
		"2.10.0":       false,
		"3.6.9-rc.0":   false,
		"3.6.10-rc.0":  true,
		"3.6.9+distro": true,
		"3.6":          false,
		"v3.6.9":       false,
		"not_decided":  false,
		"":             false,
	} {
		t.Run(version, func(t *testing.T) {
			if err := etcd.CheckVersion(version); (err == nil) != want {
				t.Errorf("error is %v, want a supported version: %t", err, want)
			}
		})
	}
}

func TestKeyPrefix(t *testing.T) {
	t.Parallel()
	endpoint, _ := startEtcd(t)
	unprefixed := connect(t, time.Minute, endpoint)
	var created []peering.Peering
	for _, prefix := range []string{"/a", "/b"} {
		store := openStore(t, etcd.Config{Endpoints: []string{endpoint}, Prefix: prefix, Timeout: time.Minute})
		p, _ := createIdempotent(t, store, newPeering(newVPC(), newVPC()), newIdempotency())
		for _, other := range created {
			_, err := store.Get(t.Context(), other.ID)
			wantCode(t, err, peering.NotFound)
		}
		created = append(created, p)
		wantCode(t, store.RunAsLeader(t.Context(), "test", func(context.Context) {}), "")
		wantConsistent(t, store)
	}
	for key := range dumpKeys(t, unprefixed) {
		if !strings.HasPrefix(key, "/a/peering/") && !strings.HasPrefix(key, "/b/peering/") {
			t.Errorf("key %s has no prefix", key)
		}
	}
}
