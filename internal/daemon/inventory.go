package daemon

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"go.yaml.in/yaml/v3"

	"github.com/peering/peering/internal/peering"
)

// inventoryFile is the format of the inventory.
type inventoryFile struct {
	Clusters []struct {
		ProjectID  string `yaml:"project_id"`
		ClusterID  string `yaml:"cluster_id"`
		Name       string `yaml:"name"`
		VPCID      string `yaml:"vpc_id"`
		TenantID   string `yaml:"tenant_id"`
		VPCCIDR    string `yaml:"vpc_cidr"`
		SubnetCIDR string `yaml:"subnet_cidr"`
	} `yaml:"clusters"`
}

// loadInventory returns the clusters that a file lists, none without a file.
func loadInventory(path string) ([]peering.Cluster, error) {
	if path == "" {
		return nil, nil
	}
	data, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("inventory: %w", err)
	}
	clusters, err := parseInventory(data)
	if err != nil {
		return nil, fmt.Errorf("inventory %s: %w", path, err)
	}
	return clusters, nil
}

func parseInventory(data []byte) ([]peering.Cluster, error) {
	var file inventoryFile
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	if err := decoder.Decode(&file); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	clusters := make([]peering.Cluster, 0, len(file.Clusters))
	for i, entry := range file.Clusters {
		if entry.VPCCIDR == "" || entry.SubnetCIDR == "" {
			return nil, fmt.Errorf("cluster %d: vpc_cidr and subnet_cidr are required", i+1)
		}
		c := peering.Cluster{
			ClusterRef: peering.ClusterRef{Project: peering.ID(entry.ProjectID), ID: entry.ClusterID},
			Name:       entry.Name,
			VPC:        peering.VPC{ID: peering.ID(entry.VPCID), Tenant: peering.ID(entry.TenantID)},
			VPCCIDR:    entry.VPCCIDR,
			SubnetCIDR: entry.SubnetCIDR,
		}.WithDefaults()
		if err := c.Validate(); err != nil {
			return nil, fmt.Errorf("cluster %d: %w", i+1, err)
		}
		for _, other := range clusters {
			if other.Equal(c.ClusterRef) {
				return nil, fmt.Errorf("cluster %d: duplicate cluster_id %s in project %s", i+1, c.ID, c.Project)
			}
		}
		clusters = append(clusters, c)
	}
	return clusters, nil
}
