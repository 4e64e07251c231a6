package peering_test

import (
	"strings"
	"testing"

	"github.com/peering/peering/internal/peering"
)

func TestAddClusters(t *testing.T) {
	w := newWorld(t)
	tests := []struct {
		name string
		edit func(*peering.Cluster)
		want peering.Code // with a code, the cluster stays as it is
	}{
		{"again as they are", func(*peering.Cluster) {}, ""},
		{"with another name", func(c *peering.Cluster) { c.Name = "renamed" }, ""},
		{"with other blocks", func(c *peering.Cluster) { c.VPCCIDR, c.SubnetCIDR = "10.0.0.0/8", "10.1.0.0/16" }, ""},
		{"with the VPC written differently", func(c *peering.Cluster) {
			c.VPC.ID = peering.ID(strings.ToUpper(c.VPC.ID.Key()))
			c.VPC.Tenant = peering.ID(c.VPC.Tenant.Key())
		}, ""},
		{"with another VPC", func(c *peering.Cluster) { c.VPC.ID = w.requester.ID }, peering.Invalid},
		{"with another tenant of the VPC", func(c *peering.Cluster) { c.VPC.Tenant = w.stranger }, peering.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want, err := w.Cluster(t.Context(), w.cluster.ClusterRef)
			wantCode(t, err, "")
			c := want
			tt.edit(&c)
			wantCode(t, w.EnsureClusters(t.Context(), []peering.Cluster{c}), tt.want)
			if tt.want == "" {
				c.VPC = want.VPC // it stays as it was written first
				want = c
			}
			got, err := w.Cluster(t.Context(), w.cluster.ClusterRef)
			wantCode(t, err, "")
			if got != want {
				t.Errorf("the cluster is %+v, want %+v", got, want)
			}
		})
	}
}

func TestClusterHoweverItsProjectIsWritten(t *testing.T) {
	w := newWorld(t)
	for how, project := range spellings(w.cluster.Project) {
		t.Run(how, func(t *testing.T) {
			got, err := w.Cluster(t.Context(), peering.ClusterRef{Project: project, ID: w.cluster.ID})
			wantCode(t, err, "")
			if got.ClusterRef != w.cluster.ClusterRef || got.VPC != w.cluster.VPC {
				t.Errorf("the cluster is %+v, want %+v", got, w.cluster)
			}
		})
	}
}
