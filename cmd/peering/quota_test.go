package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/peering/peering/client"
)

func TestServeTakesAQuota(t *testing.T) {
	t.Parallel()
	s := startOn(t, "--data-dir", filepath.Join(t.TempDir(), "data"), "--data-quota", "64MiB", "--log-level", "debug")
	if _, err := s.as(t, project).CreatePeering(t.Context(), clusterID, client.PeeringCreate{Name: "n", VPCID: peerVPC}); err != nil {
		t.Error(err)
	}
	if log := s.log.String(); !strings.Contains(log, `"quota-backend-bytes":67108864`) {
		t.Errorf("etcd was not told of the quota; the log:\n%s", log)
	}
}
