package cli_test

import (
	"testing"

	"github.com/peering/peering/internal/cli"
	"github.com/peering/peering/internal/e2e/harness"
)

func TestCommandCredentials(t *testing.T) {
	s := harness.StartWithIdentities(t, "--data-dir", t.TempDir())
	byToken := map[string]string{"PEERING_TOKEN": harness.Requester.Token()}
	byKeys := map[string]string{"PEERING_ACCESS_KEY": harness.Requester.AccessKey(), "PEERING_SECRET_KEY": harness.Requester.SecretKey()}
	both := map[string]string{"PEERING_TOKEN": harness.Requester.Token(), "PEERING_ACCESS_KEY": harness.Requester.AccessKey(), "PEERING_SECRET_KEY": harness.Requester.SecretKey()}
	ofCluster := map[string]string{"PEERING_TOKEN": harness.ClusterAdmin.Token(), "PEERING_PROJECT": harness.ClusterProject}
	for _, tt := range []struct {
		name string
		env  map[string]string
		args []string
		code int
		want []string
	}{
		{"create with a token", byToken, []string{"create", "n", "--vpc", harness.PeerVPC, "--peer-vpc", harness.OtherVPC}, cli.ExitOK, []string{harness.RequesterTenant, "ACTIVE"}},
		{"list with an access key", byKeys, []string{"list"}, cli.ExitOK, []string{harness.RequesterTenant, "ACTIVE"}},
		{"list as a reader", map[string]string{"PEERING_TOKEN": harness.RequesterReader.Token()}, []string{"list"}, cli.ExitOK, []string{"ACTIVE"}},
		{"create as a reader", map[string]string{"PEERING_TOKEN": harness.RequesterReader.Token()},
			[]string{"create", "n", "--vpc", harness.UnknownID, "--peer-vpc", harness.OtherVPC}, cli.ExitForbidden, []string{"VPC.2701", "reader"}},
		{"cluster", ofCluster, []string{"cluster", "create", "n"}, cli.ExitOK, []string{"cluster_running"}},
		{"cluster without a project", byToken, []string{"cluster", "list"}, cli.ExitUsage, []string{"PEERING_PROJECT"}},
		{"another project", byToken, []string{"cluster", "list", "--project", harness.ClusterProject}, cli.ExitForbidden, []string{"CS.10006"}},
		{"no credentials", nil, []string{"list"}, cli.ExitUsage, []string{"PEERING_PROJECT", "credentials"}},
		{"project only", map[string]string{"PEERING_PROJECT": harness.RequesterTenant}, []string{"list"}, cli.ExitForbidden, []string{"VPC.0008"}},
		{"unknown token", map[string]string{"PEERING_TOKEN": harness.SecretMark}, []string{"list"}, cli.ExitForbidden, []string{"VPC.0008"}},
		{"expired token", map[string]string{"PEERING_TOKEN": harness.ExpiredAdmin.Token()}, []string{"list"}, cli.ExitForbidden, []string{"expired"}},
		{"wrong secret key", map[string]string{"PEERING_ACCESS_KEY": harness.Requester.AccessKey(), "PEERING_SECRET_KEY": harness.SecretMark},
			[]string{"list"}, cli.ExitForbidden, []string{"VPC.0008"}},
		{"token and access key", both, []string{"list"}, cli.ExitUsage, []string{"not both"}},
		{"secret key only", map[string]string{"PEERING_SECRET_KEY": harness.SecretMark, "PEERING_PROJECT": harness.RequesterTenant}, []string{"list"}, cli.ExitUsage, []string{"one of them is missing"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, out, errs := s.CommandEnv(t, tt.env, tt.args...)
			harness.WantOutput(t, code, out+errs, tt.code, tt.want)
		})
	}
}
