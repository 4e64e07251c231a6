package daemon_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/peering/peering/internal/cli"
	"github.com/peering/peering/internal/e2e/harness"
)

func TestWrongNetworkFlags(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		want string
	}{
		{"a negative rate", []string{"--rate", "-1"}, "--rate -1"},
		{"no burst", []string{"--rate-burst", "0"}, "--rate-burst 0"},
		{"negative reads", []string{"--max-reads", "-1"}, "--max-reads"},
		{"negative writes", []string{"--max-writes", "-1"}, "--max-writes"},
		{"no connections", []string{"--max-connections", "0"}, "--max-connections"},
		{"a proxy's address without a network", []string{"--trusted-proxies", "10.0.0.1"}, "10.0.0.1"},
		{"all origins", []string{"--cors-origins", "*"}, `--cors-origins "*"`},
		{"an origin with a path", []string{"--cors-origins", "https://a.example.com/"}, "--cors-origins"},
		{"an origin without scheme", []string{"--cors-origins", "a.example.com"}, "--cors-origins"},
		{"a certificate without key", []string{"--tls-cert", "c.pem"}, "--tls-key"},
		{"a client CA without TLS", []string{"--tls-client-ca", "ca.pem"}, "--tls-cert"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			log := &harness.Buffer{}
			if code := harness.Run(t.Context(), harness.ServeArgs(tt.args...), log, log, harness.NoEnv); code != cli.ExitUsage || !strings.Contains(log.String(), tt.want) {
				t.Errorf("exited with %d: %s", code, log)
			}
		})
	}
}

func TestServeRefusesBrokenTLSFiles(t *testing.T) {
	ca := harness.NewAuthority(t)
	cert, key := ca.Issue(t, 2)
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, cert, key, clientCA string
	}{
		{"no certificate", empty, key, ca.File},
		{"another key", ca.File, key, ca.File},
		{"a CA that is not there", cert, key, empty + "x"},
		{"no CA", cert, key, empty},
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
