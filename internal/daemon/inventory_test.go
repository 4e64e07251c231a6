package daemon_test

import (
	"strings"
	"testing"

	"github.com/peering/peering/internal/daemon"
	"github.com/peering/peering/internal/e2e/harness"
)

func TestInventory(t *testing.T) {
	const good = `
- {project_id: ` + harness.Project + `, cluster_id: 7, name: c, vpc_id: ` + harness.PeerVPC + `, tenant_id: ` + harness.ServiceTenant + `, vpc_cidr: 10.0.0.0/8, subnet_cidr: 10.1.0.0/16}`
	for _, tt := range []struct {
		name, text string
		want       int
		err        string
	}{
		{"empty", "", 0, ""},
		{"no clusters", "clusters: []", 0, ""},
		{"cluster", "clusters:" + good, 1, ""},
		{"duplicate", "clusters:" + good + good, 0, "duplicate"},
		{"unknown name", "clusters: []\ncluster: 1", 0, "cluster"},
		{"invalid VPC id", "clusters:" + strings.ReplaceAll(good, harness.PeerVPC, "vpc"), 0, "vpc_id"},
		{"cluster id is not a number", "clusters:" + strings.ReplaceAll(good, "cluster_id: 7", "cluster_id: seven"), 0, "cluster_id"},
		{"missing CIDR block", "clusters:" + strings.ReplaceAll(good, "vpc_cidr: 10.0.0.0/8, ", ""), 0, "vpc_cidr"},
		{"host bits", "clusters:" + strings.ReplaceAll(good, "10.1.0.0/16", "10.1.0.1/16"), 0, "10.1.0.0/16"},
		{"subnet outside the VPC", "clusters:" + strings.ReplaceAll(good, "10.1.0.0/16", "11.1.0.0/16"), 0, "subnet_cidr"},
		{"invalid YAML", "clusters: [", 0, "yaml"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := daemon.ParseInventory([]byte(tt.text))
			if len(got) != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}
