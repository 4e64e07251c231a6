package peering_test

import (
	"context"
	"testing"
	"time"

	"github.com/peering/peering/internal/peering"
)

func TestAcceptAndReject(t *testing.T) {
	tests := []struct {
		name        string
		decide      func(*environment, context.Context, peering.ID, peering.ID) (peering.Peering, error)
		want, other peering.Status // other is the status after the other decision
	}{
		{"accept", (*environment).Accept, peering.Active, peering.Rejected},
		{"reject", (*environment).Reject, peering.Rejected, peering.Active},
	}
	for _, tt := range tests {
		t.Run(tt.name+" by the accepter", func(t *testing.T) {
			env := newEnvironment(t)
			want := env.pending(t)
			env.now = created.Add(time.Hour)
			want.Status, want.UpdatedAt = tt.want, env.now
			got, err := tt.decide(env, t.Context(), env.accepter.Tenant, want.ID)
			wantCode(t, err, "")
			if got != want || env.show(t, want.ID) != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
		t.Run(tt.name+" by the accepter of a cluster's peering", func(t *testing.T) {
			env := newEnvironment(t)
			got, err := tt.decide(env, t.Context(), env.accepter.Tenant, env.clusterPending(t).ID)
			wantCode(t, err, "")
			wantStatus(t, got, tt.want)
		})
		t.Run(tt.name+" again changes nothing", func(t *testing.T) {
			env := newEnvironment(t)
			p := env.in(t, tt.want)
			env.now = expiry.Add(time.Hour)
			got, err := tt.decide(env, t.Context(), env.accepter.Tenant, p.ID)
			wantCode(t, err, "")
			if got != p || env.show(t, p.ID) != p {
				t.Errorf("got %+v, want %+v", got, p)
			}
		})
		t.Run(tt.name+" after the other decision fails", func(t *testing.T) {
			env := newEnvironment(t)
			p := env.in(t, tt.other)
			_, err := tt.decide(env, t.Context(), env.accepter.Tenant, p.ID)
			wantCode(t, err, peering.WrongStatus)
			if got := env.show(t, p.ID); got != p {
				t.Errorf("stored peering = %+v, want %+v", got, p)
			}
		})
		for _, status := range []peering.Status{peering.PendingAcceptance, peering.Active, peering.Rejected, peering.Expired} {
			t.Run(tt.name+" by the requester is forbidden when "+string(status), func(t *testing.T) {
				env := newEnvironment(t)
				_, err := tt.decide(env, t.Context(), env.requester.Tenant, env.in(t, status).ID)
				wantCode(t, err, peering.Forbidden)
			})
		}
		t.Run(tt.name+" by the tenant of the cluster's VPC is forbidden", func(t *testing.T) {
			env := newEnvironment(t)
			_, err := tt.decide(env, t.Context(), env.cluster.VPC.Tenant, env.clusterPending(t).ID)
			wantCode(t, err, peering.Forbidden)
		})
	}
}

// The peering is that of a cluster with the VPC of a third tenant.
func TestClusterProjectCannotAcceptForOtherTenant(t *testing.T) {
	env := newEnvironment(t)
	p, err := env.CreateForCluster(t.Context(), env.cluster.ClusterRef, peering.Peering{
		Name: "myVpc", Accepter: peering.VPC{ID: newID(), Tenant: env.stranger},
	})
	wantCode(t, err, "")
	_, err = env.Accept(t.Context(), env.cluster.Project, p.ID)
	wantCode(t, err, peering.NotFound)
	got, err := env.Accept(t.Context(), env.stranger, p.ID)
	wantCode(t, err, "")
	wantStatus(t, got, peering.Active)
}

func TestRename(t *testing.T) {
	name, description, sameName, empty := "shop", "of the shop", "orders", ""
	tests := []struct {
		name   string
		change peering.Change
		want   func(*peering.Peering) // nil if nothing changes
	}{
		{"changes the name", peering.Change{Name: &name}, func(p *peering.Peering) { p.Name = name }},
		{"changes the description", peering.Change{Description: &description}, func(p *peering.Peering) { p.Description = description }},
		{"changes both", peering.Change{Name: &name, Description: &description}, func(p *peering.Peering) {
			p.Name, p.Description = name, description
		}},
		{"same values change nothing", peering.Change{Name: &sameName, Description: &empty}, nil},
		{"empty change changes nothing", peering.Change{}, nil},
	}
	for _, status := range []peering.Status{peering.PendingAcceptance, peering.Active, peering.Rejected} {
		for _, tt := range tests {
			t.Run(string(status)+" "+tt.name, func(t *testing.T) {
				env := newEnvironment(t)
				want := env.in(t, status)
				env.now = created.Add(time.Hour)
				if tt.want != nil {
					tt.want(&want)
					want.UpdatedAt = env.now
				}
				got, err := env.Rename(t.Context(), env.requester.Tenant, want.ID, tt.change)
				wantCode(t, err, "")
				if got != want || env.show(t, want.ID) != want {
					t.Errorf("got %+v, want %+v", got, want)
				}
			})
		}
		t.Run(string(status)+" by the accepter is forbidden", func(t *testing.T) {
			env := newEnvironment(t)
			p := env.in(t, status)
			_, err := env.Rename(t.Context(), env.accepter.Tenant, p.ID, peering.Change{Name: &name})
			wantCode(t, err, peering.Forbidden)
			if got := env.show(t, p.ID); got != p {
				t.Errorf("stored peering = %+v, want %+v", got, p)
			}
		})
	}
}

func TestRenameClearsDescription(t *testing.T) {
	env := newEnvironment(t)
	p, err := env.Create(t.Context(), env.requester.Tenant, peering.Peering{
		Description: "of the shop", Requester: env.requester, Accepter: env.accepter,
	})
	wantCode(t, err, "")
	none := ""
	got, err := env.Rename(t.Context(), env.requester.Tenant, p.ID, peering.Change{Description: &none})
	wantCode(t, err, "")
	if got.Description != "" || env.show(t, p.ID).Description != "" {
		t.Errorf("description = %q, want none", got.Description)
	}
}
