package main

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/peering/peering/client"
)

// asProgram makes the test binary behave as the program itself, for tests that have to kill a process.
const asProgram = "PEERING_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	if config := os.Getenv(asMember); config != "" {
		member(config)
	}
	code := m.Run()
	if code == 0 && flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.list").Value.String() == "" {
		table, missing := contract.coverage()
		fmt.Printf("%s\n%d documented statuses are exercised by no test\n", table, missing)
		if missing > 0 {
			code = 1
		}
	}
	if leaks.report() > 0 {
		code = 1
	}
	os.Exit(code)
}

// The seed's cluster and the two tenants of its peering.
const (
	project   = "4f30b9215e054c908d18f2b150131646"
	clusterID = "1000000"
	clusterVP = "83081290-198e-48e2-8e2d-64c50023d136"
	service   = "8185f87d043f4519a68420a282b5e2fa"
	peerVPC   = "f4da5a55-fcd9-4a93-8b86-5b81585e14bb"
	otherVPC  = "0b1f6a3e-6f0e-4b0a-9d55-2f7f2f0f8a11"
	stranger  = "9a7b63e1c2d84f0f8e5d6c7b8a901234"
	noID      = "7e974044-bcc1-4f25-aff8-5f10cb347b0f"
	csPath    = "/v1.0/" + project + "/reserved_cluster/" + clusterID + "/peering"
	vpcPath   = "/v2.0/vpc/peerings"
	inventory = "../../examples/inventory.yaml"
)

// serveArgs are the arguments of serve for tests: free ports, the example's inventory, and the flags of a store.
func serveArgs(store ...string) []string {
	return append([]string{"serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--inventory", inventory}, store...)
}

// running is a server that a test has started.
type running struct {
	endpoint, admin string
	// stop ends the server as SIGTERM does and answers its exit code.
	stop func() int
	log  *lockedBuffer
}

// start runs the program's serve in this process until the end of the test, on an embedded etcd.
func start(t testing.TB, dataDir string) *running {
	t.Helper()
	return startOn(t, "--data-dir", dataDir)
}

// startOn is start with the flags of another store.
func startOn(t testing.TB, store ...string) *running {
	t.Helper()
	return startIn(t, noEnv, store...)
}

// startIn is startOn in an environment.
func startIn(t testing.TB, getenv func(string) string, store ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	stdout, w := io.Pipe()
	log := &lockedBuffer{}
	exited := make(chan int, 1)
	go func() {
		code := run(ctx, serveArgs(store...), w, log, getenv)
		_ = w.Close()
		exited <- code
	}()
	stop := sync.OnceValue(func() int {
		cancel()
		return <-exited
	})
	t.Cleanup(func() {
		if code := stop(); code != exitOK {
			t.Errorf("serve exited with %d; its log:\n%s", code, log)
		}
	})
	endpoint, admin, err := readAnnouncement(stdout)
	if err != nil {
		t.Fatalf("serve did not start: %v; its log:\n%s", err, log)
	}
	t.Cleanup(func() { leaks.lookAtOperations(admin) })
	return &running{endpoint: endpoint, admin: admin, stop: stop, log: log}
}

// readAnnouncement reads where a server is from its standard output, and goes on to drain that.
func readAnnouncement(stdout io.Reader) (endpoint, admin string, err error) {
	lines := bufio.NewScanner(io.TeeReader(stdout, &lockedBuffer{}))
	for lines.Scan() {
		if after, ok := strings.CutPrefix(lines.Text(), "peering is ready at "); ok {
			endpoint = after
		}
		if after, ok := strings.CutPrefix(lines.Text(), "operations endpoints at "); ok {
			go func() { _, _ = io.Copy(&lockedBuffer{}, stdout) }()
			return endpoint, after, nil
		}
	}
	return "", "", fmt.Errorf("standard output ended: %w", lines.Err())
}

// process is the program in a process of its own.
type process struct {
	*exec.Cmd

	endpoint, admin string
	stderr          *lockedBuffer
}

// startProcess runs the program's serve in a process of its own, which ends with the test.
func startProcess(t testing.TB, store ...string) *process {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
	p := &process{Cmd: exec.CommandContext(ctx, os.Args[0], serveArgs(store...)...), stderr: &lockedBuffer{}}
	p.Env = append(os.Environ(), asProgram+"=1")
	p.Stderr = p.stderr
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
	if p.endpoint, p.admin, err = readAnnouncement(stdout); err != nil {
		t.Fatalf("serve did not start: %v; its log:\n%s", err, p.stderr)
	}
	return p
}

// as answers a client whose answers are checked against the contract.
func (r *running) as(t testing.TB, projectID string) *client.Client {
	t.Helper()
	return clientOf(t, r.endpoint, projectID)
}

func clientOf(t testing.TB, endpoint, projectID string) *client.Client {
	t.Helper()
	c, err := client.New(endpoint, client.WithProject(projectID), client.WithHTTPClient(checkedHTTP(t)))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func noEnv(string) string { return "" }

// lockedBuffer collects what several goroutines write, and looks for secrets in it.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	known := b.buf.Len()
	n, err := b.buf.Write(p)
	leaks.look("a log or an output", b.buf.Bytes(), known)
	return n, err
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
