package daemon_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/peering/peering/internal/cli"
	"github.com/peering/peering/internal/e2e/harness"
)

func TestInvalidNetworkFlags(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		want string
	}{
		{"negative rate", []string{"--rate", "-1"}, "--rate must not be negative, got -1"},
		{"zero burst", []string{"--rate-burst", "0"}, "--rate-burst must be at least 1, got 0"},
		{"negative reads", []string{"--max-reads", "-1"}, "--max-reads must be at least 0, got -1"},
		{"negative writes", []string{"--max-writes", "-1"}, "--max-writes"},
		{"zero connections", []string{"--max-connections", "0"}, "--max-connections"},
		{"proxy address without prefix length", []string{"--trusted-proxies", "10.0.0.1"}, "10.0.0.1"},
		{"wildcard origin", []string{"--cors-origins", "*"}, `got "*"`},
		{"origin with a path", []string{"--cors-origins", "https://a.example.com/"}, "--cors-origins"},
		{"origin without scheme", []string{"--cors-origins", "a.example.com"}, "--cors-origins"},
		{"certificate without key", []string{"--tls-cert", "c.pem"}, "--tls-key"},
		{"client CA without certificate", []string{"--tls-client-ca", "ca.pem"}, "--tls-cert"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			log := &harness.Buffer{}
			if code := harness.Run(t.Context(), harness.ServeArgs(tt.args...), log, log, harness.NoEnv); code != cli.ExitUsage || !strings.Contains(log.String(), tt.want) {
				t.Errorf("exited with %d: %s", code, log)
			}
		})
	}
}

func TestInvalidTLSFiles(t *testing.T) {
	ca := harness.NewAuthority(t)
	cert, key := ca.Issue(t, 2)
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, cert, key, clientCA string
	}{
		{"empty certificate file", empty, key, ca.File},
		{"key of another certificate", ca.File, key, ca.File},
		{"missing CA file", cert, key, empty + "x"},
		{"empty CA file", cert, key, empty},
	} {
		t.Run(tt.name, func(t *testing.T) {
			log := &harness.Buffer{}
			args := harness.ServeArgs("--data-dir", t.TempDir(), "--tls-cert", tt.cert, "--tls-key", tt.key, "--tls-client-ca", tt.clientCA)
			if code := harness.Run(t.Context(), args, log, log, harness.NoEnv); code != cli.ExitFailure || !strings.Contains(log.String(), "--tls-") {
				t.Errorf("exited with %d: %s", code, log)
			}
		})
	}
}
