// Package harness starts the program for tests, in this process or in a separate
// one. It checks every response against the contract and every output for
// secrets.
package harness

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/cli"
	"github.com/peering/peering/internal/cli/command"
	"github.com/peering/peering/internal/daemon"
)

// The cluster of the example inventory, the tenants of its peering, and ids
// that tests use in addition.
const (
	Project       = "4f30b9215e054c908d18f2b150131646"
	ClusterID     = "1000000"
	ClusterVPC    = "83081290-198e-48e2-8e2d-64c50023d136"
	ServiceTenant = "8185f87d043f4519a68420a282b5e2fa"
	PeerVPC       = "f4da5a55-fcd9-4a93-8b86-5b81585e14bb"
	OtherVPC      = "0b1f6a3e-6f0e-4b0a-9d55-2f7f2f0f8a11"
	// Stranger is a tenant that is not a party of the example's peering.
	Stranger = "9a7b63e1c2d84f0f8e5d6c7b8a901234"
	// UnknownID is an id that no peering, route or cluster has.
	UnknownID = "7e974044-bcc1-4f25-aff8-5f10cb347b0f"
	CSPath    = "/v1.0/" + Project + "/reserved_cluster/" + ClusterID + "/peering"
	VPCPath   = "/v2.0/vpc/peerings"
	// Inventory is the path of the example inventory from a folder two levels
	// below the repository's root.
	Inventory = "../../examples/inventory.yaml"
)

// Run runs the program in this process with empty standard input and returns
// its exit code.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer, getenv func(string) string) int {
	return cli.Run(ctx, command.NewEnv(strings.NewReader(""), stdout, stderr, getenv), args, daemon.Commands)
}

// NoEnv is an empty environment.
func NoEnv(string) string { return "" }

// ServeArgs returns the arguments of serve for tests: ports chosen by the
// system, the example inventory, and the given flags.
func ServeArgs(flags ...string) []string {
	args := []string{"serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--inventory", Inventory}
	return append(args, flags...)
}

// Server is a running server.
type Server struct {
	// Endpoint and Admin are the URLs of the API and of the admin listener.
	Endpoint, Admin string
	// Stop shuts the server down as SIGTERM does and returns its exit code.
	Stop func() int
	Log  *Buffer
}

// Start runs serve in this process until the end of the test, on an embedded
// etcd in a data directory.
func Start(t testing.TB, dataDir string) *Server {
	t.Helper()
	return StartWith(t, "--data-dir", dataDir)
}

// StartWith is Start with other flags.
func StartWith(t testing.TB, flags ...string) *Server {
	t.Helper()
	return StartEnv(t, NoEnv, flags...)
}

// StartEnv is StartWith in an environment.
func StartEnv(t testing.TB, getenv func(string) string, flags ...string) *Server {
	t.Helper()
	s, err := start(getenv, flags...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if code := s.Stop(); code != 0 {
			t.Errorf("serve exited with %d; its log:\n%s", code, s.Log)
		}
	})
	t.Cleanup(func() { secrets.checkAdmin(s.Admin) })
	return s
}

// start runs serve in this process until Stop is called.
func start(getenv func(string) string, flags ...string) (*Server, error) {
	ctx, cancel := context.WithCancel(context.Background())
	stdout, w := io.Pipe()
	log := &Buffer{}
	exited := make(chan int, 1)
	go func() {
		code := Run(ctx, ServeArgs(flags...), w, log, getenv)
		_ = w.Close()
		exited <- code
	}()
	stop := sync.OnceValue(func() int {
		cancel()
		return <-exited
	})
	endpoint, admin, err := readAnnouncement(stdout)
	if err != nil {
		return nil, fmt.Errorf("serve did not start and exited with %d: %w; its log:\n%s", stop(), err, log)
	}
	return &Server{Endpoint: endpoint, Admin: admin, Stop: stop, Log: log}, nil
}

// readAnnouncement reads the URLs that serve prints when it is ready, and
// drains the rest of its standard output in the background.
func readAnnouncement(stdout io.Reader) (endpoint, admin string, err error) {
	lines := bufio.NewScanner(io.TeeReader(stdout, &Buffer{}))
	for lines.Scan() {
		if after, ok := strings.CutPrefix(lines.Text(), "peering is ready at "); ok {
			endpoint = after
		}
		if after, ok := strings.CutPrefix(lines.Text(), "admin endpoints at "); ok {
			go func() { _, _ = io.Copy(&Buffer{}, stdout) }()
			return endpoint, after, nil
		}
	}
	return "", "", fmt.Errorf("standard output ended: %w", lines.Err())
}

// As returns a client of a project whose responses are checked against the
// contract.
func (s *Server) As(t testing.TB, projectID string) *client.Client {
	t.Helper()
	return s.With(t, client.WithProject(projectID))
}

// By returns a client with the token of an identity whose responses are
// checked.
func (s *Server) By(t testing.TB, who Identity) *client.Client {
	t.Helper()
	return s.With(t, client.WithProject(who.Project), client.WithToken(who.Token()))
}

// With returns a client with options whose responses are checked.
func (s *Server) With(t testing.TB, options ...client.Option) *client.Client {
	t.Helper()
	return NewClient(t, s.Endpoint, options...)
}

// NewClient returns a client of an endpoint whose responses are checked.
func NewClient(t testing.TB, endpoint string, options ...client.Option) *client.Client {
	t.Helper()
	c, err := client.New(endpoint, append(options, client.WithHTTPClient(CheckedHTTP(t)))...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Command runs a client command against the server as a project.
func (s *Server) Command(t testing.TB, projectID string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return s.CommandEnv(t, map[string]string{"PEERING_PROJECT": projectID}, args...)
}

// CommandEnv runs a client command against the server in an environment.
func (s *Server) CommandEnv(t testing.TB, env map[string]string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	getenv := func(name string) string {
		if name == "PEERING_ENDPOINT" {
			return s.Endpoint
		}
		return env[name]
	}
	out, errs := &Buffer{}, &Buffer{}
	// The end of ctx would stop a server that starts by mistake.
	ctx, cancel := context.WithTimeout(t.Context(), commandTimeout)
	defer cancel()
	code = Run(ctx, args, out, errs, getenv)
	return code, out.String(), errs.String()
}

// Main runs the tests of a package, or the program itself in a process that
// StartProcess started, and returns the exit code for TestMain. If the tests
// pass, the checks run.
func Main(m *testing.M, checks ...func() error) int {
	if os.Getenv(AsProgram) != "" {
		return runProgram()
	}
	code := m.Run()
	for _, check := range checks {
		if code != 0 {
			break
		}
		if err := check(); err != nil {
			fmt.Println(err)
			code = 1
		}
	}
	if err := errors.Join(shared.stop(), sharedWithIdentities.stop()); err != nil {
		fmt.Println(err)
		code = 1
	}
	if secrets.report() > 0 {
		code = 1
	}
	return code
}

// CreatePeering creates a peering of the example's cluster.
func (s *Server) CreatePeering(t testing.TB, vpc string) client.Peering {
	t.Helper()
	return s.createPeering(t, Project, ClusterID, vpc)
}

func (s *Server) createPeering(t testing.TB, projectID, clusterID, vpc string) client.Peering {
	t.Helper()
	p, err := s.As(t, projectID).CreatePeering(t.Context(), clusterID, client.PeeringCreate{Name: "n", VPCID: vpc})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (s *Server) accept(t testing.TB, projectID string, p client.Peering) {
	t.Helper()
	if _, err := s.As(t, projectID).AcceptVPCPeering(t.Context(), p.ID); err != nil {
		t.Fatal(err)
	}
}
