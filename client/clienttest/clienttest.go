// Package clienttest runs the real peering service inside a test of a program
// that uses the SDK:
//
//	s := clienttest.NewServer(t)
//	c := s.Client(clienttest.Project)
//	s.Inject("createPeering", 1, clienttest.ResetAfter()) // lose the first response
//	p, err := c.CreatePeering(ctx, clienttest.ClusterID, client.PeeringCreate{Name: "n", VPCID: vpcID})
//
// The server stores its data in a temporary directory and does not authenticate
// requests: a client acts for whatever project it sets. The test controls the
// server's clock, so it can let peerings expire, and injects faults into
// individual requests. The server is stopped when the test ends.
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

// The id and the project of the cluster that exists by default.
const (
	Project   = "4f30b9215e054c908d18f2b150131646"
	ClusterID = "1000000"
)

// serviceTenant is the tenant of the clusters' VPCs.
const serviceTenant = "8185f87d043f4519a68420a282b5e2fa"

// A Cluster is a cluster of the server's inventory.
type Cluster struct {
	// Project and ID identify the cluster. ID is a decimal number.
	Project, ID string
	Name        string
	// VPCID is the id of the cluster's VPC, which belongs to the service.
	VPCID string
	// CIDR is the CIDR block of the VPC and of its only subnet.
	CIDR string
}

// DefaultCluster returns the cluster with ClusterID in Project.
func DefaultCluster() Cluster {
	return Cluster{
		Project: Project,
		ID:      ClusterID,
		Name:    "mycluster",
		VPCID:   "83081290-198e-48e2-8e2d-64c50023d136",
		CIDR:    "172.16.0.0/23",
	}
}

// A Server is a running peering service. It is safe for concurrent use.
type Server struct {
	// URL is the endpoint for client.New.
	URL string

	t      testing.TB
	faults *faultInjector

	mu  sync.Mutex
	now time.Time
}

// An Option configures a Server.
type Option func(*config)

type config struct {
	clusters []Cluster
	rules    peering.Rules
	now      time.Time
}

// WithClusters sets the clusters that exist when the server starts. The default
// is DefaultCluster only.
func WithClusters(clusters ...Cluster) Option {
	return func(c *config) { c.clusters = clusters }
}

// WithQuota sets all three quotas to n: peerings per tenant, peerings per cluster
// and pending peerings per accepter. The defaults are those of the service: 50,
// 50 and 100.
func WithQuota(n int) Option {
	return func(c *config) { c.rules.Quotas = peering.Quotas{Tenant: n, Cluster: n, Pending: n} }
}

// WithLifetime sets how long a peering stays pending before it expires. The
// default is that of the service, 7 days.
func WithLifetime(d time.Duration) Option {
	return func(c *config) { c.rules.Lifetime = d }
}

// WithTime sets the server's clock, which only Advance moves. The default is the
// current time.
func WithTime(now time.Time) Option {
	return func(c *config) { c.now = now }
}

// NewServer starts a server and registers its shutdown with t.Cleanup. It fails
// the test if the server cannot start.
func NewServer(t testing.TB, opts ...Option) *Server {
	t.Helper()
	cfg := config{clusters: []Cluster{DefaultCluster()}, rules: peering.DefaultRules(), now: time.Now()}
	for _, opt := range opts {
		opt(&cfg)
	}
	s := &Server{t: t, now: cfg.now}
	operations, err := contractOperations()
	if err != nil {
		t.Fatalf("read the contract: %v", err)
	}
	s.faults = newFaultInjector(s.newHandler(t, cfg), operations)
	listener := httptest.NewServer(s.faults)
	t.Cleanup(func() {
		listener.CloseClientConnections()
		listener.Close()
	})
	s.URL = listener.URL
	return s
}

// newHandler returns the handler of a service with a store of its own.
func (s *Server) newHandler(t testing.TB, cfg config) http.Handler {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	store, err := etcd.Open(t.Context(), etcd.Config{DataDir: t.TempDir(), Log: log})
	if err != nil {
		t.Fatalf("open the store: %v", err)
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
		t.Fatalf("create the server: %v", err)
	}
	return handler
}

// Client returns a client for the project. Its delays between retries and between
// polls are at most 5 ms. The options are applied after these defaults. It fails
// the test if they are invalid.
func (s *Server) Client(project string, opts ...client.Option) *client.Client {
	s.t.Helper()
	c, err := client.New(s.URL, append([]client.Option{
		client.WithProject(project),
		client.WithRetryPolicy(client.RetryPolicy{Base: time.Millisecond, Max: 5 * time.Millisecond}),
		client.WithWaitPolicy(client.WaitPolicy{First: time.Millisecond, Max: 5 * time.Millisecond}),
	}, opts...)...)
	if err != nil {
		s.t.Fatalf("create a client: %v", err)
	}
	return c
}

// Now returns the time of the server's clock.
func (s *Server) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// Advance moves the server's clock forward by d.
func (s *Server) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

// Inject applies the fault to the next n requests of an operation, which is
// given by its operationId, such as "createPeering"; "" matches every operation.
// A request gets at most one fault: of those that match, the one injected first.
// Inject fails the test if the contract has no such operation or n is less than
// 1.
func (s *Server) Inject(operationID string, n int, f Fault) {
	s.t.Helper()
	if err := s.faults.inject(operationID, n, f); err != nil {
		s.t.Fatal(err)
	}
}

// Requests returns how many requests of an operation the server has received,
// including those with faults; "" counts all requests.
func (s *Server) Requests(operationID string) int {
	return s.faults.requests(operationID)
}
