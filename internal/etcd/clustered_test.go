package etcd_test

import (
	"context"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"
	"google.golang.org/grpc"

	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/peering"
)

// server starts an etcd with an endpoint of its own, and with a configuration that is changed so.
func server(t *testing.T, changes ...func(*embed.Config)) (endpoint string, stop func()) {
	t.Helper()
	c := embed.NewConfig()
	c.Dir = t.TempDir()
	c.ListenPeerUrls, c.ListenClientUrls = nil, []url.URL{{Scheme: "http", Host: "127.0.0.1:0"}}
	c.TickMs, c.ElectionMs = 10, 100
	c.ZapLoggerBuilder = embed.NewZapLoggerBuilder(zap.NewNop())
	for _, change := range changes {
		change(c)
	}
	e, err := embed.StartEtcd(c)
	if err != nil {
		t.Fatal(err)
	}
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			e.Close()
		}
	}
	t.Cleanup(stop)
	select {
	case <-e.Server.ReadyNotify():
	case err := <-e.Err():
		t.Fatal(err)
	}
	return "http://" + e.Clients[0].Addr().String(), stop
}

// deadEndpoint answers an endpoint on which nobody listens.
func deadEndpoint(t *testing.T) string {
	t.Helper()
	free := freeURL(t)
	return free.String()
}

// connect answers a store on the endpoints; it is closed at the end of the test.
func connect(t *testing.T, timeout time.Duration, endpoints ...string) *etcd.Store {
	t.Helper()
	store, err := etcd.Open(t.Context(), etcd.Config{Endpoints: endpoints, Timeout: timeout})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	return store
}

func TestClustered(t *testing.T) {
	endpoint, _ := server(t)
	store := connect(t, time.Minute, endpoint)
	wantCode(t, store.Ready(t.Context()), "")
	cluster := put(t, store, newCluster())
	if got := getCluster(t, store, cluster.ClusterRef); got != cluster {
		t.Errorf("got %+v, want %+v", got, cluster)
	}
	p := newPeering(cluster.VPC, newVPC())
	p.Cluster = cluster.ClusterRef
	create(t, store, p)
	wantCode(t, tryCreate(t.Context(), store, newPeering(p.Accepter, p.Requester)), peering.AlreadyPeered)
	wantCode(t, act(t, store, peering.Accept, p.ID), "")
	wantCode(t, act(t, store, peering.Reject, p.ID), peering.WrongStatus)
	old := create(t, store, newPeering(newVPC(), newVPC()))
	young := create(t, store, later(old))
	invariants(t, store)

	// Another process sees the same.
	other := connect(t, time.Minute, endpoint)
	wantStatus(t, other, p.ID, peering.Active)
	got, _ := list(t, other, peering.Scope{Cluster: cluster.ClusterRef}, peering.Query{})
	wantIDs(t, got, []peering.ID{p.ID})
	got, _ = list(t, other, peering.Scope{Tenant: old.Requester.Tenant}, peering.Query{})
	wantIDs(t, got, []peering.ID{old.ID, young.ID})
	wantCode(t, act(t, other, peering.Delete, p.ID), "")
	_, err := store.Get(t.Context(), p.ID)
	wantCode(t, err, peering.NotFound)
	invariants(t, store)
}

// TestClusteredRaced has two processes ask for one pair.
func TestClusteredRaced(t *testing.T) {
	endpoint, _ := server(t)
	stores := []*etcd.Store{connect(t, time.Minute, endpoint), connect(t, time.Minute, endpoint)}
	a, b := newVPC(), newVPC()
	made := 0
	for _, err := range race(10, func(i int) error { return tryCreate(t.Context(), stores[i%2], newPeering(a, b)) }) {
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

// TestClusteredThatStopped gives the calls no deadline of their own: they end by that of the store.
func TestClusteredThatStopped(t *testing.T) {
	endpoint, stop := server(t)
	store := connect(t, 500*time.Millisecond, endpoint)
	p := create(t, store, newPeering(newVPC(), newVPC()))
	stop()
	wantUnavailable(t, context.Background(), store, p)
}

func TestClusteredWithADeadEndpoint(t *testing.T) {
	endpoint, _ := server(t)
	store := connect(t, 2*time.Second, deadEndpoint(t), endpoint)
	p := create(t, store, newPeering(newVPC(), newVPC()))
	wantStatus(t, store, p.ID, peering.PendingAcceptance)
}

func TestOpenClusteredIsRefused(t *testing.T) {
	endpoint, _ := server(t)
	dead, deadToo, old := deadEndpoint(t), deadEndpoint(t), oldEtcd(t, "3.6.8")
	tests := []struct {
		name      string
		endpoints []string
		timeout   time.Duration
		want      []string // what the error names
	}{
		{"where nobody answers", []string{dead}, 100 * time.Millisecond, []string{dead}},
		{"where none of two answers", []string{dead, deadToo}, 100 * time.Millisecond, []string{dead, deadToo}},
		{"for what is no endpoint", []string{"http://"}, 100 * time.Millisecond, []string{"http://"}},
		{"by an old version", []string{old}, time.Minute, []string{old, "3.6.8", "3.6.9"}},
		{"by one old version among others", []string{endpoint, old}, time.Minute, []string{old, "3.6.8"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			store, err := etcd.Open(t.Context(), etcd.Config{Endpoints: tt.endpoints, Timeout: tt.timeout})
			if err == nil {
				t.Fatal("the store opened", store.Close())
			}
			for _, part := range tt.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("the error does not name %s: %v", part, err)
				}
			}
		})
	}
}

// oldEtcd answers the endpoint of a server that can only say its version.
func oldEtcd(t *testing.T, version string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it is there at once
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

func TestSupported(t *testing.T) {
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
			if err := etcd.Supported(version); (err == nil) != want {
				t.Errorf("Supported = %v, want supported: %t", err, want)
			}
		})
	}
}
