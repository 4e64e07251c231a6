package e2e_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/cli"
	"github.com/peering/peering/internal/e2e/harness"
)

func TestKilledServerKeepsWhatItAnswered(t *testing.T) {
	dir := t.TempDir()
	want := map[string]client.Status{}
	for round := range 3 {
		p := harness.StartProcess(t, "--data-dir", dir)
		c := harness.NewClient(t, p.Endpoint, client.WithProject(harness.Project))
		for id, status := range want {
			shown, err := c.ShowPeering(t.Context(), harness.ClusterID, id)
			if err != nil || shown.Status != status {
				t.Errorf("round %d: %s is %s, %v; want %s", round, id, shown.Status, err, status)
			}
		}
		for i := range 5 {
			made, err := c.CreatePeering(t.Context(), harness.ClusterID, client.PeeringCreate{
				Name: "n", VPCID: fmt.Sprintf("%032x", 100*round+i),
			})
			if err != nil {
				t.Fatal(err)
			}
			want[made.ID] = made.Status
			if i%2 == 1 {
				accepted, err := c.AcceptVPCPeering(t.Context(), made.ID)
				if err != nil {
					t.Fatal(err)
				}
				want[made.ID] = accepted.Status
			}
		}
		if err := p.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = p.Wait() // it says that the process was killed
	}
	found, err := harness.Start(t, dir).As(t, harness.Project).ListPeerings(t.Context(), harness.ClusterID)
	if err != nil || len(found) != len(want) {
		t.Errorf("%d of %d are there: %v", len(found), len(want), err)
	}
}

func TestSIGTERMStopsTheServerWithoutError(t *testing.T) {
	p := harness.StartProcess(t, "--data-dir", t.TempDir())
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err != nil {
		t.Errorf("%v; its log:\n%s", err, p.Log)
	}
}

func TestStopFinishesRequestsInFlight(t *testing.T) {
	s := harness.Start(t, t.TempDir())
	body := valid("name", `"n"`)
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.Endpoint, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	// With Expect, the server asks for the body when it reads it: then the request is in flight.
	_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n",
		harness.CSPath, len(body))
	if err != nil {
		t.Fatal(err)
	}
	answers := bufio.NewReader(conn)
	if line, err := answers.ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("answered %q, %v", line, err)
	}
	stopped := make(chan int, 1)
	go func() { stopped <- s.Stop() }()
	awaitRefusal(t, conn.RemoteAddr().String())
	if _, err := conn.Write([]byte(body)); err != nil {
		t.Fatal(err)
	}
	if _, err := answers.ReadString('\n'); err != nil { // the empty line behind 100 Continue
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(answers, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		t.Errorf("answered %d", resp.StatusCode)
	}
	if code := <-stopped; code != cli.ExitOK {
		t.Errorf("exited with %d", code)
	}
}

// awaitRefusal returns when nobody listens at the address any more.
func awaitRefusal(t *testing.T, address string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if ctx.Err() != nil {
			t.Fatal("the server goes on listening")
		}
		if err != nil {
			return
		}
		_ = conn.Close()
	}
}

func TestSecondServerOnADataDirectoryIsRefused(t *testing.T) {
	dir := t.TempDir()
	harness.Start(t, dir)
	log := &harness.Buffer{}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second) // in case the second one starts
	defer cancel()
	code := harness.Run(ctx, harness.ServeArgs("--data-dir", dir), log, log, harness.NoEnv)
	if code != cli.ExitFailure || !strings.Contains(log.String(), dir+" is in use by another process") {
		t.Errorf("exited with %d: %s", code, log)
	}
}

// BenchmarkStart times the way from starting the server on an empty directory to the first created peering.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		s := harness.Start(b, b.TempDir())
		if _, err := s.As(b, harness.Project).CreatePeering(b.Context(), harness.ClusterID, client.PeeringCreate{Name: "n", VPCID: harness.PeerVPC}); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		s.Stop()
		b.StartTimer()
	}
}
