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
	"strconv"
	"strings"
	"time"

	"github.com/creack/pty"
)

const (
	// shellsPart is the name of the part in which shells complete command lines.
	shellsPart = "shells"
	// shellTimeout is how long a shell may take to start, and to complete a word.
	shellTimeout = 30 * time.Second
	// shellPrompt is what the shells show when they wait for a command.
	shellPrompt = "ready> "
)

// shell is an interactive shell that loads the completion of the command line.
type shell struct {
	name string
	// args start it with what setup made, in a folder of its own, of rc.
	args func(dir string) []string
	file string
	rc   string
}

var interactiveShells = []shell{
	{"bash", func(dir string) []string {
		return []string{"--noprofile", "--rcfile", filepath.Join(dir, "bashrc"), "-i"}
	}, "bashrc", `
source /usr/share/bash-completion/bash_completion
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

// shells presses the tab key in interactive shells: they have to complete an id that only the service knows. A shell that
// is neither installed nor to be had is passed over.
func (b *bench) shells(ctx context.Context) (err error) {
	if !b.chosen[shellsPart] {
		return nil
	}
	installShells(ctx)
	server, err := b.serve(ctx, shellsPart, nil, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	env := append(loopback(), "PEERING_ENDPOINT="+server.endpoint, "PEERING_PROJECT="+project,
		"PATH="+filepath.Dir(b.binary)+string(os.PathListSeparator)+os.Getenv("PATH"), "TERM=xterm")
	printed, err := capture(ctx, command{name: b.binary, env: env, args: []string{
		"create", "shells", "--cluster", "1000000", "--peer-vpc", sdkVPCs[0], "-o", "json",
	}})
	if err != nil {
		return err
	}
	var made struct{ ID string }
	if err := json.Unmarshal([]byte(printed), &made); err != nil {
		return fmt.Errorf("what create printed: %w", err)
	}
	for _, s := range interactiveShells {
		began := time.Now()
		if _, err := exec.LookPath(s.name); err != nil {
			printLine(shellsPart, s.name, 0, "0", time.Since(began), "passed over: it is not installed")
			continue
		}
		if err := b.complete(ctx, s, env, made.ID); err != nil {
			printLine(shellsPart, s.name, 1, "1", time.Since(began), "DIFFERS")
			return fmt.Errorf("%s: %w", s.name, err)
		}
		printLine(shellsPart, s.name, 1, strconv.Itoa(1), time.Since(began), "ok")
	}
	return nil
}

// installShells installs what is missing where it may: as root, with apt. Whether it could is seen when a shell is started.
func installShells(ctx context.Context) {
	missing := false
	for _, s := range interactiveShells {
		_, err := exec.LookPath(s.name)
		missing = missing || err != nil
	}
	if _, err := os.Stat("/usr/share/bash-completion/bash_completion"); err != nil {
		missing = true
	}
	if _, err := exec.LookPath("apt-get"); err != nil || !missing || os.Geteuid() != 0 {
		return
	}
	fmt.Fprintln(os.Stderr, "installing bash-completion, zsh and fish")
	for _, args := range [][]string{{"update", "-qq"}, {"install", "-qq", "-y", "--no-install-recommends", "bash-completion", "zsh", "fish"}} {
		if _, err := capture(ctx, command{name: "apt-get", args: args, env: []string{"DEBIAN_FRONTEND=noninteractive"}}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return
		}
	}
}

// complete starts a shell on a terminal, types the begin of a command and a tab, and waits for the id.
func (b *bench) complete(ctx context.Context, s shell, env []string, id string) (err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*shellTimeout)
	defer cancel()
	dir := filepath.Join(b.dir, "shell-"+s.name)
	if err := errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(filepath.Join(dir, s.file), []byte(s.rc), 0o600)); err != nil {
		return err
	}
	cmd := command{dir: dir, name: s.name, args: s.args(dir), env: append(env, "ZDOTDIR="+dir, "HOME="+dir)}.build(ctx)
	screen, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 120})
	if err != nil {
		return err
	}
	shown := &tail{}
	defer func() {
		_ = cmd.Process.Kill() // it would wait for more commands
		_ = cmd.Wait()
		_ = screen.Close()
		if err != nil {
			err = fmt.Errorf("%w; shown is\n%q", err, shown)
		}
	}()
	grown := make(chan struct{}, 1)
	go func() {
		defer close(grown)
		_, _ = io.Copy(io.MultiWriter(shown, notify(grown)), screen) // it ends with an error when the shell does
	}()
	if err := appears(ctx, grown, shown, shellPrompt); err != nil {
		return err
	}
	if _, err := io.WriteString(screen, "peering show \t"); err != nil {
		return err
	}
	return appears(ctx, grown, shown, id)
}

// notify is a writer that tells that something was written.
type notify chan<- struct{}

func (n notify) Write(p []byte) (int, error) {
	select {
	case n <- struct{}{}:
	default: // it is told already
	}
	return len(p), nil
}

// appears waits until a text is shown.
func appears(ctx context.Context, grown <-chan struct{}, shown *tail, text string) error {
	late := time.NewTimer(shellTimeout)
	defer late.Stop()
	for !strings.Contains(shown.String(), text) {
		select {
		case _, ok := <-grown:
			if !ok {
				return fmt.Errorf("the shell ended before %q appeared", text)
			}
		case <-late.C:
			return fmt.Errorf("%q did not appear within %s", text, shellTimeout)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}
