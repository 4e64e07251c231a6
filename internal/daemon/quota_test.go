package daemon_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/e2e/harness"
)

func TestDataQuota(t *testing.T) {
	t.Parallel()
	s := harness.StartWith(t, "--data-dir", filepath.Join(t.TempDir(), "data"), "--data-quota", "64MiB", "--log-level", "debug")
	if _, err := s.As(t, harness.Project).CreatePeering(t.Context(), harness.ClusterID, client.PeeringCreate{Name: "n", VPCID: harness.PeerVPC}); err != nil {
		t.Error(err)
	}
	if log := s.Log.String(); !strings.Contains(log, `"quota-backend-bytes":67108864`) {
		t.Errorf("etcd does not know the quota; the log:\n%s", log)
	}
}
