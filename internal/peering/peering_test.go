package peering_test

import (
	"testing"
	"time"

	"github.com/peering/peering/internal/peering"
)

var (
	created = time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	expiry  = created.Add(peering.DefaultRules().Lifetime)
)

// sample returns a peering that has the status since its creation.
func sample(status peering.Status) peering.Peering {
	return peering.Peering{
		ID:        "0190a3b4-0000-7000-8000-00000000000a",
		Name:      "orders",
		Status:    status,
		Requester: peering.VPC{ID: "83081290-198e-48e2-8e2d-64c50023d136", Tenant: "8185f87d043f4519a68420a282b5e2fa"},
		Accepter:  peering.VPC{ID: "f4da5a55-a2bb-4bb7-9bb0-8a6f0cb347b0", Tenant: "4f30b9215e054c908d18f2b150131646"},
		Cluster:   peering.ClusterRef{Project: "4f30b9215e054c908d18f2b150131646", ID: "1000000"},
		CreatedAt: created,
		UpdatedAt: created,
		ExpiresAt: expiry,
	}
}

func TestPeeringAt(t *testing.T) {
	tests := []struct {
		name   string
		status peering.Status
		at     time.Time
		want   peering.Status
	}{
		{"pending before its expiry", peering.PendingAcceptance, created, peering.PendingAcceptance},
		{
			"pending a nanosecond before its expiry", peering.PendingAcceptance, expiry.Add(-1), peering.PendingAcceptance,
		},
		{"expired at its expiry", peering.PendingAcceptance, expiry, peering.Expired},
		{"expired after its expiry", peering.PendingAcceptance, expiry.Add(1), peering.Expired},
		{"expired in any time zone", peering.PendingAcceptance, expiry.In(time.FixedZone("", -3600)), peering.Expired},
		{"active does not expire", peering.Active, expiry, peering.Active},
		{"rejected does not expire", peering.Rejected, expiry, peering.Rejected},
		{"stays expired", peering.Expired, expiry, peering.Expired},
		{"stays expired for an earlier clock", peering.Expired, created, peering.Expired},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := sample(tt.status)
			want := p
			want.Status = tt.want
			if tt.want != tt.status {
				want.UpdatedAt = expiry
			}
			if got := p.At(tt.at); got != want {
				t.Errorf("At(%s) = %+v, want %+v", tt.at, got, want)
			}
		})
	}
}

// TestPeeringApply covers all statuses and actions, before and at the expiry.
func TestPeeringApply(t *testing.T) {
	for _, status := range statuses {
		for i, action := range actions {
			for when, now := range map[string]time.Time{"before expiry": created.Add(time.Hour), "at expiry": expiry} {
				t.Run(string(action)+" "+string(status)+" "+when, func(t *testing.T) {
					p := sample(status)
					want := p.At(now)
					next := wantNext[want.Status][i]
					if next != conflict && next != want.Status {
						want.Status, want.UpdatedAt = next, now
					}
					got, err := p.Apply(action, now)
					if next == conflict {
						wantCode(t, err, peering.WrongStatus)
						return
					}
					wantCode(t, err, "")
					if got != want {
						t.Errorf("Apply(%s) = %+v, want %+v", action, got, want)
					}
				})
			}
		}
	}
}

func TestFilterMatches(t *testing.T) {
	p := sample(peering.Active)
	tests := []struct {
		name   string
		filter peering.Filter
		want   bool
	}{
		{"empty filter", peering.Filter{}, true},
		{"its ID", peering.Filter{ID: p.ID}, true},
		{"its ID in another spelling", peering.Filter{ID: "0190A3B400007000800000000000000A"}, true},
		{"another ID", peering.Filter{ID: "0190a3b4-0000-7000-8000-00000000000b"}, false},
		{"its name", peering.Filter{Name: "orders"}, true},
		{"its name in upper case", peering.Filter{Name: "ORDERS"}, false},
		{"prefix of its name", peering.Filter{Name: "order"}, false},
		{"its status", peering.Filter{Status: peering.Active}, true},
		{"another status", peering.Filter{Status: peering.Rejected}, false},
		{"the requester's tenant", peering.Filter{Tenant: p.Requester.Tenant}, true},
		{"the accepter's tenant", peering.Filter{Tenant: "4F30B921-5E05-4C90-8D18-F2B150131646"}, true},
		{"another tenant", peering.Filter{Tenant: "00000000000000000000000000000001"}, false},
		{"the requester's VPC", peering.Filter{VPC: "83081290198E48E28E2D64C50023D136"}, true},
		{"the accepter's VPC", peering.Filter{VPC: p.Accepter.ID}, true},
		{"another VPC", peering.Filter{VPC: p.Accepter.Tenant}, false},
		{
			"all fields",
			peering.Filter{ID: p.ID, Name: p.Name, Status: p.Status, Tenant: p.Accepter.Tenant, VPC: p.Requester.ID}, true,
		},
		{
			"all fields but the VPC",
			peering.Filter{ID: p.ID, Name: p.Name, Status: p.Status, Tenant: p.Accepter.Tenant, VPC: p.Accepter.Tenant}, false,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.filter.Matches(p); got != tt.want {
				t.Errorf("Matches() = %t, want %t", got, tt.want)
			}
		})
	}
}

func TestScopeContains(t *testing.T) {
	p := sample(peering.Active)
	clusterless := p
	clusterless.Cluster = peering.ClusterRef{}
	tests := []struct {
		name  string
		scope peering.Scope
		p     peering.Peering
		want  bool
	}{
		{"the requester's tenant", peering.Scope{Tenant: p.Requester.Tenant}, p, true},
		{
			"the accepter's tenant in another spelling",
			peering.Scope{Tenant: "4F30B921-5E05-4C90-8D18-F2B150131646"}, p, true,
		},
		{"another tenant", peering.Scope{Tenant: "00000000000000000000000000000001"}, p, false},
		{"no tenant", peering.Scope{}, p, false},
		{"its cluster", peering.Scope{Cluster: p.Cluster}, p, true},
		{
			"its cluster with the project in another spelling",
			peering.Scope{Cluster: peering.ClusterRef{Project: "4F30B921-5E05-4C90-8D18-F2B150131646", ID: "1000000"}}, p, true,
		},
		{
			"another cluster of its project",
			peering.Scope{Cluster: peering.ClusterRef{Project: p.Cluster.Project, ID: "1000001"}}, p, false,
		},
		{
			"its cluster's ID in another project",
			peering.Scope{Cluster: peering.ClusterRef{Project: p.Requester.Tenant, ID: "1000000"}}, p, false,
		},
		{"a cluster for a peering without one", peering.Scope{Cluster: p.Cluster}, clusterless, false},
		{
			"a cluster takes precedence over the tenant",
			peering.Scope{Tenant: p.Requester.Tenant, Cluster: p.Cluster}, clusterless, false,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.scope.Contains(tt.p); got != tt.want {
				t.Errorf("Contains() = %t, want %t", got, tt.want)
			}
		})
	}
}
