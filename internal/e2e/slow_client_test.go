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
	// closedBy is when the server must have closed a slow connection: five seconds, and three for a machine that is busy.
	closedBy = 8 * time.Second
	// pace is how often a slow connection goes on by a byte.
	pace = 200 * time.Millisecond
	// longList is how many peerings a list has whose answer is larger than what the kernel takes of it.
	longList = 250
)

// slow are the ways in which a client can be slow. Each begins with what it needs the server for and answers how it goes
// on by a byte.
var slow = []struct {
	name  string
	begin func(c *harness.RawHTTP, projectID string) error
	goOn  func(c *harness.RawHTTP) error
}{
	{
		"head", func(c *harness.RawHTTP, projectID string) error {
			_, err := io.WriteString(c, "GET "+harness.VPCPath+" HTTP/1.1\r\nHost: x\r\nX-Project-Id: "+projectID+"\r\nX-Fill: ")
			return err
		}, sendByte,
	},
	{
		"body", func(c *harness.RawHTTP, projectID string) error {
			_, err := io.WriteString(c, "POST "+harness.VPCPath+" HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-Project-Id: "+projectID+
				"\r\nContent-Length: 1000\r\n\r\n{")
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
				err = fmt.Errorf("the list is answered %q", line) // too short to be read slowly
			}
			return err
		}, func(c *harness.RawHTTP) error {
			if _, err := c.Reader.ReadByte(); err != nil {
				return err
			}
			return sendByte(c) // what was received before hides that the connection has ended
		},
	},
}

// dialSlow answers a connection that receives little at a time.
func dialSlow(ctx context.Context, endpoint string) (*harness.RawHTTP, error) {
	d := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) error {
		var err error
		return errors.Join(raw.Control(func(fd uintptr) {
			err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4<<10)
		}), err)
	}}
	return harness.DialRawWith(ctx, &d, endpoint)
}

// beSlow is slow on a connection of its own until the server closes it or ctx ends. It answers how long that took, or an
// error where the server does not do it in time.
func beSlow(ctx context.Context, endpoint, projectID string, kind int, begin chan struct{}) (time.Duration, error) {
	c, err := beginSlowly(ctx, endpoint, projectID, kind, begin)
	if err != nil {
		return 0, err
	}
	defer c.Close() //nolint:errcheck // the server has closed it
	began := time.Now()
	if err := c.SetDeadline(began.Add(closedBy)); err != nil {
		return 0, err
	}
	closed := make(chan error, 1)
	if slow[kind].name != "reading" {
		go func() {
			_, err := io.Copy(io.Discard, c.Reader)
			closed <- errors.Join(io.EOF, err)
		}()
	}
	ticks := time.NewTicker(pace)
	defer ticks.Stop()
	for err == nil {
		select {
		case err = <-closed:
		case <-ticks.C:
			err = slow[kind].goOn(c)
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return 0, fmt.Errorf("slow %s: not closed after %s", slow[kind].name, closedBy)
	}
	return time.Since(began), nil
}

// beginSlowly answers a connection on which a slow request has begun. Begin bounds how many begin at a time: they are not
// all to want an answer at once.
func beginSlowly(ctx context.Context, endpoint, projectID string, kind int, begin chan struct{}) (*harness.RawHTTP, error) {
	select {
	case begin <- struct{}{}:
		defer func() { <-begin }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	c, err := dialSlow(ctx, endpoint)
	if err != nil {
		return nil, err
	}
	err = c.SetDeadline(time.Now().Add(time.Minute))
	if err == nil {
		err = slow[kind].begin(c, projectID)
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// longLists makes peerings between pairs of projects, and answers the projects: all have a long list.
func longLists(t testing.TB, endpoint string, pairs int) []string {
	t.Helper()
	var projects []string
	var making sync.WaitGroup
	for range pairs {
		one, other := uuid.NewString(), uuid.NewString()
		projects = append(projects, one, other)
		making.Go(func() {
			c, err := client.New(endpoint, client.WithProject(one))
			if err != nil {
				t.Error(err)
				return
			}
			for range longList {
				_, err := c.CreateVPCPeering(t.Context(), client.VPCPeeringCreate{
					Name:           "n",
					Description:    strings.Repeat("d", 255),
					RequestVPCInfo: client.VPCReference{VPCID: uuid.NewString()},
					AcceptVPCInfo:  client.VPCReference{VPCID: uuid.NewString(), TenantID: other},
				})
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	making.Wait()
	return projects
}

// goOnAsUsual creates, shows and deletes peerings until ctx ends, and tells how long each request took.
func goOnAsUsual(ctx context.Context, t testing.TB, endpoint string, took func(time.Duration)) {
	t.Helper()
	c, err := client.New(endpoint, client.WithProject(harness.Project), client.WithHTTPClient(harness.CheckedHTTP(t)))
	if err != nil {
		t.Fatal(err)
	}
	timed := func(what string, err error, begin time.Time) bool {
		took(time.Since(begin))
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		return err == nil
	}
	for ctx.Err() == nil {
		begin := time.Now()
		made, err := c.CreatePeering(t.Context(), harness.ClusterID, client.PeeringCreate{Name: "n", VPCID: uuid.NewString()})
		if !timed("create", err, begin) {
			return
		}
		begin = time.Now()
		_, err = c.ShowPeering(t.Context(), harness.ClusterID, made.ID)
		if !timed("show", err, begin) {
			return
		}
		begin = time.Now()
		if !timed("delete", c.DeletePeering(t.Context(), harness.ClusterID, made.ID), begin) {
			return
		}
	}
}

// slowFlags are flags with which projects may have long lists.
var slowFlags = []string{"--quota-tenant", "1000000", "--quota-pending", "1000000"}

// TestSlowConnections has 1,000 connections of each of which the server has to get rid, while it serves others.
func TestSlowConnections(t *testing.T) {
	t.Parallel()
	connections := harness.Scale(90, 1000)
	needFiles(t, 3*uint64(connections))
	// All that read slowly fit into their projects' parts of the share, but not into the share at the same time.
	s := harness.StartWith(t, append(slowFlags, "--data-dir", t.TempDir(), "--log-level", "error", "--max-reads", "200")...)
	projects := longLists(t, s.Endpoint, harness.Scale(1, 2))
	ctx, cancel := context.WithCancel(t.Context())
	var usual, hostile sync.WaitGroup
	var requests atomic.Int64
	usual.Go(func() { goOnAsUsual(ctx, t, s.Endpoint, func(time.Duration) { requests.Add(1) }) })
	begin := make(chan struct{}, 16)
	for i := range connections {
		hostile.Go(func() {
			if _, err := beSlow(t.Context(), s.Endpoint, projects[i/3%len(projects)], i%3, begin); err != nil {
				t.Error(err)
			}
		})
	}
	hostile.Wait()
	cancel()
	usual.Wait()
	t.Logf("%d requests of another client meanwhile", requests.Load())
	text := get(t, s.Admin+"/metrics", http.StatusOK)
	if !strings.Contains(text, fmt.Sprintf(`peering_connections_slow_total{listener="api"} %d`, connections/3)) {
		t.Errorf("not all slow readers are counted:\n%s", text)
	}
}

// needFiles makes sure that so many files can be open.
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
		t.Skipf("%d files have to be open at a time: %v", files, err)
	}
}

func sendByte(c *harness.RawHTTP) error {
	_, err := io.WriteString(c, "x")
	return err
}
