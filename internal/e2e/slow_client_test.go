package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/e2e/harness"
)

const (
	// closedBy is the time after which the server must have closed a slow
	// connection: five seconds, plus three for a busy machine.
	closedBy = 8 * time.Second
	// slowInterval is the time between two bytes of a slow connection.
	slowInterval = 200 * time.Millisecond
	// longList is a number of peerings whose list exceeds the socket buffers.
	longList = 250
)

// slowClients are the ways in which a client can be slow. start starts the
// exchange, step continues it by a byte.
var slowClients = []struct {
	name  string
	start func(c *harness.RawHTTP, projectID string) error
	step  func(c *harness.RawHTTP) error
}{
	{
		"headers", func(c *harness.RawHTTP, projectID string) error {
			_, err := io.WriteString(c, "GET "+harness.VPCPath+" HTTP/1.1\r\nHost: x\r\nX-Project-Id: "+projectID+"\r\nX-Fill: ")
			return err
		}, sendByte,
	},
	{
		"body", func(c *harness.RawHTTP, projectID string) error {
			_, err := io.WriteString(c, "POST "+harness.VPCPath+" HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"+
				"X-Project-Id: "+projectID+"\r\nContent-Length: 1000\r\n\r\n{")
			return err
		}, sendByte,
	},
	{
		"reading", func(c *harness.RawHTTP, projectID string) error {
			_, err := io.WriteString(c, "GET "+harness.VPCPath+" HTTP/1.1\r\nHost: x\r\nX-Project-Id: "+projectID+"\r\n\r\n")
			if err != nil {
				return err
			}
			line, err := c.Reader.ReadString('\n')
			if err == nil && !strings.Contains(line, " 200 ") {
				err = fmt.Errorf("list returned %q", line) // too short to be read slowly
			}
			return err
		}, func(c *harness.RawHTTP) error {
			if _, err := c.Reader.ReadByte(); err != nil {
				return err
			}
			return sendByte(c) // buffered data hides the end of the connection
		},
	},
}

// dialSlow returns a connection with a small receive buffer.
func dialSlow(ctx context.Context, endpoint string) (*harness.RawHTTP, error) {
	d := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) error {
		var err error
		return errors.Join(raw.Control(func(fd uintptr) {
			err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4<<10)
		}), err)
	}}
	return harness.DialRawWith(ctx, &d, endpoint)
}

// runSlowClient runs a slow client of a kind until the server closes its
// connection or ctx ends. It returns how long that took, or an error if the
// server does not close it in time.
func runSlowClient(
	ctx context.Context, endpoint, projectID string, kind int, starting chan struct{},
) (time.Duration, error) {
	c, err := startSlowClient(ctx, endpoint, projectID, kind, starting)
	if err != nil {
		return 0, err
	}
	defer c.Close() //nolint:errcheck // closed by the server
	start := time.Now()
	if err := c.SetDeadline(start.Add(closedBy)); err != nil {
		return 0, err
	}
	closed := make(chan error, 1)
	if slowClients[kind].name != "reading" {
		go func() {
			_, err := io.Copy(io.Discard, c.Reader)
			closed <- errors.Join(io.EOF, err)
		}()
	}
	ticks := time.NewTicker(slowInterval)
	defer ticks.Stop()
	for err == nil {
		select {
		case err = <-closed:
		case <-ticks.C:
			err = slowClients[kind].step(c)
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return 0, fmt.Errorf("slow %s: the connection is open after %s", slowClients[kind].name, closedBy)
	}
	return time.Since(start), nil
}

// startSlowClient returns a connection on which a slow request has started. The
// capacity of starting bounds how many start at the same time.
func startSlowClient(
	ctx context.Context, endpoint, projectID string, kind int, starting chan struct{},
) (*harness.RawHTTP, error) {
	select {
	case starting <- struct{}{}:
		defer func() { <-starting }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	c, err := dialSlow(ctx, endpoint)
	if err != nil {
		return nil, err
	}
	err = c.SetDeadline(time.Now().Add(time.Minute))
	if err == nil {
		err = slowClients[kind].start(c, projectID)
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// createLongLists creates peerings between pairs of projects and returns the
// projects, each of which has a long list.
func createLongLists(t testing.TB, endpoint string, pairs int) []string {
	t.Helper()
	var projects []string
	var creating sync.WaitGroup
	for range pairs {
		requester, accepter := uuid.NewString(), uuid.NewString()
		projects = append(projects, requester, accepter)
		creating.Go(func() {
			c, err := client.New(endpoint, client.WithProject(requester))
			if err != nil {
				t.Error(err)
				return
			}
			for range longList {
				_, err := c.CreateVPCPeering(t.Context(), client.VPCPeeringCreate{
					Name:           "n",
					Description:    strings.Repeat("d", 255),
					RequestVPCInfo: client.VPCReference{VPCID: uuid.NewString()},
					AcceptVPCInfo:  client.VPCReference{VPCID: uuid.NewString(), TenantID: accepter},
				})
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	creating.Wait()
	return projects
}

// runNormalClient creates, shows and deletes peerings until ctx ends. It calls
// observe with the latency of each request.
func runNormalClient(ctx context.Context, t testing.TB, endpoint string, observe func(time.Duration)) {
	t.Helper()
	c, err := client.New(endpoint, client.WithProject(harness.Project), client.WithHTTPClient(harness.CheckedHTTP(t)))
	if err != nil {
		t.Fatal(err)
	}
	check := func(call string, err error, begin time.Time) bool {
		observe(time.Since(begin))
		if err != nil {
			t.Errorf("%s: %v", call, err)
		}
		return err == nil
	}
	for ctx.Err() == nil {
		begin := time.Now()
		created, err := c.CreatePeering(t.Context(), harness.ClusterID,
			client.PeeringCreate{Name: "n", VPCID: uuid.NewString()})
		if !check("create", err, begin) {
			return
		}
		begin = time.Now()
		_, err = c.ShowPeering(t.Context(), harness.ClusterID, created.ID)
		if !check("show", err, begin) {
			return
		}
		begin = time.Now()
		if !check("delete", c.DeletePeering(t.Context(), harness.ClusterID, created.ID), begin) {
			return
		}
	}
}

// longListFlags allow projects to have long lists.
var longListFlags = []string{"--quota-tenant", "1000000", "--quota-pending", "1000000"}

// TestSlowClientsAreDisconnected checks that the server closes many slow
// connections in time while it serves a normal client.
func TestSlowClientsAreDisconnected(t *testing.T) {
	t.Parallel()
	connections := harness.Scale(90, 1000)
	needFiles(t, 3*uint64(connections))
	// The slow readers fit into the limits of their projects, but not all at once
	// into that of the server.
	s := harness.StartWith(t, append(longListFlags, "--data-dir", t.TempDir(), "--log-level", "error",
		"--max-reads", "200")...)
	projects := createLongLists(t, s.Endpoint, harness.Scale(1, 2))
	ctx, cancel := context.WithCancel(t.Context())
	var normal, hostile sync.WaitGroup
	var requests atomic.Int64
	normal.Go(func() { runNormalClient(ctx, t, s.Endpoint, func(time.Duration) { requests.Add(1) }) })
	starting := make(chan struct{}, 16)
	for i := range connections {
		hostile.Go(func() {
			if _, err := runSlowClient(t.Context(), s.Endpoint, projects[i/3%len(projects)], i%3, starting); err != nil {
				t.Error(err)
			}
		})
	}
	hostile.Wait()
	cancel()
	normal.Wait()
	t.Logf("%d requests of the normal client", requests.Load())
	text := harness.Get(t, s.Admin+"/metrics", http.StatusOK)
	if !strings.Contains(text, fmt.Sprintf(`peering_connections_slow_total{listener="api"} %d`, connections/3)) {
		t.Errorf("the metrics do not count all slow readers:\n%s", text)
	}
}

// needFiles raises the limit of open files if necessary. It skips the test if
// that is not possible.
func needFiles(t testing.TB, files uint64) {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if limit.Cur >= files {
		return
	}
	limit.Cur, limit.Max = files, max(limit.Max, files)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Skipf("the limit of open files cannot be raised to %d: %v", files, err)
	}
}

// sendByte sends one byte.
func sendByte(c *harness.RawHTTP) error {
	_, err := io.WriteString(c, "x")
	return err
}
