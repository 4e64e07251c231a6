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

// credentialsText returns a file with the tokens of alice, an admin, and of
// carol, a reader whose token expires at 05:00 UTC, and the access key of bob.
func credentialsText() string {
	return fmt.Sprintf(`# test credentials
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

// replaceFile writes a file by a rename, as editors do.
func replaceFile(t testing.TB, file, text string) {
	t.Helper()
	if err := os.WriteFile(file+".new", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		t.Fatal(err)
	}
}

// newFile returns a File with the given content that isn't polled.
func newFile(t testing.TB, text string, c *fakeClock) (f *iam.File, file string, log *logBuffer) {
	t.Helper()
	file, log = filepath.Join(t.TempDir(), "credentials.yaml"), &logBuffer{}
	replaceFile(t, file, text)
	f, err := iam.NewFile(file, c.now, log.logger())
	if err != nil {
		t.Fatal(err)
	}
	return f, file, log
}

func TestFileAuthenticatesTokens(t *testing.T) {
	c := newClock()
	f, _, log := newFile(t, credentialsText(), c)
	got, err := f.Authenticate(tokenRequest(t, aliceToken), "")
	wantCaller(t, got, err, "alice", peering.Admin)
	got, err = f.Authenticate(tokenRequest(t, carolToken), "")
	wantCaller(t, got, err, "carol", peering.Reader)
	_, err = f.Authenticate(tokenRequest(t, "unknown-token"), "")
	wantCode(t, err, peering.Unauthenticated)

	c.advance(time.Hour - time.Nanosecond)
	_, err = f.Authenticate(tokenRequest(t, carolToken), "")
	wantCode(t, err, "")
	c.advance(time.Nanosecond)
	_, err = f.Authenticate(tokenRequest(t, carolToken), "")
	wantCode(t, err, peering.TokenExpired)
	_, err = f.Authenticate(tokenRequest(t, aliceToken), "")
	wantCode(t, err, "")

	if lines := log.lines(slog.LevelInfo); len(lines) != 1 || !strings.Contains(lines[0], "tokens=2 access_keys=1") {
		t.Errorf("log lines are %q, want the counts", lines)
	}
}

func TestFileIgnoresTheNamedProject(t *testing.T) {
	f, _, _ := newFile(t, credentialsText(), newClock())
	got, err := f.Authenticate(tokenRequest(t, aliceToken), "8185f87d043f4519a68420a282b5e2fa")
	wantCaller(t, got, err, "alice", peering.Admin)
}

func TestFileWithoutCredentialsRejectsAll(t *testing.T) {
	f, _, _ := newFile(t, "tokens: []\n", newClock())
	_, err := f.Authenticate(tokenRequest(t, aliceToken), "")
	wantCode(t, err, peering.Unauthenticated)
}

func TestFileModeWarning(t *testing.T) {
	tokensOnly, _, _ := strings.Cut(credentialsText(), "access_keys:")
	tests := []struct {
		name string
		text string
		mode os.FileMode
		want int
	}{
		{"not for the owner alone", credentialsText(), 0o600, 0},
		{"if the group may read it", credentialsText(), 0o640, 1},
		{"if all may read it", credentialsText(), 0o604, 1},
		{"not without access keys", tokensOnly, 0o644, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file, log := filepath.Join(t.TempDir(), "credentials.yaml"), &logBuffer{}
			replaceFile(t, file, tt.text)
			if err := os.Chmod(file, tt.mode); err != nil {
				t.Fatal(err)
			}
			if _, err := iam.NewFile(file, newClock().now, log.logger()); err != nil {
				t.Fatal(err)
			}
			if lines := log.lines(slog.LevelWarn); len(lines) != tt.want {
				t.Errorf("warnings are %q, want %d", lines, tt.want)
			}
		})
	}
}

func TestOpenFileAndClose(t *testing.T) {
	file := filepath.Join(t.TempDir(), "credentials.yaml")
	replaceFile(t, file, credentialsText())
	f, err := iam.OpenFile(file, newClock().now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Authenticate(tokenRequest(t, aliceToken), "")
	wantCode(t, err, "")
	for range 2 {
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := iam.OpenFile(file+".missing", newClock().now, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("error for a missing file is %v", err)
	}
}
