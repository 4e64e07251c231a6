package iam_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/peering/peering/internal/iam"
	"github.com/peering/peering/internal/peering"
)

// textWithoutAlice returns credentialsText without a valid token of alice.
func textWithoutAlice(t *testing.T) string {
	t.Helper()
	text := strings.Replace(credentialsText(), hashOf(aliceToken), hashOf("unknown-token"), 1)
	if text == credentialsText() {
		t.Fatal("the file does not list alice")
	}
	return text
}

func wantAliceCode(t *testing.T, f *iam.File, want peering.Code) {
	t.Helper()
	_, err := f.Authenticate(tokenRequest(t, aliceToken), "")
	wantCode(t, err, want)
}

func TestChangedFileIsApplied(t *testing.T) {
	tests := []struct {
		name   string
		change func(t *testing.T, file, text string)
	}{
		{"replaced by a rename", func(t *testing.T, file, text string) { replaceFile(t, file, text) }},
		{"written in place", func(t *testing.T, file, text string) {
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}},
		{"replaced by one of the same size and time", func(t *testing.T, file, text string) {
			info, err := os.Stat(file)
			if err != nil {
				t.Fatal(err)
			}
			replaceFile(t, file, text)
			if err := os.Chtimes(file, info.ModTime(), info.ModTime()); err != nil {
				t.Fatal(err)
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, file, log := newFile(t, textWithoutAlice(t), newClock())
			wantAliceCode(t, f, peering.Unauthenticated)
			tt.change(t, file, credentialsText())
			f.Poll()
			wantAliceCode(t, f, peering.Unauthenticated) // could be half-written
			f.Poll()
			wantAliceCode(t, f, "")
			tt.change(t, file, textWithoutAlice(t))
			f.Poll()
			f.Poll()
			wantAliceCode(t, f, peering.Unauthenticated)
			if lines := log.lines(slog.LevelInfo); len(lines) != 3 {
				t.Errorf("log lines are %q, want 3", lines)
			}
		})
	}
}

// Kubernetes mounts a volume as a symbolic link to a directory and replaces the
// link.
func TestChangedFileBehindSymlinkIsApplied(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"old": textWithoutAlice(t), "new": credentialsText()} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
		replaceFile(t, filepath.Join(dir, name, "credentials.yaml"), text)
	}
	link := filepath.Join(dir, "data")
	point := func(to string) {
		if err := os.Symlink(to, link+".new"); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(link+".new", link); err != nil {
			t.Fatal(err)
		}
	}
	point("old")
	f, err := iam.NewFile(filepath.Join(link, "credentials.yaml"), newClock().now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	wantAliceCode(t, f, peering.Unauthenticated)
	point("new")
	f.Poll()
	f.Poll()
	wantAliceCode(t, f, "")
}

func TestFileIsNotAppliedWhileItKeepsChanging(t *testing.T) {
	f, file, _ := newFile(t, textWithoutAlice(t), newClock())
	for i := range 3 {
		replaceFile(t, file, credentialsText()+strings.Repeat("#\n", i))
		f.Poll()
		wantAliceCode(t, f, peering.Unauthenticated)
	}
	f.Poll()
	wantAliceCode(t, f, "")
}

func TestInvalidFileKeepsPreviousCredentials(t *testing.T) {
	tests := []struct {
		name   string
		damage func(t *testing.T, file string)
	}{
		{"malformed", func(t *testing.T, file string) { replaceFile(t, file, "tokens: [") }},
		{"empty", func(t *testing.T, file string) { replaceFile(t, file, "") }},
		{"missing", func(t *testing.T, file string) {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, file, log := newFile(t, credentialsText(), newClock())
			tt.damage(t, file)
			for range 5 {
				f.Poll()
			}
			wantAliceCode(t, f, "")
			if lines := log.lines(slog.LevelError); len(lines) != 1 || !strings.Contains(lines[0], file) {
				t.Errorf("error lines are %q, want one", lines)
			}
			replaceFile(t, file, textWithoutAlice(t))
			f.Poll()
			f.Poll()
			wantAliceCode(t, f, peering.Unauthenticated)
			tt.damage(t, file)
			f.Poll()
			f.Poll()
			if lines := log.lines(slog.LevelError); len(lines) != 2 {
				t.Errorf("error lines are %q, want two", lines)
			}
		})
	}
}

func TestFileIsPolledAtEachTick(t *testing.T) {
	f, file, _ := newFile(t, textWithoutAlice(t), newClock())
	replaceFile(t, file, credentialsText())
	ticks, done := make(chan time.Time), make(chan struct{})
	go func() {
		defer close(done)
		f.PollAt(ticks)
	}()
	for range 3 { // the third is received after the second poll has ended
		ticks <- time.Time{}
	}
	wantAliceCode(t, f, "")
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	<-done
}
