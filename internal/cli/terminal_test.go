//go:build linux

package cli_test

import (
	"context"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/creack/pty"

	"github.com/peering/peering/internal/cli"
	"github.com/peering/peering/internal/e2e/harness"
)

// onTerminal runs a program with a terminal of 60 columns and returns what the
// terminal shows. It calls progress with what the terminal has shown so far.
func onTerminal(t *testing.T, progress func(shown string), run func(terminal *os.File)) string {
	t.Helper()
	screen, terminal, err := pty.Open()
	if err != nil {
		t.Skip("no pseudo-terminals:", err)
	}
	if err := pty.Setsize(terminal, &pty.Winsize{Rows: 24, Cols: 60}); err != nil {
		t.Fatal(err)
	}
	shown := make(chan string, 1)
	go func() {
		var text []byte
		chunk := make([]byte, 4096)
		for {
			n, err := screen.Read(chunk)
			text = append(text, chunk[:n]...)
			progress(string(text))
			if err != nil { // the other side is closed
				shown <- string(text)
				return
			}
		}
	}()
	run(terminal)
	if err := terminal.Close(); err != nil {
		t.Error(err)
	}
	text := <-shown
	if err := screen.Close(); err != nil {
		t.Error(err)
	}
	harness.CheckForSecrets("a terminal", []byte(text))
	return text
}

func TestStatusColorsNeedATerminal(t *testing.T) {
	s := harness.NewSandbox(t)
	code, out, errs := s.Command(t, s.Project, "create", "n", "--cluster", s.ClusterID, "--peer-vpc", s.PeerVPC)
	harness.WantOutput(t, code, out+errs, cli.ExitOK, nil)
	if strings.Contains(out, "\x1b") {
		t.Errorf("colours without a terminal: %q", out)
	}
	for _, tt := range []struct {
		name string
		env  map[string]string
		args []string
		want bool
	}{
		{"terminal", nil, nil, true},
		{"NO_COLOR", map[string]string{"NO_COLOR": "1"}, nil, false},
		{"empty NO_COLOR", map[string]string{"NO_COLOR": ""}, nil, true},
		{"dumb terminal", map[string]string{"TERM": "dumb"}, nil, false},
		{"JSON", nil, []string{"-o", "json"}, false},
		{"YAML", nil, []string{"-o", "yaml"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			env := map[string]string{"PEERING_ENDPOINT": s.Endpoint, "PEERING_PROJECT": s.Project}
			for name, value := range tt.env {
				env[name] = value
			}
			errs := &harness.Buffer{}
			shown := onTerminal(t, func(string) {}, func(terminal *os.File) {
				code = harness.Run(t.Context(), append([]string{"list"}, tt.args...), terminal, errs, func(name string) string { return env[name] })
			})
			harness.WantOutput(t, code, shown+errs.String(), cli.ExitOK, []string{"PENDING_ACCEPTANCE"})
			if got := strings.Contains(shown, "\x1b[33mPENDING_ACCEPTANCE\x1b[0m"); got != tt.want || !got && strings.Contains(shown, "\x1b") {
				t.Errorf("the terminal shows %q", shown)
			}
		})
	}
}

// TestWaitShowsASpinnerOnATerminal checks that the spinner stays on one line
// with the progress and disappears at the end.
func TestWaitShowsASpinnerOnATerminal(t *testing.T) {
	s := harness.NewSandbox(t)
	env := map[string]string{"PEERING_ENDPOINT": s.Endpoint, "PEERING_PROJECT": s.Project}
	c := s.As(t, s.Project)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var accept sync.Once
	out, code := &harness.Buffer{}, 0
	shown := onTerminal(t, func(shown string) {
		if len(spinnerFrames(shown)) < 4 {
			return
		}
		accept.Do(func() {
			found, err := c.ListPeerings(ctx, s.ClusterID)
			if err == nil {
				_, err = c.AcceptVPCPeering(ctx, found[0].ID)
			}
			if err != nil {
				t.Error(err)
				cancel()
			}
		})
	}, func(terminal *os.File) {
		args := []string{"create", "n", "--cluster", s.ClusterID, "--peer-vpc", s.PeerVPC, "--wait", "-o", "json"}
		code = harness.Run(ctx, args, out, terminal, func(name string) string { return env[name] })
	})
	harness.WantOutput(t, code, out.String(), cli.ExitOK, []string{`"ACTIVE"`})
	if len(spinnerFrames(shown)) != 4 {
		t.Errorf("the terminal shows %q", shown)
	}
	if strings.Contains(shown, "\n") || !strings.HasSuffix(shown, "\x1b[2K\r") {
		t.Errorf("the spinner left %q", shown)
	}
	for line := range strings.SplitSeq(shown, "\r") {
		if text := regexp.MustCompile(`\x1b\[[0-9]*[A-Za-z]`).ReplaceAllString(line, ""); len([]rune(text)) > 60 {
			t.Errorf("a line is wider than the terminal: %q", text)
		}
	}
}

var frame = regexp.MustCompile(`\r([|/\\-]) peering [0-9a-f-]+`)

// spinnerFrames returns the distinct frames of the spinner in an output.
func spinnerFrames(shown string) map[string]bool {
	seen := map[string]bool{}
	for _, found := range frame.FindAllStringSubmatch(shown, -1) {
		seen[found[1]] = true
	}
	return seen
}
