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
		answer      func(*world, context.Context, peering.ID, peering.ID) (peering.Peering, error)
		want, other peering.Status // other is where the other answer leads
	}{
		{"accept", (*world).Accept, peering.Active, peering.Rejected},
		{"reject", (*world).Reject, peering.Rejected, peering.Active},
	}
	for _, tt := range tests {
		t.Run(tt.name+" by the accepter", func(t *testing.T) {
			w := newWorld(t)
			want := w.pending(t)
			w.now = created.Add(time.Hour)
			want.Status, want.UpdatedAt = tt.want, w.now
			got, err := tt.answer(w, t.Context(), w.accepter.Tenant, want.ID)
			wantCode(t, err, "")
			if got != want || w.show(t, want.ID) != want {
				t.Errorf("answered %+v, want %+v", got, want)
			}
		})
		t.Run(tt.name+" by the accepter of a cluster's peering", func(t *testing.T) {
			w := newWorld(t)
			got, err := tt.answer(w, t.Context(), w.accepter.Tenant, w.hanging(t).ID)
			wantCode(t, err, "")
			wantStatus(t, got, tt.want)
		})
		t.Run(tt.name+" again changes nothing", func(t *testing.T) {
			w := newWorld(t)
			p := w.in(t, tt.want)
			w.now = expiry.Add(time.Hour)
			got, err := tt.answer(w, t.Context(), w.accepter.Tenant, p.ID)
			wantCode(t, err, "")
			if got != p || w.show(t, p.ID) != p {
				t.Errorf("answered %+v, want %+v", got, p)
			}
		})
		t.Run(tt.name+" after the other answer is refused", func(t *testing.T) {
			w := newWorld(t)
			p := w.in(t, tt.other)
			_, err := tt.answer(w, t.Context(), w.accepter.Tenant, p.ID)
			wantCode(t, err, peering.WrongStatus)
			if got := w.show(t, p.ID); got != p {
				t.Errorf("it reads as %+v, want %+v", got, p)
			}
		})
		for _, status := range []peering.Status{peering.PendingAcceptance, peering.Active, peering.Rejected, peering.Expired} {
			t.Run(tt.name+" by the requester is forbidden when "+string(status), func(t *testing.T) {
				w := newWorld(t)
				_, err := tt.answer(w, t.Context(), w.requester.Tenant, w.in(t, status).ID)
				wantCode(t, err, peering.Forbidden)
			})
		}
		t.Run(tt.name+" by the tenant of the cluster's VPC is forbidden", func(t *testing.T) {
			w := newWorld(t)
			_, err := tt.answer(w, t.Context(), w.cluster.VPC.Tenant, w.hanging(t).ID)
			wantCode(t, err, peering.Forbidden)
		})
	}
}

// TestProjectOfTheClusterDoesNotAccept is about a cluster's peering with the VPC of a third tenant.
func TestProjectOfTheClusterDoesNotAccept(t *testing.T) {
	w := newWorld(t)
	p, err := w.CreateForCluster(t.Context(), w.cluster.ClusterRef, peering.Peering{
		Name: "myVpc", Accepter: peering.VPC{ID: newID(), Tenant: w.stranger},
	})
	wantCode(t, err, "")
	_, err = w.Accept(t.Context(), w.cluster.Project, p.ID)
	wantCode(t, err, peering.NotFound)
	got, err := w.Accept(t.Context(), w.stranger, p.ID)
	wantCode(t, err, "")
	wantStatus(t, got, peering.Active)
}

func TestRename(t *testing.T) {
	name, description, same, none := "shop", "of the shop", "orders", ""
	tests := []struct {
		name   string
		change peering.Change
		want   func(*peering.Peering) // nil where nothing changes
	}{
		{"the name", peering.Change{Name: &name}, func(p *peering.Peering) { p.Name = name }},
		{"the description", peering.Change{Description: &description}, func(p *peering.Peering) { p.Description = description }},
		{"both", peering.Change{Name: &name, Description: &description}, func(p *peering.Peering) {
			p.Name, p.Description = name, description
		}},
		{"to what it is", peering.Change{Name: &same, Description: &none}, nil},
		{"nothing", peering.Change{}, nil},
	}
	for _, status := range []peering.Status{peering.PendingAcceptance, peering.Active, peering.Rejected} {
		for _, tt := range tests {
			t.Run(string(status)+" "+tt.name, func(t *testing.T) {
				w := newWorld(t)
				want := w.in(t, status)
				w.now = created.Add(time.Hour)
				if tt.want != nil {
					tt.want(&want)
					want.UpdatedAt = w.now
				}
				got, err := w.Rename(t.Context(), w.requester.Tenant, want.ID, tt.change)
				wantCode(t, err, "")
				if got != want || w.show(t, want.ID) != want {
					t.Errorf("renamed %+v, want %+v", got, want)
				}
			})
		}
		t.Run(string(status)+" by the accepter is forbidden", func(t *testing.T) {
			w := newWorld(t)
			p := w.in(t, status)
			_, err := w.Rename(t.Context(), w.accepter.Tenant, p.ID, peering.Change{Name: &name})
			wantCode(t, err, peering.Forbidden)
			if got := w.show(t, p.ID); got != p {
				t.Errorf("it reads as %+v, want %+v", got, p)
			}
		})
	}
}

func TestRenameClearsTheDescription(t *testing.T) {
	w := newWorld(t)
	p, err := w.Create(t.Context(), w.requester.Tenant, peering.Peering{
		Description: "of the shop", Requester: w.requester, Accepter: w.accepter,
	})
	wantCode(t, err, "")
	none := ""
	got, err := w.Rename(t.Context(), w.requester.Tenant, p.ID, peering.Change{Description: &none})
	wantCode(t, err, "")
	if got.Description != "" || w.show(t, p.ID).Description != "" {
		t.Errorf("the description is %q, want none", got.Description)
	}
}
