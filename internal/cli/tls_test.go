package cli_test

import (
	"path/filepath"
	"testing"

	"github.com/peering/peering/internal/cli"
	"github.com/peering/peering/internal/e2e/harness"
)

func TestCommandTLS(t *testing.T) {
	ca, clients := harness.NewAuthority(t), harness.NewAuthority(t)
	serverCert, serverKey := ca.Issue(t, 2)
	s := harness.StartWith(t, "--data-dir", t.TempDir(), "--tls-cert", serverCert, "--tls-key", serverKey, "--tls-client-ca", clients.File)
	cert, key := clients.Issue(t, 3)
	other := filepath.Join(t.TempDir(), "other.pem")
	for _, tt := range []struct {
		name string
		args []string
		env  map[string]string
		code int
		want string
	}{
		{"flags", []string{"--cacert", ca.File, "--cert", cert, "--key", key}, nil, cli.ExitOK, ""},
		{"environment", nil, map[string]string{"PEERING_CACERT": ca.File, "PEERING_CERT": cert, "PEERING_KEY": key}, cli.ExitOK, ""},
		{"flags over environment", []string{"--cacert", ca.File}, map[string]string{"PEERING_CACERT": other, "PEERING_CERT": cert, "PEERING_KEY": key}, cli.ExitOK, ""},
		{"unknown CA", []string{"--cacert", clients.File, "--cert", cert, "--key", key}, nil, cli.ExitUnavailable, "certificate"},
		{"no client certificate", []string{"--cacert", ca.File}, nil, cli.ExitUnavailable, "certificate"},
		{"missing CA file", []string{"--cacert", other}, nil, cli.ExitUsage, other},
		{"CA file without a certificate", []string{"--cacert", key}, nil, cli.ExitUsage, key},
		{"certificate without key", []string{"--cert", cert}, nil, cli.ExitUsage, "--key"},
		{"key of another certificate", []string{"--cert", ca.File, "--key", key}, nil, cli.ExitUsage, "--cert"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := &harness.Buffer{}
			args := append([]string{"list", "--endpoint", s.Endpoint, "--project", harness.Project}, tt.args...)
			code := harness.Run(t.Context(), args, out, out, func(name string) string { return tt.env[name] })
			harness.WantOutput(t, code, out.String(), tt.code, []string{tt.want})
		})
	}
}
