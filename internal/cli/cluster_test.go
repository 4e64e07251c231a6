package cli_test

import (
	"encoding/json"
	"strconv"
	"testing"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/cli"
	"github.com/peering/peering/internal/e2e/harness"
)

func TestClusterCommands(t *testing.T) {
	s := harness.NewSandbox(t)
	code, out, errs := s.Command(t, s.Project, "cluster", "create", "mine", "--vpc-cidr", "10.0.0.0/8", "--description", "d", "-o", "json")
	var created client.Cluster
	if err := json.Unmarshal([]byte(out), &created); code != cli.ExitOK || err != nil {
		t.Fatalf("create exited with %d: %s%s", code, out, errs)
	}
	id := strconv.FormatInt(created.ClusterID, 10)
	for _, tt := range []struct {
		name string
		args []string
		code int
		want []string
	}{
		{"list", []string{"cluster", "list"}, cli.ExitOK, []string{"GATEWAY", "mycluster", "mine", "10.0.0.1"}},
		{"update", []string{"cluster", "update", id, "yours", "--description", "e"}, cli.ExitOK, nil},
		{"show", []string{"cluster", "show", id}, cli.ExitOK, []string{"yours", "cluster_running"}},
		{"list by name", []string{"cluster", "list", "--name", "yours", "-o", "json"}, cli.ExitOK, []string{`"yours"`}},
		{"gateway outside the subnet", []string{"cluster", "create", "n", "--subnet-gateway", "10.0.0.1"}, cli.ExitUsage, []string{"/subnet_gateway"}},
		{"peering", []string{"create", "n", "--cluster", id, "--peer-vpc", s.PeerVPC}, cli.ExitOK, []string{"PENDING"}},
		{"delete a cluster in use", []string{"cluster", "delete", id}, cli.ExitConflict, []string{"CS.22111"}},
		{"show an unknown cluster", []string{"cluster", "show", "7"}, cli.ExitNotFound, []string{"CS.20005"}},
		{"delete an unknown cluster", []string{"cluster", "delete", "7"}, cli.ExitNotFound, []string{"CS.20005"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, out, errs := s.Command(t, s.Project, tt.args...)
			harness.WantOutput(t, code, out+errs, tt.code, tt.want)
		})
	}
}
