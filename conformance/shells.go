package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/creack/pty"
)

const (
	// shellsSuite is the name of the suite that tests shell completion.
	shellsSuite = "shells"
	// shellTimeout bounds the start of a shell and one completion.
	shellTimeout = 30 * time.Second
	// shellPrompt is the prompt of every shell.
	shellPrompt = "ready> "

	bashCompletion = "/usr/share/bash-completion/bash_completion"
)

// shell is an interactive shell that loads the completion script of the command
// line client.
type shell struct {
	name string
	// args returns the arguments, given the directory that holds file.
	args func(dir string) []string
	// file is the name of the startup file and rc its content.
	file string
	rc   string
}

var interactiveShells = []shell{
	{"bash", func(dir string) []string {
		return []string{"--noprofile", "--rcfile", filepath.Join(dir, "bashrc"), "-i"}
	}, "bashrc", `
source ` + bashCompletion + `
source <(peering completion bash)
PS1='` + shellPrompt + `'
`},
	{"zsh", func(string) []string { return []string{"-i"} }, ".zshrc", `
autoload -U compinit && compinit -u -D
source <(peering completion zsh)
PROMPT='` + shellPrompt + `'
`},
	{"fish", func(dir string) []string {
		return []string{"--no-config", "-i", "-C", "source " + filepath.Join(dir, "init.fish")}
	}, "init.fish", `
peering completion fish | source
function fish_prompt; echo -n '` + shellPrompt + `'; end
function fish_greeting; end
`},
}

// runShells presses the tab key in interactive shells, which must complete an
// id that only the service knows. It skips shells that are not installed and
// cannot be installed.
func (r *runner) runShells(ctx context.Context) (err error) {
	if !r.selected[shellsSuite] {
		return nil
	}
	installShells(ctx)
	server, err := r.startService(ctx, shellsSuite, nil, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	env := append(loopbackEnv(), "PEERING_ENDPOINT="+server.endpoint, "PEERING_PROJECT="+project,
		"PATH="+filepath.Dir(r.binary)+string(os.PathListSeparator)+os.Getenv("PATH"), "TERM=xterm")
	printed, err := output(ctx, command{name: r.binary, env: env, args: []string{
		"create", "shells", "--cluster", "1000000", "--peer-vpc", sdkVPCs[0], "-o", "json",
	}})
	if err != nil {
		return err
	}
	var created struct{ ID string }
	if err := json.Unmarshal([]byte(printed), &created); err != nil {
		return fmt.Errorf("decode the output of create: %w", err)
	}
	for _, s := range interactiveShells {
		start := time.Now()
		if _, err := exec.LookPath(s.name); err != nil {
			printLine(shellsSuite, s.name, 0, "0", time.Since(start), "skipped: not installed")
			continue
		}
		if err := r.checkCompletion(ctx, s, env, created.ID); err != nil {
			printLine(shellsSuite, s.name, 1, "1", time.Since(start), "FAILED")
			return fmt.Errorf("%s: %w", s.name, err)
		}
		printLine(shellsSuite, s.name, 1, "1", time.Since(start), "ok")
	}
	return nil
}

// installShells installs missing shells with apt-get if it runs as root. It
// only logs a failed installation: missing shells are skipped later.
func installShells(ctx context.Context) {
	missing := false
	for _, s := range interactiveShells {
		_, err := exec.LookPath(s.name)
		missing = missing || err != nil
	}
	if _, err := os.Stat(bashCompletion); err != nil {
		missing = true
	}
	if _, err := exec.LookPath("apt-get"); err != nil || !missing || os.Geteuid() != 0 {
		return
	}
	fmt.Fprintln(os.Stderr, "installing bash-completion, zsh and fish")
	env := []string{"DEBIAN_FRONTEND=noninteractive"}
	for _, args := range [][]string{
		{"update", "-qq"},
		{"install", "-qq", "-y", "--no-install-recommends", "bash-completion", "zsh", "fish"},
	} {
		if _, err := output(ctx, command{name: "apt-get", args: args, env: env}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return
		}
	}
}

// checkCompletion starts a shell on a pseudo-terminal, types the start of a
// command and a tab, and waits until the shell shows the id.
func (r *runner) checkCompletion(ctx context.Context, s shell, env []string, id string) (err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*shellTimeout)
	defer cancel()
	dir := filepath.Join(r.dir, "shell-"+s.name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, s.file), []byte(s.rc), 0o600); err != nil {
		return err
	}
	cmd := command{dir: dir, name: s.name, args: s.args(dir), env: append(env, "ZDOTDIR="+dir, "HOME="+dir)}.build(ctx)
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 120})
	if err != nil {
		return err
	}
	screen := &tailBuffer{}
	defer func() {
		_ = cmd.Process.Kill() // the shell waits for more commands
		_ = cmd.Wait()
		_ = terminal.Close()
		if err != nil {
			err = fmt.Errorf("%w; the terminal shows\n%q", err, screen)
		}
	}()
	updated := make(chan struct{}, 1)
	go func() {
		defer close(updated)
		_, _ = io.Copy(io.MultiWriter(screen, notifyWriter(updated)), terminal) // fails when the shell exits
	}()
	if err := waitForText(ctx, updated, screen, shellPrompt); err != nil {
		return err
	}
	if _, err := terminal.WriteString("peering show \t"); err != nil {
		return err
	}
	return waitForText(ctx, updated, screen, id)
}

// notifyWriter signals every write on a channel and never blocks.
type notifyWriter chan<- struct{}

func (n notifyWriter) Write(p []byte) (int, error) {
	select {
	case n <- struct{}{}:
	default: // a signal is already pending
	}
	return len(p), nil
}

// waitForText waits until the terminal shows a text.
func waitForText(ctx context.Context, updated <-chan struct{}, screen *tailBuffer, text string) error {
	timeout := time.NewTimer(shellTimeout)
	defer timeout.Stop()
	for !strings.Contains(screen.String(), text) {
		select {
		case _, ok := <-updated:
			if !ok {
				return fmt.Errorf("the shell exited before %q appeared", text)
			}
		case <-timeout.C:
			return fmt.Errorf("%q did not appear within %s", text, shellTimeout)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}
