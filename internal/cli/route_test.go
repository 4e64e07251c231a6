package cli_test

import (
	"encoding/json"
	"testing"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/cli"
	"github.com/peering/peering/internal/e2e/harness"
)

func TestRouteCommands(t *testing.T) {
	s := harness.NewSandbox(t)
	p := s.CreateActive(t, s.PeerVPC)
	over := []string{"--cluster", s.ClusterID, "--peering", p.ID}
	code, out, errs := s.Command(t, s.Project, append([]string{"route", "create", "192.168.0.0/16", "-o", "json"}, over...)...)
	var created client.Route
	if err := json.Unmarshal([]byte(out), &created); code != cli.ExitOK || err != nil {
		t.Fatalf("create exited with %d: %s%s", code, out, errs)
	}
	for _, tt := range []struct {
		name string
		args []string
		code int
		want []string
	}{
		{"list", []string{"route", "list"}, cli.ExitOK, []string{"DESTINATION", created.ID, "192.168.0.0/16", p.ID}},
		{"create a duplicate", []string{"route", "create", "192.168.0.0/16"}, cli.ExitConflict, []string{"CS.22109", created.ID}},
		{"host bits", []string{"route", "create", "10.0.0.1/8"}, cli.ExitUsage, []string{"/destination", "10.0.0.0/8"}},
		{"delete", []string{"route", "delete", created.ID}, cli.ExitOK, nil},
		{"delete again", []string{"route", "delete", created.ID}, cli.ExitNotFound, []string{"CS.22110"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, out, errs := s.Command(t, s.Project, append(tt.args, over...)...)
			harness.WantOutput(t, code, out+errs, tt.code, tt.want)
		})
	}
	code, _, errs = s.Command(t, s.Project, "route", "list", "--cluster", s.ClusterID)
	harness.WantOutput(t, code, errs, cli.ExitUsage, []string{"peering"})
}
