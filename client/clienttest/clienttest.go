// Package clienttest runs the real service inside a test, for those who use the SDK:
//
//	s := clienttest.NewServer(t)
//	c := s.Client(clienttest.Project)
//	s.Inject("createPeering", 1, clienttest.ResetAfter()) // the first answer is lost
//	p, err := c.CreatePeering(ctx, clienttest.ClusterID, client.PeeringCreate{Name: "n", VPCID: vpc})
//
// The server keeps its state in a temporary directory, knows the clusters of its inventory, and believes its callers: they
// act for the project that their client names. Its clock is the test's to set, so that peerings expire when they should.
// Faults come when the test asks for them. It ends with the test.
package clienttest

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/iam"
	"github.com/peering/peering/internal/peering"
	"github.com/peering/peering/server"
)

// The cluster that a server knows by default, with the project that it is in.
const (
	Project   = "4f30b9215e054c908d18f2b150131646"
	ClusterID = "1000000"
)

// serviceTenant is the tenant that the VPCs of clusters belong to.
const serviceTenant = "8185f87d043f4519a68420a282b5e2fa"

// A Cluster exists when the server starts.
type Cluster struct {
	// Project and ID name the cluster; the ID is a number.
	Project, ID string
	Name        string
	// VPCID is that of the cluster's VPC, which belongs to the service.
	VPCID string
	// CIDR is the block of the VPC and of its only subnet.
	CIDR string
}

// DefaultCluster is the cluster ClusterID of Project.
func DefaultCluster() Cluster {
	return Cluster{
		Project: Project, ID: ClusterID, Name: "mycluster", VPCID: "83081290-198e-48e2-8e2d-64c50023d136", CIDR: "172.16.0.0/23",
	}
}

// A Server is a service that a test has started. It is safe for concurrent use.
type Server struct {
	// URL is where it is called.
	URL string

	t      testing.TB
	faults *faults

	mu  sync.Mutex
	now time.Time
}

// An Option changes how a Server works.
type Option func(*config)

type config struct {
	clusters []Cluster
	rules    peering.Rules
	now      time.Time
}

// WithClusters sets the inventory. The default is DefaultCluster alone.
func WithClusters(clusters ...Cluster) Option {
	return func(c *config) { c.clusters = clusters }
}

// WithQuota sets how many peerings a tenant may have, a cluster may have, and may wait for one tenant. The defaults are the
// service's own: 50, 50 and 100.
func WithQuota(n int) Option {
	return func(c *config) { c.rules.Quotas = peering.Quotas{Tenant: n, Cluster: n, Pending: n} }
}

// WithLifetime sets how long a peering waits for its accepter. The default is the service's own, seven days.
func WithLifetime(d time.Duration) Option {
	return func(c *config) { c.rules.Lifetime = d }
}

// WithTime sets the server's clock, which stands still until Advance. The default is the time of NewServer.
func WithTime(now time.Time) Option {
	return func(c *config) { c.now = now }
}

// NewServer starts a server, which ends with the test.
func NewServer(t testing.TB, opts ...Option) *Server {
	t.Helper()
	cfg := config{clusters: []Cluster{DefaultCluster()}, rules: peering.DefaultRules(), now: time.Now()}
	for _, opt := range opts {
		opt(&cfg)
	}
	s := &Server{t: t, now: cfg.now}
	handler, operations := s.open(t, cfg)
	s.faults = newFaults(handler, operations)
	http := httptest.NewServer(s.faults)
	t.Cleanup(func() {
		http.CloseClientConnections()
		http.Close()
	})
	s.URL = http.URL
	return s
}

// open answers the service's handler, and the operations that the contract has.
func (s *Server) open(t testing.TB, cfg config) (http.Handler, []operation) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	store, err := etcd.Open(t.Context(), etcd.Config{DataDir: t.TempDir(), Log: log})
	if err != nil {
		t.Fatalf("open a store: %v", err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	newID := func() peering.ID { return peering.ID(uuid.Must(uuid.NewV7()).String()) }
	service := peering.NewService(store, cfg.rules, s.Now, newID)
	clusters := make([]peering.Cluster, len(cfg.clusters))
	for i, c := range cfg.clusters {
		clusters[i] = peering.Cluster{
			ClusterRef: peering.ClusterRef{Project: peering.ID(c.Project), ID: c.ID},
			Name:       c.Name,
			VPC:        peering.VPC{ID: peering.ID(c.VPCID), Tenant: serviceTenant},
			VPCCIDR:    c.CIDR,
			SubnetCIDR: c.CIDR,
		}
	}
	if err := service.EnsureClusters(t.Context(), clusters); err != nil {
		t.Fatalf("add the clusters: %v", err)
	}
	handler, err := server.New(server.Config{
		Peerings: service, Authenticator: iam.NoAuth{}, Tenant: serviceTenant, Log: log, Now: s.Now,
	})
	if err != nil {
		t.Fatalf("make the server: %v", err)
	}
	operations, err := contractOperations()
	if err != nil {
		t.Fatalf("read the contract: %v", err)
	}
	return handler, operations
}

// Client answers a client that calls for a project, and does not wait for long: between attempts and between looks there are
// some milliseconds. Options come on top.
func (s *Server) Client(project string, opts ...client.Option) *client.Client {
	s.t.Helper()
	c, err := client.New(s.URL, append([]client.Option{
		client.WithProject(project),
		client.WithRetryPolicy(client.RetryPolicy{Base: time.Millisecond, Max: 5 * time.Millisecond}),
		client.WithWaitPolicy(client.WaitPolicy{First: time.Millisecond, Max: 5 * time.Millisecond}),
	}, opts...)...)
	if err != nil {
		s.t.Fatalf("make a client: %v", err)
	}
	return c
}

// Now answers the time on the server's clock.
func (s *Server) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// Advance sets the server's clock forward.
func (s *Server) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

// Inject makes a fault come over the next so many requests of an operation, given by its operationId such as "createPeering";
// over all operations where that is empty. Faults that wait for the same request come one after the other, each over its own.
// It fails the test where the contract has no such operation.
func (s *Server) Inject(operationID string, times int, f Fault) {
	s.t.Helper()
	if err := s.faults.inject(operationID, times, f); err != nil {
		s.t.Fatal(err)
	}
}

// Requests answers how many requests of an operation have come, those with faults too; of all where it is empty.
func (s *Server) Requests(operationID string) int {
	return s.faults.requests(operationID)
}
