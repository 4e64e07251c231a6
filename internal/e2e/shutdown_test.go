package e2e_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/peering/peering/internal/cli"
	"github.com/peering/peering/internal/e2e/harness"
)

func TestSIGTERMStopsServerWithoutError(t *testing.T) {
	p := harness.StartProcess(t, "--data-dir", t.TempDir())
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err != nil {
		t.Errorf("%v; its log:\n%s", err, p.Log)
	}
}

func TestShutdownFinishesRequestsInFlight(t *testing.T) {
	s := harness.Start(t, t.TempDir())
	body := bodyWith("name", `"n"`)
	c := harness.MustDialRaw(t, s.Endpoint)
	// With Expect, the server sends 100 Continue when it reads the body: then
	// the request is in flight.
	_, err := fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"+
		"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n",
		harness.CSPath, len(body))
	if err != nil {
		t.Fatal(err)
	}
	if line, err := c.Reader.ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("got %q, %v; want 100 Continue", line, err)
	}
	if _, err := c.Reader.ReadString('\n'); err != nil { // the empty line after it
		t.Fatal(err)
	}
	stopped := make(chan int, 1)
	go func() { stopped <- s.Stop() }()
	awaitListenerClosed(t, c.RemoteAddr().String())
	if _, err := c.Write([]byte(body)); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(c.Reader, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		t.Errorf("got status %d, want 201", resp.StatusCode)
	}
	if code := <-stopped; code != cli.ExitOK {
		t.Errorf("exited with %d", code)
	}
}

// awaitListenerClosed waits until nothing listens at the address.
func awaitListenerClosed(t *testing.T, address string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if ctx.Err() != nil {
			t.Fatal("the server still listens")
		}
		if err != nil {
			return
		}
		_ = conn.Close()
	}
}
