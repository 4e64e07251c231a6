package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"time"
)

const (
	runCommand = "make run"
	// startTimeout bounds "make run" until the server is ready. It builds the
	// server first.
	startTimeout = 5 * time.Minute
	stopTimeout  = 30 * time.Second
)

// runner runs the blocks in a copy of the repository.
type runner struct {
	dir    string
	server *exec.Cmd
	ended  chan error
	// log is the server's standard error. It is complete when the server has
	// ended.
	log bytes.Buffer
	// curl is the command that the server printed, id the id of the peering
	// that it created.
	curl, id string
	// programs counts the Go blocks, program is the output of the last one if
	// the previous block was one that ran.
	programs int
	program  *string
}

func (r *runner) run(ctx context.Context, b block) error {
	program := r.program
	r.program = nil
	switch b.language {
	case "sh":
		for _, line := range b.lines {
			if _, err := r.command(ctx, line); err != nil {
				return err
			}
		}
	case "console":
		return r.console(ctx, b)
	case "go":
		return r.goBlock(ctx, b)
	case "text":
		if program != nil {
			return compare(b.lines, *program)
		}
	}
	return nil
}

// console runs the commands of a block and compares their outputs.
func (r *runner) console(ctx context.Context, b block) error {
	for len(b.lines) > 0 {
		command, ok := strings.CutPrefix(b.lines[0], "$ ")
		if !ok {
			return fmt.Errorf("%q is not a command", b.lines[0])
		}
		end := 1
		for end < len(b.lines) && !strings.HasPrefix(b.lines[end], "$ ") {
			end++
		}
		printed, err := r.command(ctx, command)
		if err != nil {
			return err
		}
		if err := compare(b.lines[1:end], printed); err != nil {
			return fmt.Errorf("%s: %w", command, err)
		}
		b.lines = b.lines[end:]
	}
	return nil
}

var (
	placeholder = regexp.MustCompile(`\bID\b`)
	createdID   = regexp.MustCompile(`^\{"peering":\{.*?"id":"([^"]+)"`)
)

// command runs one command and returns its standard output.
func (r *runner) command(ctx context.Context, line string) (string, error) {
	fmt.Println("$", line)
	if line == runCommand {
		return "", r.startServer(ctx)
	}
	if strings.HasPrefix(line, "curl -i ") && line != r.curl {
		return "", fmt.Errorf("the server prints another command to paste:\n%s\nnot\n%s", r.curl, line)
	}
	printed, err := output(ctx, r.dir, "bash", "-ec", placeholder.ReplaceAllString(line, r.id))
	for body := range strings.SplitSeq(printed, "\n") {
		if found := createdID.FindStringSubmatch(body); found != nil {
			r.id = found[1]
		}
	}
	return printed, err
}

// startServer runs "make run" in the background until the server has printed its
// example command.
func (r *runner) startServer(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, "bash", "-c", runCommand)
	cmd.Dir, cmd.Env, cmd.Stderr = r.dir, environment(), &r.log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = stopTimeout
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	r.server, r.ended = cmd, make(chan error, 1)
	printed := make(chan string, 1)
	go func() {
		scanner := bufio.NewScanner(stdout)
		for scanner.Scan() {
			if strings.HasPrefix(scanner.Text(), "curl ") {
				printed <- scanner.Text()
			}
		}
		_, _ = io.Copy(io.Discard, stdout)
		r.ended <- cmd.Wait()
	}()
	select {
	case r.curl = <-printed:
		return nil
	case err := <-r.ended:
		r.server = nil
		return fmt.Errorf("%s ended before it was ready: %w", runCommand, err)
	case <-time.After(startTimeout):
		return fmt.Errorf("%s is not ready after %s", runCommand, startTimeout)
	}
}

// stopServer stops the server, which must exit without an error.
func (r *runner) stopServer() error {
	if r.server == nil {
		return nil
	}
	if err := syscall.Kill(-r.server.Process.Pid, syscall.SIGTERM); err != nil {
		return fmt.Errorf("stop the server: %w", err)
	}
	select {
	case err := <-r.ended:
		// make itself may report the signal.
		if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
			return fmt.Errorf("stop the server: %w", err)
		} else if ok && exit.ExitCode() > 0 && exit.ExitCode() != 2 && exit.ExitCode() != 128+int(syscall.SIGTERM) {
			return fmt.Errorf("stop the server: %w", err)
		}
		return nil
	case <-time.After(stopTimeout):
		_ = syscall.Kill(-r.server.Process.Pid, syscall.SIGKILL)
		return fmt.Errorf("the server did not stop within %s", stopTimeout)
	}
}

// output runs a program and returns its standard output. An error contains all
// that it printed.
func output(ctx context.Context, dir, name string, args ...string) (string, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // the commands of README.md
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, environment(), &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return stdout.String(), fmt.Errorf("%s %s: %w\n%s%s", name, strings.Join(args, " "), err, &stdout, &stderr)
	}
	return stdout.String(), nil
}

// environment is that of a new user of the service: no PEERING_ variables, and no
// HTTP proxy for loopback addresses.
func environment() []string {
	env := []string{}
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "PEERING_") {
			env = append(env, variable)
		}
	}
	return append(env, "NO_PROXY=127.0.0.1,localhost", "no_proxy=127.0.0.1,localhost", "NO_COLOR=1")
}

// checkFree returns an error if one of the addresses is in use.
func checkFree(addresses ...string) error {
	for _, address := range addresses {
		listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", address)
		if err != nil {
			return fmt.Errorf("README.md's server needs the address %s: %w", address, err)
		}
		if err := listener.Close(); err != nil {
			return err
		}
	}
	return nil
}
