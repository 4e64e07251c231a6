package iam_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/peering/peering/internal/iam"
	"github.com/peering/peering/internal/peering"
)

const (
	aliceToken = "token-of-alice"
	carolToken = "token-of-carol"
	bobKey     = "AKBOB"
	bobSecret  = "secret-of-bob"
)

func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// listing is a file with the tokens of alice, who is admin, and carol, whose token expires at 05:00, and bob's access key.
func listing() string {
	return fmt.Sprintf(`# who may call
tokens:
  - sha256: %s
    project_id: %s
    user: alice
    roles: [admin]
  - sha256: %s
    project_id: %s
    user: carol
    roles: [reader]
    expires_at: 2026-11-24T06:00:00+01:00
access_keys:
  - access_key: %s
    secret_key: %s
    project_id: %s
    user: bob
    roles: [reader]
`, hashOf(aliceToken), project, strings.ToUpper(hashOf(carolToken)), project, bobKey, bobSecret, project)
}

// write replaces a file by a rename, as editors do.
func write(t testing.TB, file, text string) {
	t.Helper()
	if err := os.WriteFile(file+".new", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		t.Fatal(err)
	}
}

// fileOf answers a File that looks only when it is told to.
func fileOf(t testing.TB, text string, c *clock) (f *iam.File, file string, log *journal) {
	t.Helper()
	file, log = filepath.Join(t.TempDir(), "credentials.yaml"), &journal{}
	write(t, file, text)
	f, err := iam.NewFile(file, c.now, log.logger())
	if err != nil {
		t.Fatal(err)
	}
	return f, file, log
}

func TestFileKnowsTokens(t *testing.T) {
	c := newClock()
	f, _, log := fileOf(t, listing(), c)
	got, err := f.Authenticate(withToken(t, aliceToken), "")
	wantCaller(t, got, err, "alice", peering.Admin)
	got, err = f.Authenticate(withToken(t, carolToken), "")
	wantCaller(t, got, err, "carol", peering.Reader)
	_, err = f.Authenticate(withToken(t, "another"), "")
	wantCode(t, err, peering.Unauthenticated)

	c.pass(time.Hour - time.Nanosecond)
	_, err = f.Authenticate(withToken(t, carolToken), "")
	wantCode(t, err, "")
	c.pass(time.Nanosecond)
	_, err = f.Authenticate(withToken(t, carolToken), "")
	wantCode(t, err, peering.TokenExpired)
	_, err = f.Authenticate(withToken(t, aliceToken), "")
	wantCode(t, err, "")

	if lines := log.lines(slog.LevelInfo); len(lines) != 1 || !strings.Contains(lines[0], "tokens=2 access_keys=1") {
		t.Errorf("the log says %q", lines)
	}
}

func TestFileTakesAnyoneWhoIsListedAtItsProjectOnly(t *testing.T) {
	f, _, _ := fileOf(t, listing(), newClock())
	got, err := f.Authenticate(withToken(t, aliceToken), "8185f87d043f4519a68420a282b5e2fa")
	wantCaller(t, got, err, "alice", peering.Admin)
}

func TestFileMayListNobody(t *testing.T) {
	f, _, _ := fileOf(t, "tokens: []\n", newClock())
	_, err := f.Authenticate(withToken(t, aliceToken), "")
	wantCode(t, err, peering.Unauthenticated)
}

func TestFileMayBeReadByOthers(t *testing.T) {
	tokensOnly, _, _ := strings.Cut(listing(), "access_keys:")
	tests := []struct {
		name string
		text string
		mode os.FileMode
		want int
	}{
		{"by its owner only", listing(), 0o600, 0},
		{"by its group", listing(), 0o640, 1},
		{"by all", listing(), 0o604, 1},
		{"without access keys", tokensOnly, 0o644, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file, log := filepath.Join(t.TempDir(), "credentials.yaml"), &journal{}
			write(t, file, tt.text)
			if err := os.Chmod(file, tt.mode); err != nil {
				t.Fatal(err)
			}
			if _, err := iam.NewFile(file, newClock().now, log.logger()); err != nil {
				t.Fatal(err)
			}
			if lines := log.lines(slog.LevelWarn); len(lines) != tt.want {
				t.Errorf("the log warns %q", lines)
			}
		})
	}
}

func TestOpenFileFollowsIt(t *testing.T) {
	file := filepath.Join(t.TempDir(), "credentials.yaml")
	write(t, file, listing())
	f, err := iam.OpenFile(file, newClock().now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Authenticate(withToken(t, aliceToken), "")
	wantCode(t, err, "")
	for range 2 {
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := iam.OpenFile(file+".gone", newClock().now, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("a file that is not there: %v", err)
	}
}
