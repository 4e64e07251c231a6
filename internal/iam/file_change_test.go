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

// without answers the listing without alice.
func without(t *testing.T) string {
	t.Helper()
	text := strings.Replace(listing(), hashOf(aliceToken), hashOf("token-of-nobody"), 1)
	if text == listing() {
		t.Fatal("alice is not in the listing")
	}
	return text
}

func wantAlice(t *testing.T, f *iam.File, want peering.Code) {
	t.Helper()
	_, err := f.Authenticate(withToken(t, aliceToken), "")
	wantCode(t, err, want)
}

func TestFileIsReadAgain(t *testing.T) {
	tests := []struct {
		name   string
		change func(t *testing.T, file, text string)
	}{
		{"renamed", func(t *testing.T, file, text string) { write(t, file, text) }},
		{"written in place", func(t *testing.T, file, text string) {
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}},
		{"of the same size and time", func(t *testing.T, file, text string) {
			info, err := os.Stat(file)
			if err != nil {
				t.Fatal(err)
			}
			write(t, file, text)
			if err := os.Chtimes(file, info.ModTime(), info.ModTime()); err != nil {
				t.Fatal(err)
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, file, log := fileOf(t, without(t), newClock())
			wantAlice(t, f, peering.Unauthenticated)
			tt.change(t, file, listing())
			f.Look()
			wantAlice(t, f, peering.Unauthenticated) // it could be half-written
			f.Look()
			wantAlice(t, f, "")
			tt.change(t, file, without(t))
			f.Look()
			f.Look()
			wantAlice(t, f, peering.Unauthenticated)
			if lines := log.lines(slog.LevelInfo); len(lines) != 3 {
				t.Errorf("the log says %q", lines)
			}
		})
	}
}

// A volume of Kubernetes is a symbolic link to a folder, which is replaced as a whole.
func TestFileIsReadAgainBehindALink(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"old": without(t), "new": listing()} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name, "credentials.yaml"), text)
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
	wantAlice(t, f, peering.Unauthenticated)
	point("new")
	f.Look()
	f.Look()
	wantAlice(t, f, "")
}

func TestFileThatChangesAllTheTimeIsNotTaken(t *testing.T) {
	f, file, _ := fileOf(t, without(t), newClock())
	for i := range 3 {
		write(t, file, listing()+strings.Repeat("#\n", i))
		f.Look()
		wantAlice(t, f, peering.Unauthenticated)
	}
	f.Look()
	wantAlice(t, f, "")
}

func TestBrokenFileLeavesTheOldOneInForce(t *testing.T) {
	tests := []struct {
		name   string
		breaks func(t *testing.T, file string)
	}{
		{"broken", func(t *testing.T, file string) { write(t, file, "tokens: [") }},
		{"empty", func(t *testing.T, file string) { write(t, file, "") }},
		{"gone", func(t *testing.T, file string) {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, file, log := fileOf(t, listing(), newClock())
			tt.breaks(t, file)
			for range 5 {
				f.Look()
			}
			wantAlice(t, f, "")
			if lines := log.lines(slog.LevelError); len(lines) != 1 || !strings.Contains(lines[0], file) {
				t.Errorf("the log says %q, want one line", lines)
			}
			write(t, file, without(t))
			f.Look()
			f.Look()
			wantAlice(t, f, peering.Unauthenticated)
			tt.breaks(t, file)
			f.Look()
			f.Look()
			if lines := log.lines(slog.LevelError); len(lines) != 2 {
				t.Errorf("the log says %q, want two lines", lines)
			}
		})
	}
}

func TestFileIsLookedAtAtEachTick(t *testing.T) {
	f, file, _ := fileOf(t, without(t), newClock())
	write(t, file, listing())
	ticks, ended := make(chan time.Time), make(chan struct{})
	go func() {
		defer close(ended)
		f.Follow(ticks)
	}()
	for range 3 { // the third is taken when the second has been seen to
		ticks <- time.Time{}
	}
	wantAlice(t, f, "")
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	<-ended
}
