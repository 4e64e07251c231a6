package peering

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A ClusterRef names a reserved cluster: cluster ids are unique within their project.
type ClusterRef struct {
	Project ID
	ID      string
}

// Is tells whether both name the same cluster.
func (c ClusterRef) Equal(other ClusterRef) bool {
	return c.ID == other.ID && c.Project.Equal(other.Project)
}

// A Cluster is a reserved cluster. Peerings hang on it and connect its VPC, which belongs to a tenant of the stream
// service rather than to the cluster's project.
type Cluster struct {
	ClusterRef

	Name        string
	Description string
	VPC         VPC
	// VPCCIDR and SubnetCIDR are address blocks such as 172.16.0.0/23; the subnet lies in the VPC.
	VPCCIDR    string
	SubnetCIDR string
	// SubnetGateway is an address in the subnet.
	SubnetGateway string
	// MaximumSPU is how many stream processing units the cluster may use.
	MaximumSPU int32
	// ManagerNodeSPU, Tags, EnterpriseProject and ARM are kept for the caller and mean nothing to this service.
	ManagerNodeSPU    string
	Tags              string
	EnterpriseProject string
	ARM               bool
	CreatedAt         time.Time
}

// Number is the cluster's id as a number.
func (c Cluster) Number() int64 {
	n, err := strconv.ParseInt(c.ID, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// WithDefaults answers the cluster with the values that it does not have: a VPC block, a subnet that fills it and the
// subnet's first address as gateway, 100 units and the default enterprise project.
func (c Cluster) WithDefaults() Cluster {
	set := func(value *string, otherwise string) {
		if *value == "" {
			*value = otherwise
		}
	}
	set(&c.VPCCIDR, "172.16.0.0/23")
	set(&c.SubnetCIDR, c.VPCCIDR)
	if subnet, err := netip.ParsePrefix(c.SubnetCIDR); err == nil {
		set(&c.SubnetGateway, subnet.Masked().Addr().Next().String())
	}
	set(&c.ManagerNodeSPU, "2")
	set(&c.EnterpriseProject, "0")
	if c.MaximumSPU == 0 {
		c.MaximumSPU = 100
	}
	return c
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
		return fmt.Errorf("cluster_id %q is not a number of at most 18 digits", c.ID)
	}
	if c.Name == "" {
		return fmt.Errorf("name of cluster %s is missing", c.ID)
	}
	if e := c.validNetwork(); e != nil {
		return fmt.Errorf("%s %s", e.Field[1:], e.Message)
	}
	return nil
}

// validNetwork answers what is wrong with the cluster's addresses, or nil: the blocks and the gateway have to contain
// each other.
func (c Cluster) validNetwork() *Error {
	vpc, e := parseCIDR("/vpc_cidr", c.VPCCIDR)
	if e != nil {
		return e
	}
	subnet, e := parseCIDR("/subnet_cidr", c.SubnetCIDR)
	if e != nil {
		return e
	}
	if subnet.Bits() < vpc.Bits() || !vpc.Contains(subnet.Addr()) {
		return misfit("/subnet_cidr", "must lie in %s, the block of the VPC", vpc)
	}
	gateway, err := netip.ParseAddr(c.SubnetGateway)
	if err != nil || !subnet.Contains(gateway) {
		return misfit("/subnet_gateway", "must be an address in %s, the block of the subnet", subnet)
	}
	return nil
}

// parseCIDR reads the IPv4 block of a field, whose host bits have to be zero.
func parseCIDR(field, text string) (netip.Prefix, *Error) {
	prefix, err := netip.ParsePrefix(text)
	if err != nil || !prefix.Addr().Is4() {
		return prefix, misfit(field, "must be an IPv4 CIDR block such as 172.16.0.0/23")
	}
	if prefix != prefix.Masked() {
		return prefix, misfit(field, "must have no host bits set: the block is %s", prefix.Masked())
	}
	return prefix, nil
}

// validClusterID tells whether the id is a number as the API shows it: 1 to 18 digits, the first not 0.
func validClusterID(id string) bool {
	return len(id) >= 1 && len(id) <= 18 && id[0] != '0' && strings.Trim(id, "0123456789") == ""
}

// CreateCluster makes a cluster as it is asked for, with defaults for what is missing, in the project and with a new VPC
// of the tenant that are asked for. Its id is the next free number.
func (s *Service) CreateCluster(ctx context.Context, wanted Cluster, idem Idempotency) (made Cluster, replayed bool, err error) {
	c := wanted.WithDefaults()
	c.VPC.ID = s.newID()
	c.CreatedAt = s.now()
	if e := c.validNetwork(); e != nil {
		return Cluster{}, false, e
	}
	return s.store.CreateCluster(ctx, c, idem)
}

// Cluster answers the cluster, or ClusterNotFound.
func (s *Service) Cluster(ctx context.Context, ref ClusterRef) (Cluster, error) {
	return s.store.Cluster(ctx, ref)
}

// A ClusterQuery selects clusters and a page of them.
type ClusterQuery struct {
	// Name selects clusters of that name; empty selects all.
	Name string
	// Cursor is the number of the cluster that the page borders on; 0 for none.
	Cursor int64
	// Before asks for the page that ends before the cursor instead of the one behind it.
	Before     bool
	Limit      int
	Descending bool
}

// Clusters answers a page of a project's clusters ordered by number, and how many the query selects on all pages.
func (s *Service) Clusters(ctx context.Context, project ID, q ClusterQuery) (page []Cluster, total int, err error) {
	clusters, err := s.store.Clusters(ctx, project)
	if err != nil {
		return nil, 0, err
	}
	clusters = slices.DeleteFunc(clusters, func(c Cluster) bool { return q.Name != "" && c.Name != q.Name })
	slices.SortFunc(clusters, func(a, b Cluster) int {
		if q.Descending {
			a, b = b, a
		}
		return cmp.Compare(a.Number(), b.Number())
	})
	total = len(clusters)
	if q.Cursor == 0 {
		return clusters[:min(q.Limit, total)], total, nil
	}
	behind := func(c Cluster) bool { return (c.Number() > q.Cursor) != q.Descending && c.Number() != q.Cursor }
	before := slices.DeleteFunc(slices.Clone(clusters), func(c Cluster) bool { return behind(c) || c.Number() == q.Cursor })
	if q.Before {
		return before[max(0, len(before)-q.Limit):], total, nil
	}
	after := slices.DeleteFunc(clusters, func(c Cluster) bool { return !behind(c) })
	return after[:min(q.Limit, len(after))], total, nil
}

// A ClusterChange of a cluster; a nil member stays as it is.
type ClusterChange struct {
	Name              string
	Description       *string
	MaximumSPU        *int32
	ManagerNodeSPU    *string
	Tags              *string
	EnterpriseProject *string
}

// UpdateCluster changes a cluster, or answers ClusterNotFound.
func (s *Service) UpdateCluster(ctx context.Context, ref ClusterRef, change ClusterChange) error {
	return s.store.UpdateCluster(ctx, ref, func(c Cluster) Cluster {
		c.Name = change.Name
		replace(&c.Description, change.Description)
		replace(&c.MaximumSPU, change.MaximumSPU)
		replace(&c.ManagerNodeSPU, change.ManagerNodeSPU)
		replace(&c.Tags, change.Tags)
		replace(&c.EnterpriseProject, change.EnterpriseProject)
		return c
	})
}

// DeleteCluster removes a cluster that has no live peering, or answers ClusterInUse or ClusterNotFound.
func (s *Service) DeleteCluster(ctx context.Context, ref ClusterRef) error {
	now := s.now()
	return s.store.DeleteCluster(ctx, ref, func(p Peering) bool { return p.At(now).Status.Live() })
}

// EnsureClusters makes sure that the clusters are there with the names and blocks that are given. It changes nothing where
// they are, so it can be repeated; it refuses to give a cluster that is there another VPC.
func (s *Service) EnsureClusters(ctx context.Context, clusters []Cluster) error {
	for _, c := range clusters {
		c = c.WithDefaults()
		c.CreatedAt = s.now()
		if err := s.store.PutCluster(ctx, c, listed); err != nil {
			return fmt.Errorf("add cluster %s of project %s: %w", c.ID, c.Project, err)
		}
	}
	return nil
}

// listed answers a cluster that is there with what the inventory says of it.
func listed(old, c Cluster) (Cluster, error) {
	if !old.VPC.ID.Equal(c.VPC.ID) || !old.VPC.Tenant.Equal(c.VPC.Tenant) {
		return old, Errorf(Invalid, "The cluster is known with VPC %s of tenant %s; it can't get VPC %s of tenant %s.",
			old.VPC.ID, old.VPC.Tenant, c.VPC.ID, c.VPC.Tenant)
	}
	merged := old
	merged.Name, merged.VPCCIDR, merged.SubnetCIDR, merged.SubnetGateway = c.Name, c.VPCCIDR, c.SubnetCIDR, c.SubnetGateway
	return merged, nil
}
