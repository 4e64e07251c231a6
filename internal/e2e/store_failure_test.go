package e2e_test

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/e2e/harness"
	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/iam"
	"github.com/peering/peering/internal/peering"
	"github.com/peering/peering/server"
)

// brokenStore fails every call in the way that fail does.
type brokenStore struct {
	fail func() error
}

func (b brokenStore) Create(
	context.Context, peering.Peering, peering.Idempotency, peering.Quotas,
) (peering.Peering, bool, error) {
	return peering.Peering{}, false, b.fail()
}

func (b brokenStore) DueToExpire(context.Context, time.Time) iter.Seq2[peering.ID, error] {
	return func(yield func(peering.ID, error) bool) { yield("", b.fail()) }
}

func (b brokenStore) Get(context.Context, peering.ID) (peering.Peering, error) {
	return peering.Peering{}, b.fail()
}

func (b brokenStore) Update(
	context.Context, peering.ID, peering.Quotas, func(peering.Peering) (peering.Peering, error),
) (peering.Peering, error) {
	return peering.Peering{}, b.fail()
}

func (b brokenStore) List(context.Context, peering.Scope, peering.Query) ([]peering.Peering, bool, error) {
	return nil, false, b.fail()
}

func (b brokenStore) CreateRoute(
	context.Context, peering.PeeringRef, peering.Idempotency, func(peering.Cluster, peering.Peering) (peering.Route, error),
) (peering.Route, bool, error) {
	return peering.Route{}, false, b.fail()
}

func (b brokenStore) Routes(context.Context, peering.ID) ([]peering.Route, error) {
	return nil, b.fail()
}

func (b brokenStore) DeleteRoute(context.Context, peering.ID, peering.ID) error { return b.fail() }

func (b brokenStore) Cluster(context.Context, peering.ClusterRef) (peering.Cluster, error) {
	return peering.Cluster{}, b.fail()
}

func (b brokenStore) Clusters(context.Context, peering.ID) ([]peering.Cluster, error) {
	return nil, b.fail()
}

func (b brokenStore) CreateCluster(context.Context, peering.Cluster, peering.Idempotency) (peering.Cluster, bool, error) {
	return peering.Cluster{}, false, b.fail()
}

func (b brokenStore) UpdateCluster(context.Context, peering.ClusterRef, func(peering.Cluster) peering.Cluster) error {
	return b.fail()
}

func (b brokenStore) DeleteCluster(context.Context, peering.ClusterRef, func(peering.Peering) bool) error {
	return b.fail()
}

func (b brokenStore) PutCluster(
	context.Context, peering.Cluster, func(old, c peering.Cluster) (peering.Cluster, error),
) error {
	return b.fail()
}

// operation is an operation of the contract with a request that follows it.
type operation struct {
	id, method, path, body string
}

// operationsBelow answers all operations whose path starts so, with the contract's first example as body.
func operationsBelow(prefix string) []operation {
	fill := strings.NewReplacer("{project_id}", harness.Project, "{cluster_id}", harness.ClusterID, "{peering_id}", harness.UnknownID, "{route_id}", harness.UnknownID)
	bodies := map[string]string{
		"createPeering":    seedRequest,
		"createCluster":    `{"name":"n"}`,
		"updateCluster":    `{"name":"n"}`,
		"createRoute":      `{"destination":"192.168.0.0/16"}`,
		"createVpcPeering": `{"peering":{"name":"n","request_vpc_info":{"vpc_id":"` + harness.PeerVPC + `"},"accept_vpc_info":{"vpc_id":"` + harness.OtherVPC + `"}}}`,
		"updateVpcPeering": `{"peering":{"name":"n"}}`,
	}
	var found []operation
	for path, item := range harness.Contract.Paths.Map() {
		for method, o := range item.Operations() {
			if strings.HasPrefix(path, prefix) {
				found = append(found, operation{o.OperationID, method, fill.Replace(path), bodies[o.OperationID]})
			}
		}
	}
	return found
}

// serveStore serves the API over a store in this process.
func serveStore(t *testing.T, store peering.Store, now func() time.Time) (endpoint string, log *harness.Buffer) {
	t.Helper()
	log = &harness.Buffer{}
	handler, err := server.New(server.Config{
		Peerings:      peering.NewService(store, peering.DefaultRules(), now, newPeeringID),
		Authenticator: iam.NoAuth{},
		Log:           slog.New(slog.NewTextHandler(log, nil)),
		Now:           now,
	})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s.URL, log
}

func newPeeringID() peering.ID { return peering.ID(uuid.Must(uuid.NewV7()).String()) }

func TestFaultsOfTheStore(t *testing.T) {
	const secret = "revision 42 of /peering/secret"
	for _, tt := range []struct {
		name            string
		fail            func() error
		status          int
		csCode, vpcCode string
		logged          string
	}{
		{"an error", func() error { return errors.New(secret) }, 500, "CS.10001", "VPC.22110", secret},
		{"a panic", func() error { panic(secret) }, 500, "CS.10001", "VPC.22110", "failure_test.go"},
		{
			"no answer", func() error {
				return &peering.Error{Code: peering.Unavailable, Message: "The store did not answer.", Err: errors.New(secret)}
			}, 503, "CS.22108", "VPC.22108", secret,
		},
	} {
		for _, o := range slices.Concat(operationsBelow("/v1.0/"), operationsBelow("/v2.0/")) {
			t.Run(tt.name+"/"+o.id, func(t *testing.T) {
				endpoint, log := serveStore(t, brokenStore{fail: tt.fail}, time.Now)
				got := harness.Send(t, o.method, endpoint+o.path, o.body, "Content-Type", "application/json", "X-Project-Id", harness.Project)
				vpcStyle := strings.HasPrefix(o.path, "/v2.0/")
				code := tt.csCode
				if vpcStyle {
					code = tt.vpcCode
				}
				wantFields(t, got, vpcStyle, tt.status, code, "")
				if strings.Contains(got.Body, "secret") {
					t.Errorf("the answer shows what only the log may: %s", got.Body)
				}
				if !strings.Contains(log.String(), tt.logged) || !strings.Contains(log.String(), got.Header.Get("X-Request-Id")) {
					t.Errorf("the log lacks %q or the request id:\n%s", tt.logged, log)
				}
			})
		}
	}
}

func TestPendingPeeringExpires(t *testing.T) {
	store, err := etcd.Open(t.Context(), etcd.Config{DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	created := time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	now := created
	endpoint, _ := serveStore(t, store, func() time.Time { return now })
	ctx, requester, accepter := t.Context(), harness.NewClient(t, endpoint, client.WithProject(harness.Project)), harness.NewClient(t, endpoint, client.WithProject(harness.Stranger))
	wanted := client.VPCPeeringCreate{
		Name:           "partner",
		RequestVPCInfo: client.VPCReference{VPCID: harness.PeerVPC},
		AcceptVPCInfo:  client.VPCReference{VPCID: harness.OtherVPC, TenantID: harness.Stranger},
	}
	p, err := requester.CreateVPCPeering(ctx, wanted)
	if err != nil {
		t.Fatal(err)
	}
	if p.CreatedAt != "2026-01-02T15:04:05" || p.ExpiresAt != "2026-01-09T15:04:05" {
		t.Errorf("created %s, expires %s", p.CreatedAt, p.ExpiresAt)
	}

	now = created.Add(7 * 24 * time.Hour)
	if shown, err := accepter.ShowVPCPeering(ctx, p.ID); err != nil || shown.Status != client.Expired {
		t.Errorf("shown %+v, %v", shown, err)
	}
	_, err = accepter.AcceptVPCPeering(ctx, p.ID)
	wantRefusal(t, err, http.StatusConflict, "VPC.22105")
	_, err = requester.UpdateVPCPeering(ctx, p.ID, client.VPCPeeringUpdate{Name: new("late")})
	wantRefusal(t, err, http.StatusConflict, "VPC.22105")
	if page, err := requester.ListVPCPeerings(ctx, client.VPCPeeringQuery{Status: client.Expired}); err != nil || len(page.Peerings) != 1 {
		t.Errorf("listed %+v, %v", page, err)
	}
	if _, err := requester.CreateVPCPeering(ctx, wanted); err != nil {
		t.Errorf("the pair is not free: %v", err)
	}
	if err := requester.DeleteVPCPeering(ctx, p.ID); err != nil {
		t.Error(err)
	}
	_, err = requester.CreateVPCPeering(ctx, wanted)
	wantRefusal(t, err, http.StatusConflict, "VPC.22104")
}
