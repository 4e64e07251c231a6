package cli_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/cli"
	"github.com/peering/peering/internal/e2e/harness"
)

func TestPeeringCommands(t *testing.T) {
	s := harness.NewSandbox(t)
	code, out, errs := s.Command(t, s.Project, "create", "first", "--cluster", s.ClusterID, "--peer-vpc", s.PeerVPC, "-o", "json")
	var created client.Peering
	if err := json.Unmarshal([]byte(out), &created); code != cli.ExitOK || err != nil {
		t.Fatalf("create exited with %d: %s%s", code, out, errs)
	}
	for _, tt := range []struct {
		name string
		args []string
		code int
		want []string
	}{
		{"list a cluster's", []string{"list", "--cluster", s.ClusterID}, cli.ExitOK, []string{"STATUS", created.ID, "first", "PENDING_ACCEPTANCE"}},
		{"show a cluster's", []string{"show", created.ID, "--cluster", s.ClusterID}, cli.ExitOK, []string{created.ID, s.PeerVPC}},
		{"show as JSON", []string{"show", created.ID, "-o", "json"}, cli.ExitOK, []string{`"created_at"`, `"accept_vpc_info"`}},
		{"rename by the accepter", []string{"rename", created.ID, "second"}, cli.ExitForbidden, []string{"VPC.2701"}},
		{"accept", []string{"accept", created.ID}, cli.ExitOK, []string{"ACTIVE"}},
		{"list by status", []string{"list", "--status", "ACTIVE", "--vpc", s.PeerVPC, "--name", "first", "--tenant", harness.ServiceTenant}, cli.ExitOK, []string{created.ID}},
		{"empty list", []string{"list", "--status", "EXPIRED", "-o", "json"}, cli.ExitOK, []string{"[]"}},
		{"reject an active peering", []string{"reject", created.ID}, cli.ExitConflict, []string{"VPC.22105", "ACTIVE"}},
		{"create a second peering of the pair", []string{"create", "again", "--cluster", s.ClusterID, "--peer-vpc", s.PeerVPC}, cli.ExitConflict, []string{"CS.22104", created.ID}},
		{"create between own VPCs", []string{"create", "inner", "--vpc", s.PeerVPC, "--peer-vpc", s.OtherVPC, "--description", "d"}, cli.ExitOK, []string{"inner", "ACTIVE"}},
		{"delete", []string{"delete", created.ID}, cli.ExitOK, nil},
		{"show a deleted peering", []string{"show", created.ID}, cli.ExitNotFound, []string{"VPC.2204"}},
		{"show a deleted peering of the cluster", []string{"show", created.ID, "--cluster", s.ClusterID}, cli.ExitNotFound, []string{"CS.22103"}},
		{"delete a deleted peering of the cluster", []string{"delete", created.ID, "--cluster", s.ClusterID}, cli.ExitNotFound, []string{"CS.22103"}},
		{"list an unknown cluster's", []string{"list", "--cluster", "7"}, cli.ExitNotFound, []string{"CS.20005"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, out, errs := s.Command(t, s.Project, tt.args...)
			harness.WantOutput(t, code, out+errs, tt.code, tt.want)
			if (errs == "") != (tt.code == cli.ExitOK) {
				t.Errorf("standard error is %q", errs)
			}
		})
	}
}

func TestPeeringCommandsAcrossTenants(t *testing.T) {
	s := harness.NewSandbox(t)
	code, out, errs := s.Command(t, s.Project, "create", "n", "--vpc", s.PeerVPC, "--peer-vpc", s.OtherVPC, "--peer-tenant", s.Stranger, "-o", "json")
	var created client.VPCPeering
	if err := json.Unmarshal([]byte(out), &created); code != cli.ExitOK || err != nil {
		t.Fatalf("create exited with %d: %s%s", code, out, errs)
	}
	code, out, errs = s.Command(t, s.Project, "rename", created.ID, "m", "--description", "second", "-o", "json")
	harness.WantOutput(t, code, out+errs, cli.ExitOK, []string{`"m"`, `"second"`})
	code, out, errs = s.Command(t, s.Stranger, "reject", created.ID)
	harness.WantOutput(t, code, out+errs, cli.ExitOK, []string{"REJECTED"})
}

func TestInvalidCommandLines(t *testing.T) {
	s := harness.NewSandbox(t)
	for _, tt := range []struct {
		name string
		args []string
		want []string
	}{
		{"unknown command", []string{"creat"}, []string{`"creat"`, "peering --help"}},
		{"unknown flag", []string{"list", "--colour"}, []string{"--colour", "peering list --help"}},
		{"too few arguments", []string{"accept"}, []string{"peering accept --help"}},
		{"neither cluster nor VPC", []string{"create", "n", "--peer-vpc", s.PeerVPC}, []string{"cluster", "vpc"}},
		{"both cluster and VPC", []string{"create", "n", "--cluster", "1", "--vpc", s.PeerVPC, "--peer-vpc", s.OtherVPC}, []string{"cluster", "vpc"}},
		{"no peer VPC", []string{"create", "n", "--cluster", "1"}, []string{"peer-vpc"}},
		{"unknown output", []string{"list", "-o", "xml"}, []string{"xml", "table, json or yaml"}},
		{"endpoint without scheme", []string{"list", "--endpoint", "127.0.0.1:8080"}, []string{"127.0.0.1:8080", "http://"}},
		{"invalid name", []string{"create", "a b", "--cluster", s.ClusterID, "--peer-vpc", s.PeerVPC}, []string{"/name"}},
		{"invalid id", []string{"show", "7"}, []string{"peering_id"}},
		{"unknown auth", []string{"serve", "--auth", "open"}, []string{"open"}},
		{"data quota that is not a size", []string{"serve", "--data-quota", "much"}, []string{"--data-quota", "much"}},
		{"negative data quota", []string{"serve", "--data-quota", "-8GiB"}, []string{"--data-quota", "-8GiB"}},
		{"data quota out of range", []string{"serve", "--data-quota", "9EiB"}, []string{"--data-quota", "9EiB"}},
		{"data quota too small", []string{"serve", "--data-quota", "63MiB"}, []string{"--data-quota", "64 MiB"}},
		{"data quota for a cluster", []string{"serve", "--data-quota", "1GiB", "--etcd-endpoints", "http://127.0.0.1:1"}, []string{"data-quota"}},
		{"unknown log level", []string{"serve", "--log-level", "loud"}, []string{"loud"}},
		{"unknown log format", []string{"serve", "--log-format", "xml"}, []string{"xml"}},
		{"no authentication on a public address", []string{"serve", "--listen", "0.0.0.0:0"}, []string{"0.0.0.0:0", "loopback"}},
		{"invalid service tenant", []string{"serve", "--service-tenant", "us"}, []string{"--service-tenant", "us"}},
		{"two stores", []string{"serve", "--data-dir", "d", "--etcd-endpoints", "http://127.0.0.1:1"}, []string{"data-dir", "etcd-endpoints"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, out, errs := s.Command(t, s.Project, tt.args...)
			harness.WantOutput(t, code, errs, cli.ExitUsage, tt.want)
			if out != "" {
				t.Errorf("standard output is %q", out)
			}
		})
	}
	code, _, errs := s.Command(t, "", "list")
	harness.WantOutput(t, code, errs, cli.ExitUsage, []string{"PEERING_PROJECT"})
}

func TestUnreachableServer(t *testing.T) {
	t.Parallel()
	s := harness.Start(t, t.TempDir())
	s.Stop()
	code, _, errs := s.Command(t, harness.Project, "list")
	harness.WantOutput(t, code, errs, cli.ExitUnavailable, []string{s.Endpoint, "peering serve"})
}

func TestHelpListsExitCodes(t *testing.T) {
	out := &harness.Buffer{}
	if code := harness.Run(t.Context(), []string{"--help"}, out, out, harness.NoEnv); code != cli.ExitOK || !strings.Contains(out.String(), cli.ExitCodeHelp) {
		t.Errorf("exited with %d: %s", code, out)
	}
}
