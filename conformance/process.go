package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// startTimeout bounds the time until a daemon prints its URL.
	startTimeout = time.Minute
	// stopTimeout bounds the time between the interrupt and the exit of a
	// daemon.
	stopTimeout = 30 * time.Second
	// tailSize is the number of bytes of a program's output that an error
	// shows.
	tailSize = 4096
)

// command is a program to run.
type command struct {
	dir  string
	name string
	args []string
	env  []string
}

// build returns the command. Cancelling ctx interrupts the process.
func (c command) build(ctx context.Context) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c.name, c.args...) //nolint:gosec // names and arguments are set by this program
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), "NO_COLOR=1")
	cmd.Env = append(cmd.Env, c.env...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = stopTimeout
	return cmd
}

// loopbackEnv returns the environment variables that make clients bypass the
// machine's HTTP proxy for loopback addresses.
func loopbackEnv() []string {
	return []string{"NO_PROXY=127.0.0.1,localhost", "no_proxy=127.0.0.1,localhost"}
}

// output runs a program and returns its standard output. An error contains the
// end of the program's whole output.
func output(ctx context.Context, c command) (string, error) {
	var stdout bytes.Buffer
	all := &tailBuffer{}
	cmd := c.build(ctx)
	cmd.Stdout = io.MultiWriter(&stdout, all)
	cmd.Stderr = all
	if err := cmd.Run(); err != nil {
		return stdout.String(), fmt.Errorf("%s: %w\n%s", c.name, err, all)
	}
	return stdout.String(), nil
}

// daemon is a program that serves until it is stopped.
type daemon struct {
	endpoint string
	cmd      *exec.Cmd
	kill     context.CancelFunc
	log      *tailBuffer
	drained  chan struct{}
}

// startDaemon starts a program and waits for the line that ends in readyText
// and a URL.
func startDaemon(ctx context.Context, readyText string, c command) (*daemon, error) {
	ctx, kill := context.WithCancel(ctx)
	d := &daemon{cmd: c.build(ctx), kill: kill, log: &tailBuffer{}, drained: make(chan struct{})}
	d.cmd.Stderr = d.log
	stdout, err := d.cmd.StdoutPipe()
	if err != nil {
		kill()
		return nil, err
	}
	if err := d.cmd.Start(); err != nil {
		kill()
		return nil, err
	}
	ready := make(chan string, 1)
	go func() {
		defer close(d.drained)
		lines := bufio.NewScanner(io.TeeReader(stdout, d.log))
		for lines.Scan() {
			if _, url, found := strings.Cut(lines.Text(), readyText); found {
				ready <- strings.TrimSpace(url)
				break
			}
		}
		_, _ = io.Copy(d.log, stdout)
	}()
	select {
	case d.endpoint = <-ready:
		return d, nil
	case <-d.drained:
		err = errors.New("exited before it was ready")
	case <-time.After(startTimeout):
		err = fmt.Errorf("not ready after %s", startTimeout)
	case <-ctx.Done():
		err = ctx.Err()
	}
	kill()
	_ = d.cmd.Wait()
	return nil, fmt.Errorf("%s: %w\n%s", c.name, err, d.log)
}

// stop interrupts the program, waits until it has exited, and returns an error
// if it failed. A program that the interrupt itself terminated did not fail.
func (d *daemon) stop() error {
	defer d.kill()
	timer := time.AfterFunc(stopTimeout, d.kill)
	defer timer.Stop()
	_ = d.cmd.Process.Signal(os.Interrupt) // if it has already exited, Wait reports how
	<-d.drained
	err := d.cmd.Wait()
	status, ok := d.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if ok && status.Signaled() && status.Signal() == syscall.SIGINT {
		return nil
	}
	if err != nil {
		return fmt.Errorf("stop %s: %w\n%s", d.cmd.Path, err, d.log)
	}
	return nil
}

// tailBuffer keeps the last tailSize bytes written to it. It is safe for
// concurrent use.
type tailBuffer struct {
	mu  sync.Mutex
	buf []byte
}

func (b *tailBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.buf = append(b.buf, p...)
	if over := len(b.buf) - tailSize; over > 0 {
		b.buf = append(b.buf[:0], b.buf[over:]...)
	}
	return len(p), nil
}

func (b *tailBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.buf)
}
