package peering_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/peering/peering/internal/peering"
)

func TestCreateForClusterWaitsForItsAccepter(t *testing.T) {
	w := newWorld(t)
	tests := []struct {
		name string
		peer peering.VPC
		want peering.ID // the accepter
	}{
		{"the project where no tenant is named", peering.VPC{ID: newID()}, w.cluster.Project},
		{"the tenant that is named", peering.VPC{ID: newID(), Tenant: w.stranger}, w.stranger},
		{"the cluster's own tenant", peering.VPC{ID: newID(), Tenant: w.cluster.VPC.Tenant}, w.cluster.VPC.Tenant},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := w.CreateForCluster(t.Context(), w.cluster.ClusterRef, peering.Peering{Name: "myVpc", Accepter: tt.peer})
			wantCode(t, err, "")
			want := peering.Peering{
				ID:        got.ID,
				Name:      "myVpc",
				Status:    peering.PendingAcceptance,
				Requester: w.cluster.VPC,
				Accepter:  peering.VPC{ID: tt.peer.ID, Tenant: tt.want},
				Cluster:   w.cluster.ClusterRef,
				CreatedAt: created, UpdatedAt: created, ExpiresAt: expiry,
			}
			if got != want || !got.ID.Valid() {
				t.Errorf("created %+v, want %+v", got, want)
			}
			shown, err := w.Show(t.Context(), peering.Scope{Cluster: w.cluster.ClusterRef}, got.ID)
			wantCode(t, err, "")
			if shown != got {
				t.Errorf("it reads as %+v, created was %+v", shown, got)
			}
		})
	}
}

func TestCreateForClusterThatIsNotThere(t *testing.T) {
	w := newWorld(t)
	for name, ref := range map[string]peering.ClusterRef{
		"another cluster of the project":      {Project: w.cluster.Project, ID: "1000001"},
		"another project":                     {Project: w.stranger, ID: w.cluster.ID},
		"the tenant of the cluster's VPC":     {Project: w.cluster.VPC.Tenant, ID: w.cluster.ID},
		"the beginning of the cluster's id":   {Project: w.cluster.Project, ID: "100000"},
		"no cluster id":                       {Project: w.cluster.Project},
		"the cluster's id with more after it": {Project: w.cluster.Project, ID: "1000000/1"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.CreateForCluster(t.Context(), ref, peering.Peering{Name: "myVpc", Accepter: w.accepter})
			wantCode(t, err, peering.ClusterNotFound)
		})
	}
}

func TestCreate(t *testing.T) {
	w := newWorld(t)
	caller := w.requester.Tenant
	callerInUpperCase := peering.ID(strings.ToUpper(caller.Key()))
	tests := []struct {
		name                string
		requester, accepter peering.ID // tenants
		want                peering.Status
		wantCode            peering.Code
	}{
		{"waits for another tenant", caller, w.accepter.Tenant, peering.PendingAcceptance, ""},
		{"is the caller's where no requester is named", "", w.accepter.Tenant, peering.PendingAcceptance, ""},
		{"is active at once between the caller's own", caller, caller, peering.Active, ""},
		{"is active at once where no tenant is named", "", "", peering.Active, ""},
		{"is active at once however the caller is written", callerInUpperCase, callerInUpperCase, peering.Active, ""},
		{"is forbidden for another tenant", w.accepter.Tenant, caller, "", peering.Forbidden},
		{"is forbidden between the VPCs of another tenant", w.accepter.Tenant, w.accepter.Tenant, "", peering.Forbidden},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			request := peering.Peering{
				Name: "orders", Description: "of the shop",
				Requester: peering.VPC{ID: newID(), Tenant: tt.requester},
				Accepter:  peering.VPC{ID: newID(), Tenant: tt.accepter},
			}
			got, err := w.Create(t.Context(), caller, request)
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
				t.Errorf("created %+v, want %+v", got, want)
			}
			shown, err := w.Show(t.Context(), peering.Scope{Tenant: caller}, got.ID)
			wantCode(t, err, "")
			if shown != got {
				t.Errorf("it reads as %+v, created was %+v", shown, got)
			}
		})
	}
}

func orElse(id, other peering.ID) peering.ID {
	if id == "" {
		return other
	}
	return id
}

func TestCreateRefusesAPeeringWithItself(t *testing.T) {
	w := newWorld(t)
	for name, id := range spellings(w.requester.ID) {
		t.Run("the caller's VPC "+name, func(t *testing.T) {
			_, err := w.Create(t.Context(), w.requester.Tenant, peering.Peering{
				Requester: w.requester, Accepter: peering.VPC{ID: id, Tenant: w.accepter.Tenant},
			})
			wantCode(t, err, peering.SelfPeering)
		})
	}
	for name, id := range spellings(w.cluster.VPC.ID) {
		t.Run("the cluster's VPC "+name, func(t *testing.T) {
			_, err := w.CreateForCluster(t.Context(), w.cluster.ClusterRef, peering.Peering{Accepter: peering.VPC{ID: id}})
			wantCode(t, err, peering.SelfPeering)
		})
	}
}

// TestCreateRefusesASecondOfThePair asks again for a pair that stands, in every way in which it can be asked for.
func TestCreateRefusesASecondOfThePair(t *testing.T) {
	w := newWorld(t)
	ofTenants, ofCluster := w.pending(t), w.hanging(t)
	upper := func(v peering.VPC) peering.VPC {
		return peering.VPC{ID: peering.ID(strings.ToUpper(v.ID.Key())), Tenant: v.Tenant}
	}
	create := func(a, b peering.VPC) func() error {
		return func() error {
			_, err := w.Create(t.Context(), a.Tenant, peering.Peering{Requester: a, Accepter: b})
			return err
		}
	}
	createForCluster := func(peer peering.VPC) func() error {
		return func() error {
			_, err := w.CreateForCluster(t.Context(), w.cluster.ClusterRef, peering.Peering{Accepter: peer})
			return err
		}
	}
	tests := []struct {
		name   string
		create func() error
		stands peering.Peering
	}{
		{"in the same direction", create(w.requester, w.accepter), ofTenants},
		{"in the other direction", create(w.accepter, w.requester), ofTenants},
		{"in the same direction, written differently", create(upper(w.requester), upper(w.accepter)), ofTenants},
		{"in the other direction, written differently", create(upper(w.accepter), w.requester), ofTenants},
		{"for another tenant of the VPC", create(w.requester, peering.VPC{ID: w.accepter.ID, Tenant: w.stranger}), ofTenants},
		{"of the cluster again", createForCluster(w.accepter), ofCluster},
		{"of the cluster again, written differently", createForCluster(upper(w.accepter)), ofCluster},
		{"of the cluster, by its VPC's tenant", create(w.cluster.VPC, w.accepter), ofCluster},
		{"of the cluster, by the accepter", create(w.accepter, w.cluster.VPC), ofCluster},
	}
	for _, status := range []peering.Status{peering.PendingAcceptance, peering.Active} {
		if status == peering.Active {
			for _, p := range []peering.Peering{ofTenants, ofCluster} {
				_, err := w.Accept(t.Context(), w.accepter.Tenant, p.ID)
				wantCode(t, err, "")
			}
		}
		for _, tt := range tests {
			t.Run(string(status)+" "+tt.name, func(t *testing.T) {
				err := tt.create()
				wantCode(t, err, peering.AlreadyPeered)
				if e, ok := errors.AsType[*peering.Error](err); !ok || !strings.Contains(e.Message, string(tt.stands.ID)) {
					t.Errorf("the message does not name %s: %v", tt.stands.ID, err)
				}
			})
		}
	}
}

func TestCreateForClusterOverAPeeringOfTenants(t *testing.T) {
	w := newWorld(t)
	_, err := w.Create(t.Context(), w.accepter.Tenant, peering.Peering{Requester: w.accepter, Accepter: w.cluster.VPC})
	wantCode(t, err, "")
	_, err = w.CreateForCluster(t.Context(), w.cluster.ClusterRef, peering.Peering{Accepter: w.accepter})
	wantCode(t, err, peering.AlreadyPeered)
}

// TestPairIsFreeAgain frees a pair and takes it in the other direction.
func TestPairIsFreeAgain(t *testing.T) {
	tests := []struct {
		name   string
		status peering.Status
		delete bool
	}{
		{"after a reject", peering.Rejected, false},
		{"after the expiry", peering.Expired, false},
		{"after a pending one was deleted", peering.PendingAcceptance, true},
		{"after an active one was deleted", peering.Active, true},
		{"after an expired one was deleted", peering.Expired, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			p := w.in(t, tt.status)
			if tt.delete {
				wantCode(t, w.Delete(t.Context(), peering.Scope{Tenant: w.requester.Tenant}, p.ID), "")
			}
			p, err := w.Create(t.Context(), w.accepter.Tenant, peering.Peering{Requester: w.accepter, Accepter: w.requester})
			wantCode(t, err, "")
			_, err = w.Accept(t.Context(), w.requester.Tenant, p.ID)
			wantCode(t, err, "")
			_, err = w.Create(t.Context(), w.requester.Tenant, peering.Peering{Requester: w.requester, Accepter: w.accepter})
			wantCode(t, err, peering.AlreadyPeered)
		})
	}
}

// TestTimesOutliveTheStore uses a clock with what a store does not keep: a zone and a monotonic part.
func TestTimesOutliveTheStore(t *testing.T) {
	w := newWorld(t)
	w.now = time.Now().In(time.FixedZone("UTC+2", 2*60*60))
	p := w.pending(t)
	if got := w.show(t, p.ID); got != p {
		t.Errorf("it reads as %+v, created was %+v", got, p)
	}
	w.now = w.now.Add(time.Second)
	p, err := w.Accept(t.Context(), w.accepter.Tenant, p.ID)
	wantCode(t, err, "")
	if got := w.show(t, p.ID); got != p {
		t.Errorf("it reads as %+v, accepted was %+v", got, p)
	}
}
