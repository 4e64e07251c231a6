package cli_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/peering/peering/internal/cli"
	"github.com/peering/peering/internal/cli/command"
	"github.com/peering/peering/internal/e2e/harness"
	"github.com/peering/peering/internal/iam"
)

// hashOfABC is the SHA-256 of "abc", from FIPS 180.
const hashOfABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

// runToken runs a token command with a standard input.
func runToken(t *testing.T, stdin io.Reader, args ...string) (stdout string, err error) {
	t.Helper()
	var out bytes.Buffer
	cmd := cli.TokenCommand(command.NewEnv(stdin, &out, io.Discard, harness.NoEnv))
	cmd.SetArgs(args)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	err = cmd.ExecuteContext(t.Context())
	return out.String(), err
}

func TestTokenHash(t *testing.T) {
	long := strings.Repeat("a", 16<<10)
	tests := []struct {
		name  string
		stdin string
		want  string
	}{
		{"line", "abc\n", hashOfABC},
		{"CRLF", "abc\r\n", hashOfABC},
		{"no line break", "abc", hashOfABC},
		{"maximum length", long + "\r\n", cli.TokenHash(long)},
		{"empty", "", ""},
		{"empty line", "\n", ""},
		{"too long", long + "a", ""},
		{"far too long", long + long, ""},
		{"two lines", "abc\ndef\n", ""},
		{"followed by an empty line", "abc\n\n", ""},
		{"space", "abc def\n", ""},
		{"trailing space", "abc \n", ""},
		{"not ASCII", "abcé\n", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := runToken(t, strings.NewReader(tt.stdin), "hash")
			if tt.want != "" {
				if err != nil || got != tt.want+"\n" {
					t.Errorf("printed %q, error %v; want %s", got, err, tt.want)
				}
				return
			}
			if cli.ExitCode(err) != cli.ExitUsage || got != "" || strings.Contains(err.Error(), "abc") {
				t.Errorf("printed %q, error %v", got, err)
			}
		})
	}
}

func TestTokenHashReportsReadErrors(t *testing.T) {
	got, err := runToken(t, iotest.ErrReader(errors.New("torn")), "hash")
	if cli.ExitCode(err) != cli.ExitFailure || got != "" || !strings.Contains(err.Error(), "torn") {
		t.Errorf("printed %q, error %v", got, err)
	}
}

func TestTokenHashRefusesArguments(t *testing.T) {
	if got, err := runToken(t, strings.NewReader("abc"), "hash", "abc"); err == nil || got != "" {
		t.Errorf("printed %q", got)
	}
}

// TestTokenNew checks that a credentials file accepts the printed hash.
func TestTokenNew(t *testing.T) {
	form := regexp.MustCompile(`^token: ([A-Za-z0-9_-]{43})\nsha256: ([0-9a-f]{64})\n$`)
	seen := map[string]bool{}
	for range 3 {
		out, err := runToken(t, nil, "new")
		found := form.FindStringSubmatch(out)
		if err != nil || found == nil || seen[found[1]] {
			t.Fatalf("printed %q, error %v", out, err)
		}
		seen[found[1]] = true
		if hash, err := runToken(t, strings.NewReader(found[1]), "hash"); err != nil || hash != found[2]+"\n" {
			t.Errorf("the hash of %s is %q, error %v", found[1], hash, err)
		}
		file := filepath.Join(t.TempDir(), "credentials.yaml")
		text := "tokens:\n- sha256: " + found[2] + "\n  project_id: " + harness.Project + "\n  user: alice\n  roles: [admin]\n"
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := iam.OpenFile(file, time.Now, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		r := &http.Request{Header: http.Header{"X-Auth-Token": {found[1]}}}
		if caller, err := f.Authenticate(r, ""); err != nil || caller.User != "alice" {
			t.Errorf("the caller is %+v, error %v", caller, err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}
