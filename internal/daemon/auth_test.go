package daemon_test

import (
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/peering/peering/internal/cli"
	"github.com/peering/peering/internal/daemon"
	"github.com/peering/peering/internal/e2e/harness"
)

func TestInvalidAuthFlag(t *testing.T) {
	invalid := filepath.Join(t.TempDir(), "credentials.yaml")
	if err := os.WriteFile(invalid, []byte("tokens:\n- {token: "+harness.Requester.Token()+"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, auth string
		code       int
		want       string
	}{
		{"unknown method", "open", cli.ExitUsage, "file:PATH"},
		{"no path", "file:", cli.ExitUsage, "file:PATH"},
		{"missing file", "file:" + invalid + "x", cli.ExitFailure, invalid + "x"},
		{"invalid file", "file:" + invalid, cli.ExitFailure, "line 2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			log := &harness.Buffer{}
			code := harness.Run(t.Context(), harness.ServeArgs("--data-dir", t.TempDir(), "--auth", tt.auth), log, log, harness.NoEnv)
			harness.WantOutput(t, code, log.String(), tt.code, []string{tt.want})
		})
	}
}

func TestPublicAddressNeedsAuthentication(t *testing.T) {
	for _, tt := range []struct {
		auth, address string
		withTLS       bool
		allowed, warn bool
	}{
		{"none", "127.0.0.1", false, true, false},
		{"none", "::1", false, true, false},
		{"none", "10.0.0.1", false, false, false},
		{"none", "::", false, false, false},
		{"file:x", "127.0.0.1", false, true, false},
		{"file:x", "10.0.0.1", false, true, true},
		{"file:x", "10.0.0.1", true, true, false},
		{"none", "10.0.0.1", true, false, false},
	} {
		t.Run(fmt.Sprintf("%s at %s, TLS %t", tt.auth, tt.address, tt.withTLS), func(t *testing.T) {
			log := &harness.Buffer{}
			err := daemon.CheckListener(tt.auth, &net.TCPAddr{IP: net.ParseIP(tt.address), Port: 8080}, tt.address, tt.withTLS, slog.New(slog.NewTextHandler(log, nil)))
			if (err == nil) != tt.allowed || strings.Contains(log.String(), "level=WARN") != tt.warn {
				t.Errorf("got %v; log: %s", err, log)
			}
		})
	}
}
