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

// A ClusterRef identifies a reserved cluster. Its ID is unique in the project.
type ClusterRef struct {
	Project ID
	ID      string
}

// Equal reports whether both identify the same cluster.
func (c ClusterRef) Equal(other ClusterRef) bool {
	return c.ID == other.ID && c.Project.Equal(other.Project)
}

// A Cluster is a reserved cluster. Its peerings connect its VPC, which belongs
// to a tenant of the stream service and not to the cluster's project.
type Cluster struct {
	ClusterRef

	Name        string
	Description string
	VPC         VPC
	// VPCCIDR and SubnetCIDR are IPv4 CIDR blocks such as 172.16.0.0/23. The subnet
	// is within the VPC.
	VPCCIDR    string
	SubnetCIDR string
	// SubnetGateway is an IP address in the subnet.
	SubnetGateway string
	// MaximumSPU is the maximum number of stream processing units of the cluster.
	MaximumSPU int32
	// ManagerNodeSPU, Tags, EnterpriseProject and ARM are stored for the client and
	// have no effect.
	ManagerNodeSPU    string
	Tags              string
	EnterpriseProject string
	ARM               bool
	CreatedAt         time.Time
}

// Number returns the cluster's ID as a number, or 0 if it is none.
func (c Cluster) Number() int64 {
	n, err := strconv.ParseInt(c.ID, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// WithDefaults returns the cluster with its empty fields set to their defaults:
// the CIDR block 172.16.0.0/23, a subnet that spans the VPC, the subnet's first
// address as the gateway, 100 stream processing units, 2 manager node units and
// the enterprise project 0.
func (c Cluster) WithDefaults() Cluster {
	setDefault := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	setDefault(&c.VPCCIDR, "172.16.0.0/23")
	setDefault(&c.SubnetCIDR, c.VPCCIDR)
	if subnet, err := netip.ParsePrefix(c.SubnetCIDR); err == nil {
		setDefault(&c.SubnetGateway, subnet.Masked().Addr().Next().String())
	}
	setDefault(&c.ManagerNodeSPU, "2")
	setDefault(&c.EnterpriseProject, "0")
	if c.MaximumSPU == 0 {
		c.MaximumSPU = 100
	}
	return c
}

// Validate checks a cluster of an inventory and returns an error that names the
// first invalid field.
func (c Cluster) Validate() error {
	for _, id := range []struct {
		name  string
		value ID
	}{{"project_id", c.Project}, {"vpc_id", c.VPC.ID}, {"tenant_id", c.VPC.Tenant}} {
		if !id.value.Valid() {
			return fmt.Errorf("%s must be 32 hexadecimal digits or a UUID, got %q", id.name, id.value)
		}
	}
	if !validClusterID(c.ID) {
		return fmt.Errorf("cluster_id must be a positive number of at most 18 digits, got %q", c.ID)
	}
	if c.Name == "" {
		return fmt.Errorf("name of cluster %s is required", c.ID)
	}
	if e := c.validateNetwork(); e != nil {
		return fmt.Errorf("%s %s", e.Field[1:], e.Message)
	}
	return nil
}

// validateNetwork checks the CIDR blocks and that they and the gateway contain
// each other.
func (c Cluster) validateNetwork() *Error {
	vpc, e := parseCIDR("/vpc_cidr", c.VPCCIDR)
	if e != nil {
		return e
	}
	subnet, e := parseCIDR("/subnet_cidr", c.SubnetCIDR)
	if e != nil {
		return e
	}
	if subnet.Bits() < vpc.Bits() || !vpc.Contains(subnet.Addr()) {
		return invalidNetwork("/subnet_cidr", "must be within the CIDR block of the VPC, %s", vpc)
	}
	gateway, err := netip.ParseAddr(c.SubnetGateway)
	if err != nil || !subnet.Contains(gateway) {
		return invalidNetwork("/subnet_gateway", "must be an address in the subnet, %s", subnet)
	}
	return nil
}

// parseCIDR parses the IPv4 CIDR block of a field. It must not have host bits
// set.
func parseCIDR(field, text string) (netip.Prefix, *Error) {
	prefix, err := netip.ParsePrefix(text)
	if err != nil || !prefix.Addr().Is4() {
		return prefix, invalidNetwork(field, "must be an IPv4 CIDR block such as 172.16.0.0/23")
	}
	if prefix != prefix.Masked() {
		return prefix, invalidNetwork(field, "must not have host bits set; the network is %s", prefix.Masked())
	}
	return prefix, nil
}

// validClusterID reports whether the ID is a number of 1 to 18 digits without
// leading zeros.
func validClusterID(id string) bool {
	return len(id) >= 1 && len(id) <= 18 && id[0] != '0' && strings.Trim(id, "0123456789") == ""
}

// CreateCluster creates a cluster in the project of c with a new VPC of the
// tenant of c.VPC. It sets empty fields to their defaults, and the ID to the
// next free number. It returns an error of code InvalidNetwork if the CIDR
// blocks and the gateway are not valid.
//
// If idem replays an earlier creation, it returns the cluster of that one, and
// replayed is true.
func (s *Service) CreateCluster(
	ctx context.Context, c Cluster, idem Idempotency,
) (created Cluster, replayed bool, err error) {
	c = c.WithDefaults()
	c.VPC.ID = s.newID()
	c.CreatedAt = s.now()
	if e := c.validateNetwork(); e != nil {
		return Cluster{}, false, e
	}
	return s.store.CreateCluster(ctx, c, idem)
}

// Cluster returns the cluster, or an error of code ClusterNotFound.
func (s *Service) Cluster(ctx context.Context, ref ClusterRef) (Cluster, error) {
	return s.store.Cluster(ctx, ref)
}

// A ClusterQuery selects clusters and a page of them.
type ClusterQuery struct {
	// Name selects the clusters with this name. Empty selects all.
	Name string
	// Cursor is the number of the cluster next to the page. 0 selects the first
	// page.
	Cursor int64
	// Before selects the page that ends before the cursor instead of the one that
	// starts after it.
	Before     bool
	Limit      int
	Descending bool
}

// Clusters returns a page of a project's clusters, ordered by number, and the
// number of clusters on all pages.
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
	isAfter := func(c Cluster) bool { return (c.Number() > q.Cursor) != q.Descending && c.Number() != q.Cursor }
	before := slices.DeleteFunc(slices.Clone(clusters), func(c Cluster) bool {
		return isAfter(c) || c.Number() == q.Cursor
	})
	if q.Before {
		return before[max(0, len(before)-q.Limit):], total, nil
	}
	after := slices.DeleteFunc(clusters, func(c Cluster) bool { return !isAfter(c) })
	return after[:min(q.Limit, len(after))], total, nil
}

// A ClusterChange is an update of a cluster. Nil fields keep their values.
type ClusterChange struct {
	Name              string
	Description       *string
	MaximumSPU        *int32
	ManagerNodeSPU    *string
	Tags              *string
	EnterpriseProject *string
}

// UpdateCluster updates a cluster. It returns an error of code ClusterNotFound
// if the cluster does not exist.
func (s *Service) UpdateCluster(ctx context.Context, ref ClusterRef, change ClusterChange) error {
	return s.store.UpdateCluster(ctx, ref, func(c Cluster) Cluster {
		c.Name = change.Name
		setIfPresent(&c.Description, change.Description)
		setIfPresent(&c.MaximumSPU, change.MaximumSPU)
		setIfPresent(&c.ManagerNodeSPU, change.ManagerNodeSPU)
		setIfPresent(&c.Tags, change.Tags)
		setIfPresent(&c.EnterpriseProject, change.EnterpriseProject)
		return c
	})
}

// DeleteCluster deletes a cluster. It returns an error of code ClusterInUse if
// the cluster has live peerings, or ClusterNotFound.
func (s *Service) DeleteCluster(ctx context.Context, ref ClusterRef) error {
	now := s.now()
	return s.store.DeleteCluster(ctx, ref, func(p Peering) bool { return p.At(now).Status.Live() })
}

// EnsureClusters creates the clusters of an inventory, and updates the names and
// the addresses of those that exist. It can be repeated. It returns an error if
// a cluster exists with another VPC.
func (s *Service) EnsureClusters(ctx context.Context, clusters []Cluster) error {
	for _, c := range clusters {
		c = c.WithDefaults()
		c.CreatedAt = s.now()
		if err := s.store.PutCluster(ctx, c, mergeInventory); err != nil {
			return fmt.Errorf("add cluster %s of project %s: %w", c.ID, c.Project, err)
		}
	}
	return nil
}

// mergeInventory returns an existing cluster with the name and the addresses of
// its inventory entry.
func mergeInventory(existing, entry Cluster) (Cluster, error) {
	if !existing.VPC.ID.Equal(entry.VPC.ID) || !existing.VPC.Tenant.Equal(entry.VPC.Tenant) {
		return existing, Errorf(Invalid,
			"The cluster exists with VPC %s of tenant %s, which cannot be changed to VPC %s of tenant %s.",
			existing.VPC.ID, existing.VPC.Tenant, entry.VPC.ID, entry.VPC.Tenant)
	}
	merged := existing
	merged.Name, merged.VPCCIDR = entry.Name, entry.VPCCIDR
	merged.SubnetCIDR, merged.SubnetGateway = entry.SubnetCIDR, entry.SubnetGateway
	return merged, nil
}
