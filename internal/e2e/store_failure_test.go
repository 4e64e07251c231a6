package e2e_test

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/peering/peering/internal/e2e/harness"
	"github.com/peering/peering/internal/iam"
	"github.com/peering/peering/internal/peering"
	"github.com/peering/peering/server"
)

// brokenStore is a store whose calls all fail with the error of fail.
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
	context.Context, peering.PeeringRef, peering.Idempotency,
	func(peering.Cluster, peering.Peering) (peering.Route, error),
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

func (b brokenStore) CreateCluster(
	context.Context, peering.Cluster, peering.Idempotency,
) (peering.Cluster, bool, error) {
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

// serveStore serves the API with a store until the test ends.
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

func TestStoreFailures(t *testing.T) {
	const secret = "revision 42 of /peering/secret"
	for _, tt := range []struct {
		name            string
		fail            func() error
		status          int
		csCode, vpcCode string
		logged          string
	}{
		{"error", func() error { return errors.New(secret) }, 500, "CS.10001", "VPC.22110", secret},
		{"panic", func() error { panic(secret) }, 500, "CS.10001", "VPC.22110", "store_failure_test.go"},
		{
			"unavailable", func() error {
				return &peering.Error{Code: peering.Unavailable, Message: "The store did not respond.", Err: errors.New(secret)}
			}, 503, "CS.22108", "VPC.22108", secret,
		},
	} {
		endpoint, log := serveStore(t, brokenStore{fail: tt.fail}, time.Now)
		for _, o := range operationsBelow("/") {
			t.Run(tt.name+"/"+o.id, func(t *testing.T) {
				got := o.send(t, endpoint, harness.Project)
				vpcStyle := strings.HasPrefix(o.path, "/v2.0/")
				code := tt.csCode
				if vpcStyle {
					code = tt.vpcCode
				}
				wantErrorBody(t, got, vpcStyle, tt.status, code, "")
				if strings.Contains(got.Body, "secret") {
					t.Errorf("the response leaks the internal error: %s", got.Body)
				}
				if !hasLine(log.String(), got.Header.Get("X-Request-Id"), tt.logged) {
					t.Errorf("no line of the log has the request id and %q:\n%s", tt.logged, log)
				}
			})
		}
	}
}

// hasLine reports whether a line of the log contains both texts.
func hasLine(log, a, b string) bool {
	for line := range strings.Lines(log) {
		if strings.Contains(line, a) && strings.Contains(line, b) {
			return true
		}
	}
	return false
}
