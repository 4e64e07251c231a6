package daemon_test

import (
	"strings"
	"testing"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/daemon"
	"github.com/peering/peering/internal/e2e/harness"
)

func TestMaxConnectionsExceedOpenFileLimit(t *testing.T) {
	if daemon.MaxOpenFiles() == 0 {
		t.Skip("the number of open files is unlimited")
	}
	s := harness.StartWith(t, "--max-connections", "2000000000", "--data-dir", t.TempDir())
	if !strings.Contains(s.Log.String(), "ulimit -n") {
		t.Errorf("the log lacks the warning: %s", s.Log)
	}
	if _, err := s.As(t, harness.Project).ListVPCPeerings(t.Context(), client.VPCPeeringQuery{}); err != nil {
		t.Error(err)
	}
}
