package peering

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// CreateCluster makes a cluster as it is asked for, with defaults for what is missing, in the project and with a new VPC
// of the tenant. Its id is the next free number.
func (s *Service) CreateCluster(ctx context.Context, project, tenant ID, wanted Cluster) (Cluster, error) {
	c := wanted.WithDefaults()
	c.ClusterRef = ClusterRef{Project: project}
	c.VPC = VPC{ID: s.newID(), Tenant: tenant}
	c.CreatedAt = s.now()
	if e := c.validNetwork(); e != nil {
		return Cluster{}, e
	}
	return s.store.CreateCluster(ctx, c)
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

// replace sets a value to what is wanted, if anything is.
func replace[T any](value, wanted *T) {
	if wanted != nil {
		*value = *wanted
	}
}

// DeleteCluster removes a cluster that has no live peering, or answers ClusterInUse or ClusterNotFound.
func (s *Service) DeleteCluster(ctx context.Context, ref ClusterRef) error {
	now := s.now()
	return s.store.DeleteCluster(ctx, ref, func(p Peering) bool { return p.At(now).Status.Live() })
}

// AddClusters makes sure that the clusters are there with the names and blocks that are given. It changes nothing where
// they are, so it can be repeated; it refuses to give a cluster that is there another VPC.
func (s *Service) AddClusters(ctx context.Context, clusters []Cluster) error {
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
	if !old.VPC.ID.Is(c.VPC.ID) || !old.VPC.Tenant.Is(c.VPC.Tenant) {
		return old, Errorf(Invalid, "The cluster is known with VPC %s of tenant %s; it can't get VPC %s of tenant %s.",
			old.VPC.ID, old.VPC.Tenant, c.VPC.ID, c.VPC.Tenant)
	}
	merged := old
	merged.Name, merged.VPCCIDR, merged.SubnetCIDR, merged.SubnetGateway = c.Name, c.VPCCIDR, c.SubnetCIDR, c.SubnetGateway
	return merged, nil
}
