package peering_test

import (
	"strings"
	"testing"

	"github.com/peering/peering/internal/peering"
)

func TestClusterValidate(t *testing.T) {
	tests := []struct {
		name string
		edit func(*peering.Cluster)
		want bool
	}{
		{"complete", func(*peering.Cluster) {}, true},
		{"IDs in another spelling", func(c *peering.Cluster) {
			c.Project, c.VPC.ID = "4F30B921-5E05-4C90-8D18-F2B150131646", "83081290198E48E28E2D64C50023D136"
		}, true},
		{"no project", func(c *peering.Cluster) { c.Project = "" }, false},
		{"project of 31 digits", func(c *peering.Cluster) { c.Project = c.Project[1:] }, false},
		{"no VPC", func(c *peering.Cluster) { c.VPC.ID = "" }, false},
		{"invalid VPC ID", func(c *peering.Cluster) { c.VPC.ID = "vpc-1" }, false},
		{"no tenant", func(c *peering.Cluster) { c.VPC.Tenant = "" }, false},
		{"cluster ID of letters", func(c *peering.Cluster) { c.ID = "cluster" }, false},
		{"cluster ID with a leading zero", func(c *peering.Cluster) { c.ID = "07" }, false},
		{"cluster ID of 18 digits", func(c *peering.Cluster) { c.ID = strings.Repeat("1", 18) }, true},
		{"cluster ID of 19 digits", func(c *peering.Cluster) { c.ID = strings.Repeat("1", 19) }, false},
		{"no cluster ID", func(c *peering.Cluster) { c.ID = "" }, false},
		{"cluster ID with a slash", func(c *peering.Cluster) { c.ID = "1/2" }, false},
		{"cluster ID with a dot", func(c *peering.Cluster) { c.ID = "1.2" }, false},
		{"cluster ID with non-ASCII letters", func(c *peering.Cluster) { c.ID = "\u00e9" }, false},
		{"no name", func(c *peering.Cluster) { c.Name = "" }, false},
		{"no VPC block", func(c *peering.Cluster) { c.VPCCIDR = "" }, false},
		{"VPC block without a length", func(c *peering.Cluster) { c.VPCCIDR = "172.16.0.0" }, false},
		{"VPC block with host bits", func(c *peering.Cluster) { c.VPCCIDR = "172.16.1.0/23" }, false},
		{"VPC block with an invalid address", func(c *peering.Cluster) { c.VPCCIDR = "172.16.0.256/23" }, false},
		{"no subnet", func(c *peering.Cluster) { c.SubnetCIDR = "" }, false},
		{"subnet with host bits", func(c *peering.Cluster) { c.SubnetCIDR = "172.16.0.1/24" }, false},
		{"subnet in the VPC", func(c *peering.Cluster) { c.SubnetCIDR, c.SubnetGateway = "172.16.1.0/24", "172.16.1.1" }, true},
		{"subnet larger than the VPC", func(c *peering.Cluster) { c.SubnetCIDR = "172.16.0.0/22" }, false},
		{"subnet outside the VPC", func(c *peering.Cluster) { c.SubnetCIDR = "172.16.2.0/24" }, false},
		{"no gateway", func(c *peering.Cluster) { c.SubnetGateway = "" }, false},
		{"gateway in another subnet", func(c *peering.Cluster) { c.SubnetCIDR = "172.16.1.0/24" }, false},
		{"gateway that is a block", func(c *peering.Cluster) { c.SubnetGateway = "172.16.0.1/23" }, false},
		{"IPv6", func(c *peering.Cluster) {
			c.VPCCIDR, c.SubnetCIDR, c.SubnetGateway = "fd00::/48", "fd00:0:0:1::/64", "fd00:0:0:1::1"
		}, false},
		{"IPv6 in IPv4", func(c *peering.Cluster) { c.SubnetCIDR = "fd00::/64" }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := peering.Cluster{
				ClusterRef: peering.ClusterRef{Project: "4f30b9215e054c908d18f2b150131646", ID: "1000000"},
				Name:       "mycluster",
				VPC:        peering.VPC{ID: "83081290-198e-48e2-8e2d-64c50023d136", Tenant: "8185f87d043f4519a68420a282b5e2fa"},
				VPCCIDR:    "172.16.0.0/23",
				SubnetCIDR: "172.16.0.0/23",
			}.WithDefaults()
			tt.edit(&c)
			if err := c.Validate(); (err == nil) != tt.want {
				t.Errorf("Validate() = %v, want success: %t", err, tt.want)
			}
		})
	}
}

func TestClusterWithDefaults(t *testing.T) {
	tests := []struct {
		name                 string
		cluster              peering.Cluster
		vpc, subnet, gateway string
	}{
		{"nothing", peering.Cluster{}, "172.16.0.0/23", "172.16.0.0/23", "172.16.0.1"},
		{"a VPC", peering.Cluster{VPCCIDR: "10.0.0.0/8"}, "10.0.0.0/8", "10.0.0.0/8", "10.0.0.1"},
		{"a subnet", peering.Cluster{SubnetCIDR: "172.16.1.0/24"}, "172.16.0.0/23", "172.16.1.0/24", "172.16.1.1"},
		{"a gateway", peering.Cluster{SubnetGateway: "172.16.0.9"}, "172.16.0.0/23", "172.16.0.0/23", "172.16.0.9"},
		{"an invalid VPC block", peering.Cluster{VPCCIDR: "x"}, "x", "x", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.cluster.WithDefaults()
			if got.VPCCIDR != tt.vpc || got.SubnetCIDR != tt.subnet || got.SubnetGateway != tt.gateway || got.MaximumSPU != 100 {
				t.Errorf("WithDefaults() = %+v", got)
			}
		})
	}
}

func TestClusterRefEqual(t *testing.T) {
	ref := peering.ClusterRef{Project: "4f30b9215e054c908d18f2b150131646", ID: "a1"}
	tests := []struct {
		name  string
		other peering.ClusterRef
		want  bool
	}{
		{"the same", ref, true},
		{
			"the project in another spelling",
			peering.ClusterRef{Project: "4F30B921-5E05-4C90-8D18-F2B150131646", ID: "a1"}, true,
		},
		{"the cluster ID in upper case", peering.ClusterRef{Project: ref.Project, ID: "A1"}, false},
		{"another project", peering.ClusterRef{Project: "8185f87d043f4519a68420a282b5e2fa", ID: "a1"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := ref.Equal(tt.other); got != tt.want {
				t.Errorf("Equal() = %t, want %t", got, tt.want)
			}
		})
	}
}
