package daemon_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/peering/peering/internal/cli"
	"github.com/peering/peering/internal/e2e/harness"
)

func TestServeFailsToStart(t *testing.T) {
	s := harness.Start(t, t.TempDir())
	file := filepath.Join(t.TempDir(), "inventory.yaml")
	if err := os.WriteFile(file, []byte("clusters:\n- cluster_id: 7\n  colour: red\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		args []string
		want []string
	}{
		{"port in use", []string{"--listen", strings.TrimPrefix(s.Endpoint, "http://")}, []string{"--listen", "in use"}},
		{"missing inventory", []string{"--inventory", file + "x"}, []string{"inventory", file + "x"}},
		{"invalid inventory", []string{"--inventory", file}, []string{file, "colour"}},
		{"data directory is a file", []string{"--data-dir", file}, []string{file}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, out, errs := s.Command(t, harness.Project, append(harness.ServeArgs("--data-dir", t.TempDir()), tt.args...)...)
			harness.WantOutput(t, code, out+errs, cli.ExitFailure, tt.want)
		})
	}
}

func TestInvalidQuotas(t *testing.T) {
	for flag, value := range map[string]string{
		"--quota-tenant": "0", "--quota-cluster": "-1", "--quota-pending": "0", "--pending-lifetime": "0s",
	} {
		log := &harness.Buffer{}
		if code := harness.Run(t.Context(), harness.ServeArgs("--data-dir", t.TempDir(), flag, value), log, log, harness.NoEnv); code != cli.ExitUsage || !strings.Contains(log.String(), flag) {
			t.Errorf("%s %s: exited with %d: %s", flag, value, code, log)
		}
	}
}
