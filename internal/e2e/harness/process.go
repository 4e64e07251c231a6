package harness

import (
	"context"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/peering/peering/internal/cli"
	"github.com/peering/peering/internal/cli/command"
	"github.com/peering/peering/internal/daemon"
)

// AsProgram is the environment variable that makes a test binary run the
// program instead of its tests: see Main.
const AsProgram = "PEERING_TEST_AS_PROGRAM"

// commandTimeout bounds a client command in a test.
const commandTimeout = 30 * time.Second

// Process is a server in a separate process, for tests that kill it.
type Process struct {
	*exec.Cmd

	Endpoint, Admin string
	// Log is what the process writes to standard error.
	Log *Buffer
}

// StartProcess runs serve in a separate process, which ends with the test.
// The package's TestMain has to call Main.
func StartProcess(t testing.TB, flags ...string) *Process {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
	p := &Process{Cmd: exec.CommandContext(ctx, os.Args[0], ServeArgs(flags...)...), Log: &Buffer{}}
	p.Env = append(os.Environ(), AsProgram+"=1", NoExitDelay())
	p.Stderr = p.Log
	stdout, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = p.Wait()
	})
	if p.Endpoint, p.Admin, err = readAnnouncement(stdout); err != nil {
		t.Fatalf("serve did not start: %v; its log:\n%s", err, p.Log)
	}
	return p
}

// NoExitDelay returns an environment variable, in the form NAME=VALUE, with
// which a process with the race detector exits without a delay of a second.
func NoExitDelay() string { return "GORACE=atexit_sleep_ms=0" }

// runProgram is the program's main function.
func runProgram() int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return cli.Run(ctx, command.NewEnv(os.Stdin, os.Stdout, os.Stderr, os.Getenv), os.Args[1:], daemon.Commands)
}
