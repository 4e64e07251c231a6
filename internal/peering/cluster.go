package peering

import (
	"fmt"
	"net/netip"
)

// A ClusterRef names a reserved cluster: cluster ids are unique within their project.
type ClusterRef struct {
	Project ID
	ID      string
}

// Is tells whether both name the same cluster.
func (c ClusterRef) Is(other ClusterRef) bool {
	return c.ID == other.ID && c.Project.Is(other.Project)
}

// A Cluster is a reserved cluster. Peerings hang on it and connect its VPC, which belongs to a tenant of the stream
// service rather than to the cluster's project.
type Cluster struct {
	ClusterRef

	Name string
	VPC  VPC
	// VPCCIDR and SubnetCIDR are address blocks such as 172.16.0.0/23; the subnet lies in the VPC.
	VPCCIDR    string
	SubnetCIDR string
}

// Validate answers what is wrong with a cluster that somebody wrote down, or nil.
func (c Cluster) Validate() error {
	for _, id := range []struct {
		name  string
		value ID
	}{{"project_id", c.Project}, {"vpc_id", c.VPC.ID}, {"tenant_id", c.VPC.Tenant}} {
		if !id.value.Valid() {
			return fmt.Errorf("%s %q is neither 32 hexadecimal digits nor a UUID", id.name, id.value)
		}
	}
	if !validClusterID(c.ID) {
		return fmt.Errorf("cluster_id %q has not 1 to 64 letters, digits, \"_\" and \"-\"", c.ID)
	}
	if c.Name == "" {
		return fmt.Errorf("name of cluster %s is missing", c.ID)
	}
	vpc, err := parseCIDR("vpc_cidr", c.VPCCIDR)
	if err != nil {
		return err
	}
	subnet, err := parseCIDR("subnet_cidr", c.SubnetCIDR)
	if err != nil {
		return err
	}
	if subnet.Bits() < vpc.Bits() || !vpc.Contains(subnet.Addr()) {
		return fmt.Errorf("subnet_cidr %s does not lie in vpc_cidr %s", subnet, vpc)
	}
	return nil
}

// parseCIDR reads an address block whose host bits are zero.
func parseCIDR(name, s string) (netip.Prefix, error) {
	prefix, err := netip.ParsePrefix(s)
	if err != nil {
		return prefix, fmt.Errorf("%s %q is not a CIDR block such as 172.16.0.0/23", name, s)
	}
	if prefix != prefix.Masked() {
		return prefix, fmt.Errorf("%s %s has host bits set; the block is %s", name, prefix, prefix.Masked())
	}
	return prefix, nil
}

func validClusterID(id string) bool {
	for _, r := range id {
		switch {
		case '0' <= r && r <= '9', 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', r == '_', r == '-':
		default:
			return false
		}
	}
	return len(id) >= 1 && len(id) <= 64
}
