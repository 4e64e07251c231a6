package harness

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/peering/peering/client"
)

// sharedServer is a server that the first test to use it starts and Main stops.
type sharedServer struct {
	start func() (*Server, error)
	// dir is the server's directory. It is empty until the server starts.
	dir string
}

var (
	shared               = newSharedServer(nil)
	sharedWithIdentities = newSharedServer(Identities)
)

// newSharedServer returns a server that authenticates the identities, or accepts
// all requests if there are none. Tests cannot reach its quotas.
func newSharedServer(identities []Identity) *sharedServer {
	s := &sharedServer{}
	s.start = sync.OnceValues(func() (*Server, error) {
		dir, err := os.MkdirTemp("", "peering-test-")
		if err != nil {
			return nil, err
		}
		s.dir = dir
		flags := []string{
			"--data-dir", filepath.Join(dir, "data"), "--rate-burst", "100000",
			"--quota-tenant", "100000", "--quota-cluster", "100000", "--quota-pending", "100000",
		}
		if len(identities) > 0 {
			path := filepath.Join(dir, "credentials.yaml")
			if err := writeCredentials(path, identities); err != nil {
				return nil, err
			}
			flags = append(flags, "--auth", "file:"+path)
		}
		return start(NoEnv, flags...)
	})
	return s
}

// stop stops the server if a test has started it. It returns an error if the
// exit code is not 0.
func (s *sharedServer) stop() error {
	if s.dir == "" {
		return nil
	}
	defer os.RemoveAll(s.dir) //nolint:errcheck // a leftover in the temporary directory is harmless
	server, err := s.start()
	if err != nil {
		return nil // the tests that need it have failed
	}
	secrets.checkAdmin(server.Admin)
	if code := server.Stop(); code != 0 {
		return fmt.Errorf("the shared server exited with %d; its log:\n%s", code, server.Log)
	}
	return nil
}

// Shared returns the server without authentication that the tests of a binary
// share. Tests must not stop it, and use only ids of their own: see NewSandbox.
func Shared(t testing.TB) *Server {
	t.Helper()
	return shared.get(t)
}

// SharedWithIdentities returns the server that authenticates Identities and
// that the tests of a binary share.
func SharedWithIdentities(t testing.TB) *Server {
	t.Helper()
	return sharedWithIdentities.get(t)
}

func (s *sharedServer) get(t testing.TB) *Server {
	t.Helper()
	server, err := s.start()
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// Sandbox is a new project with a cluster on the shared server, and other ids
// that no other test uses.
type Sandbox struct {
	*Server

	// Project owns the cluster, Stranger is another tenant.
	Project, Stranger string
	ClusterID         string
	// PeerVPC and OtherVPC are VPCs of no tenant yet.
	PeerVPC, OtherVPC string
	// CSPath is the path of the cluster's peerings.
	CSPath string
}

// NewSandbox creates a sandbox on the shared server.
func NewSandbox(t testing.TB) *Sandbox {
	t.Helper()
	s := &Sandbox{
		Server: Shared(t), Project: NewProject(), Stranger: NewProject(),
		PeerVPC: uuid.NewString(), OtherVPC: uuid.NewString(),
	}
	var err error
	s.ClusterID, err = s.As(t, s.Project).CreateCluster(t.Context(), client.ClusterCreate{Name: "mycluster"})
	if err != nil {
		t.Fatal(err)
	}
	s.CSPath = "/v1.0/" + s.Project + "/reserved_cluster/" + s.ClusterID + "/peering"
	return s
}

// NewProject returns the id of a new project.
func NewProject() string { return strings.ReplaceAll(uuid.NewString(), "-", "") }

// CreatePeering creates a peering of the sandbox's cluster.
func (s *Sandbox) CreatePeering(t testing.TB, vpc string) client.Peering {
	t.Helper()
	return s.createPeering(t, s.Project, s.ClusterID, vpc)
}

// CreateActive creates and accepts a peering of the sandbox's cluster.
func (s *Sandbox) CreateActive(t testing.TB, vpc string) client.Peering {
	t.Helper()
	p := s.CreatePeering(t, vpc)
	s.accept(t, s.Project, p)
	return p
}
