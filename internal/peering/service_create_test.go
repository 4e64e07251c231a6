package peering_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/peering/peering/internal/peering"
)

func TestCreateForClusterIsPending(t *testing.T) {
	env := newEnvironment(t)
	tests := []struct {
		name string
		peer peering.VPC
		want peering.ID // accepter's tenant
	}{
		{"accepter defaults to the project", peering.VPC{ID: newID()}, env.cluster.Project},
		{"accepter is the given tenant", peering.VPC{ID: newID(), Tenant: env.stranger}, env.stranger},
		{
			"accepter is the tenant of the cluster's VPC",
			peering.VPC{ID: newID(), Tenant: env.cluster.VPC.Tenant}, env.cluster.VPC.Tenant,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := env.CreateForCluster(
				t.Context(), env.cluster.ClusterRef, peering.Peering{Name: "myVpc", Accepter: tt.peer},
			)
			wantCode(t, err, "")
			want := peering.Peering{
				ID:        got.ID,
				Name:      "myVpc",
				Status:    peering.PendingAcceptance,
				Requester: env.cluster.VPC,
				Accepter:  peering.VPC{ID: tt.peer.ID, Tenant: tt.want},
				Cluster:   env.cluster.ClusterRef,
				CreatedAt: created, UpdatedAt: created, ExpiresAt: expiry,
			}
			if got != want || !got.ID.Valid() {
				t.Errorf("got %+v, want %+v", got, want)
			}
			shown, err := env.Show(t.Context(), peering.Scope{Cluster: env.cluster.ClusterRef}, got.ID)
			wantCode(t, err, "")
			if shown != got {
				t.Errorf("stored peering = %+v, want %+v", shown, got)
			}
		})
	}
}

func TestCreateForClusterFailsWithoutCluster(t *testing.T) {
	env := newEnvironment(t)
	for name, ref := range map[string]peering.ClusterRef{
		"other cluster of the project": {Project: env.cluster.Project, ID: "1000001"},
		"other project":                {Project: env.stranger, ID: env.cluster.ID},
		"tenant of the cluster's VPC":  {Project: env.cluster.VPC.Tenant, ID: env.cluster.ID},
		"prefix of the cluster ID":     {Project: env.cluster.Project, ID: "100000"},
		"empty cluster ID":             {Project: env.cluster.Project},
		"cluster ID with a suffix":     {Project: env.cluster.Project, ID: "1000000/1"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := env.CreateForCluster(t.Context(), ref, peering.Peering{Name: "myVpc", Accepter: env.accepter})
			wantCode(t, err, peering.ClusterNotFound)
		})
	}
}

func TestCreate(t *testing.T) {
	env := newEnvironment(t)
	caller := env.requester.Tenant
	callerInUpperCase := peering.ID(strings.ToUpper(caller.Key()))
	tests := []struct {
		name                string
		requester, accepter peering.ID // tenants
		want                peering.Status
		wantCode            peering.Code
	}{
		{"pending if the accepter is another tenant", caller, env.accepter.Tenant, peering.PendingAcceptance, ""},
		{"requester defaults to the caller", "", env.accepter.Tenant, peering.PendingAcceptance, ""},
		{"active between VPCs of the caller", caller, caller, peering.Active, ""},
		{"active if both tenants are omitted", "", "", peering.Active, ""},
		{"active with another spelling of the caller", callerInUpperCase, callerInUpperCase, peering.Active, ""},
		{"forbidden with another tenant as requester", env.accepter.Tenant, caller, "", peering.Forbidden},
		{"forbidden between VPCs of another tenant", env.accepter.Tenant, env.accepter.Tenant, "", peering.Forbidden},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			request := peering.Peering{
				Name: "orders", Description: "of the shop",
				Requester: peering.VPC{ID: newID(), Tenant: tt.requester},
				Accepter:  peering.VPC{ID: newID(), Tenant: tt.accepter},
			}
			got, err := env.Create(t.Context(), caller, request)
			wantCode(t, err, tt.wantCode)
			if tt.wantCode != "" {
				return
			}
			want := peering.Peering{
				ID: got.ID, Name: request.Name, Description: request.Description, Status: tt.want,
				Requester: peering.VPC{ID: request.Requester.ID, Tenant: orElse(tt.requester, caller)},
				Accepter:  peering.VPC{ID: request.Accepter.ID, Tenant: orElse(tt.accepter, caller)},
				CreatedAt: created, UpdatedAt: created, ExpiresAt: expiry,
			}
			if got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
			shown, err := env.Show(t.Context(), peering.Scope{Tenant: caller}, got.ID)
			wantCode(t, err, "")
			if shown != got {
				t.Errorf("stored peering = %+v, want %+v", shown, got)
			}
		})
	}
}

func orElse(id, fallback peering.ID) peering.ID {
	if id == "" {
		return fallback
	}
	return id
}

func TestCreateRejectsSelfPeering(t *testing.T) {
	env := newEnvironment(t)
	for name, id := range spellings(env.requester.ID) {
		t.Run("the caller's VPC "+name, func(t *testing.T) {
			_, err := env.Create(t.Context(), env.requester.Tenant, peering.Peering{
				Requester: env.requester, Accepter: peering.VPC{ID: id, Tenant: env.accepter.Tenant},
			})
			wantCode(t, err, peering.SelfPeering)
		})
	}
	for name, id := range spellings(env.cluster.VPC.ID) {
		t.Run("the cluster's VPC "+name, func(t *testing.T) {
			_, err := env.CreateForCluster(
				t.Context(), env.cluster.ClusterRef, peering.Peering{Accepter: peering.VPC{ID: id}},
			)
			wantCode(t, err, peering.SelfPeering)
		})
	}
}

func TestCreateRejectsSecondPeeringOfVPCs(t *testing.T) {
	env := newEnvironment(t)
	ofTenants, ofCluster := env.pending(t), env.clusterPending(t)
	upper := func(v peering.VPC) peering.VPC {
		return peering.VPC{ID: peering.ID(strings.ToUpper(v.ID.Key())), Tenant: v.Tenant}
	}
	create := func(a, b peering.VPC) func() error {
		return func() error {
			_, err := env.Create(t.Context(), a.Tenant, peering.Peering{Requester: a, Accepter: b})
			return err
		}
	}
	createForCluster := func(peer peering.VPC) func() error {
		return func() error {
			_, err := env.CreateForCluster(t.Context(), env.cluster.ClusterRef, peering.Peering{Accepter: peer})
			return err
		}
	}
	tests := []struct {
		name     string
		create   func() error
		existing peering.Peering
	}{
		{"in the same direction", create(env.requester, env.accepter), ofTenants},
		{"in the other direction", create(env.accepter, env.requester), ofTenants},
		{"in the same direction in another spelling", create(upper(env.requester), upper(env.accepter)), ofTenants},
		{"in the other direction in another spelling", create(upper(env.accepter), env.requester), ofTenants},
		{
			"for another tenant of the VPC",
			create(env.requester, peering.VPC{ID: env.accepter.ID, Tenant: env.stranger}), ofTenants,
		},
		{"of the cluster", createForCluster(env.accepter), ofCluster},
		{"of the cluster in another spelling", createForCluster(upper(env.accepter)), ofCluster},
		{"of the cluster by its VPC's tenant", create(env.cluster.VPC, env.accepter), ofCluster},
		{"of the cluster by the accepter", create(env.accepter, env.cluster.VPC), ofCluster},
	}
	for _, status := range []peering.Status{peering.PendingAcceptance, peering.Active} {
		if status == peering.Active {
			for _, p := range []peering.Peering{ofTenants, ofCluster} {
				_, err := env.Accept(t.Context(), env.accepter.Tenant, p.ID)
				wantCode(t, err, "")
			}
		}
		for _, tt := range tests {
			t.Run(string(status)+" "+tt.name, func(t *testing.T) {
				err := tt.create()
				wantCode(t, err, peering.AlreadyPeered)
				if e, ok := errors.AsType[*peering.Error](err); !ok || !strings.Contains(e.Message, string(tt.existing.ID)) {
					t.Errorf("message does not name peering %s: %v", tt.existing.ID, err)
				}
			})
		}
	}
}

func TestCreateForClusterRejectsSecondPeeringOfVPCs(t *testing.T) {
	env := newEnvironment(t)
	_, err := env.Create(
		t.Context(), env.accepter.Tenant, peering.Peering{Requester: env.accepter, Accepter: env.cluster.VPC},
	)
	wantCode(t, err, "")
	_, err = env.CreateForCluster(t.Context(), env.cluster.ClusterRef, peering.Peering{Accepter: env.accepter})
	wantCode(t, err, peering.AlreadyPeered)
}

func TestVPCsCanBePeeredAgain(t *testing.T) {
	tests := []struct {
		name   string
		status peering.Status
		delete bool
	}{
		{"after rejection", peering.Rejected, false},
		{"after expiry", peering.Expired, false},
		{"after deletion of a pending peering", peering.PendingAcceptance, true},
		{"after deletion of an active peering", peering.Active, true},
		{"after deletion of an expired peering", peering.Expired, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			env := newEnvironment(t)
			p := env.in(t, tt.status)
			if tt.delete {
				wantCode(t, env.Delete(t.Context(), peering.Scope{Tenant: env.requester.Tenant}, p.ID), "")
			}
			p, err := env.Create(
				t.Context(), env.accepter.Tenant, peering.Peering{Requester: env.accepter, Accepter: env.requester},
			)
			wantCode(t, err, "")
			_, err = env.Accept(t.Context(), env.requester.Tenant, p.ID)
			wantCode(t, err, "")
			_, err = env.Create(
				t.Context(), env.requester.Tenant, peering.Peering{Requester: env.requester, Accepter: env.accepter},
			)
			wantCode(t, err, peering.AlreadyPeered)
		})
	}
}

// The clock has a zone and a monotonic reading, which the store does not keep.
func TestTimesSurviveTheStore(t *testing.T) {
	env := newEnvironment(t)
	env.now = time.Now().In(time.FixedZone("UTC+2", 2*60*60))
	p := env.pending(t)
	if got := env.show(t, p.ID); got != p {
		t.Errorf("stored peering = %+v, want %+v", got, p)
	}
	env.now = env.now.Add(time.Second)
	p, err := env.Accept(t.Context(), env.accepter.Tenant, p.ID)
	wantCode(t, err, "")
	if got := env.show(t, p.ID); got != p {
		t.Errorf("stored peering = %+v, want %+v", got, p)
	}
}
