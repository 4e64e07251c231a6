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
	// startTimeout is how long a service may take to say where it is.
	startTimeout = time.Minute
	// stopTimeout is how long a service may take to stop when it is asked to.
	stopTimeout = 30 * time.Second
	// tailSize is how much of a program's output an error shows.
	tailSize = 4096
)

// command is a program to run.
type command struct {
	dir  string
	name string
	args []string
	env  []string
}

// build answers the command, which the end of ctx interrupts.
func (c command) build(ctx context.Context) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c.name, c.args...) //nolint:gosec // the names and arguments are written in this program
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), "NO_COLOR=1")
	cmd.Env = append(cmd.Env, c.env...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = stopTimeout
	return cmd
}

// loopback is the environment of clients: where the machine has a proxy, it is not the way to the service.
func loopback() []string {
	return []string{"NO_PROXY=127.0.0.1,localhost", "no_proxy=127.0.0.1,localhost"}
}

// capture runs a program to its end and answers its standard output. An error shows the end of all that it printed.
func capture(ctx context.Context, c command) (string, error) {
	var stdout bytes.Buffer
	all := &tail{}
	cmd := c.build(ctx)
	cmd.Stdout = io.MultiWriter(&stdout, all)
	cmd.Stderr = all
	if err := cmd.Run(); err != nil {
		return stdout.String(), fmt.Errorf("%s: %w\n%s", c.name, err, all)
	}
	return stdout.String(), nil
}

// service is a program that serves until it is stopped.
type service struct {
	endpoint string
	cmd      *exec.Cmd
	kill     context.CancelFunc
	log      *tail
	drained  chan struct{}
}

// startService starts a program and waits for the line that ends in announcement and a URL.
func startService(ctx context.Context, announcement string, c command) (*service, error) {
	ctx, kill := context.WithCancel(ctx)
	s := &service{cmd: c.build(ctx), kill: kill, log: &tail{}, drained: make(chan struct{})}
	s.cmd.Stderr = s.log
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		kill()
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		kill()
		return nil, err
	}
	announced := make(chan string, 1)
	go func() {
		defer close(s.drained)
		lines := bufio.NewScanner(io.TeeReader(stdout, s.log))
		for lines.Scan() {
			if _, url, found := strings.Cut(lines.Text(), announcement); found {
				announced <- strings.TrimSpace(url)
				break
			}
		}
		_, _ = io.Copy(s.log, stdout)
	}()
	select {
	case s.endpoint = <-announced:
		return s, nil
	case <-s.drained:
		err = errors.New("ended at once")
	case <-time.After(startTimeout):
		err = fmt.Errorf("not ready after %s", startTimeout)
	case <-ctx.Done():
		err = ctx.Err()
	}
	kill()
	_ = s.cmd.Wait()
	return nil, fmt.Errorf("%s: %w\n%s", c.name, err, s.log)
}

// stop asks the program to end, waits until it has, and answers an error where it did not end well. A program that leaves
// the signal to end it ended well.
func (s *service) stop() error {
	defer s.kill()
	timer := time.AfterFunc(stopTimeout, s.kill)
	defer timer.Stop()
	_ = s.cmd.Process.Signal(os.Interrupt) // it may have ended already, which Wait tells
	<-s.drained
	err := s.cmd.Wait()
	if status, ok := s.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() && status.Signal() == syscall.SIGINT {
		return nil
	}
	if err != nil {
		return fmt.Errorf("stop %s: %w\n%s", s.cmd.Path, err, s.log)
	}
	return nil
}

// tail keeps the end of what is written to it, by any number of goroutines.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if over := len(t.buf) - tailSize; over > 0 {
		t.buf = append(t.buf[:0], t.buf[over:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.buf)
}
