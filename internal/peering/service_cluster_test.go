package peering_test

import (
	"strings"
	"testing"

	"github.com/peering/peering/internal/peering"
)

func TestEnsureClusters(t *testing.T) {
	env := newEnvironment(t)
	tests := []struct {
		name string
		edit func(*peering.Cluster)
		want peering.Code // if not empty, nothing changes
	}{
		{"same entry changes nothing", func(*peering.Cluster) {}, ""},
		{"new name", func(c *peering.Cluster) { c.Name = "renamed" }, ""},
		{"new CIDR blocks", func(c *peering.Cluster) { c.VPCCIDR, c.SubnetCIDR = "10.0.0.0/8", "10.1.0.0/16" }, ""},
		{"VPC in another spelling", func(c *peering.Cluster) {
			c.VPC.ID = peering.ID(strings.ToUpper(c.VPC.ID.Key()))
			c.VPC.Tenant = peering.ID(c.VPC.Tenant.Key())
		}, ""},
		{"other VPC fails", func(c *peering.Cluster) { c.VPC.ID = env.requester.ID }, peering.Invalid},
		{"other tenant of the VPC fails", func(c *peering.Cluster) { c.VPC.Tenant = env.stranger }, peering.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want, err := env.Cluster(t.Context(), env.cluster.ClusterRef)
			wantCode(t, err, "")
			c := want
			tt.edit(&c)
			wantCode(t, env.EnsureClusters(t.Context(), []peering.Cluster{c}), tt.want)
			if tt.want == "" {
				c.VPC = want.VPC // keeps its first spelling
				want = c
			}
			got, err := env.Cluster(t.Context(), env.cluster.ClusterRef)
			wantCode(t, err, "")
			if got != want {
				t.Errorf("got cluster %+v, want %+v", got, want)
			}
		})
	}
}

func TestClusterAcceptsAnySpellingOfProject(t *testing.T) {
	env := newEnvironment(t)
	for spelling, project := range spellings(env.cluster.Project) {
		t.Run(spelling, func(t *testing.T) {
			got, err := env.Cluster(t.Context(), peering.ClusterRef{Project: project, ID: env.cluster.ID})
			wantCode(t, err, "")
			if got.ClusterRef != env.cluster.ClusterRef || got.VPC != env.cluster.VPC {
				t.Errorf("got cluster %+v, want %+v", got, env.cluster)
			}
		})
	}
}
