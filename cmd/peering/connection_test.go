package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/peering/peering/client"
)

// head answers a request with a head of so many bytes.
func head(size int) string {
	start := "GET " + vpcPath + " HTTP/1.1\r\nHost: x\r\nX-Project-Id: " + project + "\r\nX-Fill: "
	return start + strings.Repeat("x", size-len(start)-len("\r\n\r\n")) + "\r\n\r\n"
}

func TestLargeHeadIsRefused(t *testing.T) {
	s := start(t, t.TempDir())
	for _, tt := range []struct {
		name    string
		request string
		status  int
	}{
		{"as large as it may be", head(80 << 10), http.StatusOK},
		{"one byte more", head(80<<10 + 1), http.StatusRequestHeaderFieldsTooLarge},
		{"1 MiB", head(1 << 20), http.StatusRequestHeaderFieldsTooLarge},
		{"a long path", "GET /" + strings.Repeat("x", 80<<10) + " HTTP/1.1\r\nHost: x\r\n\r\n", http.StatusRequestHeaderFieldsTooLarge},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := mustDial(t, s.endpoint)
			// The server may answer and close before all is written.
			go func() { _, _ = io.WriteString(c, tt.request) }()
			if line, err := c.r.ReadString('\n'); !strings.Contains(line, fmt.Sprintf(" %d ", tt.status)) {
				t.Errorf("answered %q, %v", line, err)
			}
		})
	}
}

func TestNewConnectionTakesThePlaceOfTheLongestIdle(t *testing.T) {
	s := startOn(t, "--max-connections", "2", "--data-dir", t.TempDir())
	show := func(c *rawHTTP) {
		t.Helper()
		if status, err := c.do(rawShow(project)); status != http.StatusNotFound || err != nil {
			t.Errorf("answered %d, %v", status, err)
		}
	}
	first, second := mustDial(t, s.endpoint), mustDial(t, s.endpoint)
	show(first)
	show(second)
	third := mustDial(t, s.endpoint)
	show(third)
	if n, err := first.r.Discard(1); n > 0 || err == nil {
		t.Errorf("the first connection did not end: %v", err)
	}
	show(second)
	show(third)
	if text := get(t, s.admin+"/metrics", http.StatusOK); !strings.Contains(text, `peering_connections_evicted_total{listener="api"} 1`) {
		t.Errorf("the metrics do not tell of one evicted connection:\n%s", text)
	}
}

func TestBusyConnectionsAreLetFinish(t *testing.T) {
	s := startOn(t, "--max-connections", "1", "--data-dir", t.TempDir())
	busy := mustDial(t, s.endpoint)
	request := strings.Replace(rawCreate(project), "Host: x", "Host: x\r\nExpect: 100-continue", 1)
	begun, rest := request[:len(request)-1], request[len(request)-1:]
	if _, err := io.WriteString(busy, begun); err != nil {
		t.Fatal(err)
	}
	// The server says that it reads the body.
	for range 2 {
		if _, err := busy.r.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	other := mustDial(t, s.endpoint)
	answered := make(chan string, 1)
	go func() {
		status, err := other.do(rawShow(project))
		answered <- fmt.Sprintf("%d %v", status, err)
	}()
	if status, err := busy.do(rest); status != http.StatusCreated || err != nil {
		t.Errorf("the busy one is answered %d, %v", status, err)
	}
	if got := <-answered; got != "404 <nil>" {
		t.Errorf("the other one is answered %s", got)
	}
}

func TestMoreConnectionsThanFiles(t *testing.T) {
	if maxOpenFiles() == 0 {
		t.Skip("the number of open files has no limit here")
	}
	s := startOn(t, "--max-connections", "2000000000", "--data-dir", t.TempDir())
	if !strings.Contains(s.log.String(), "ulimit -n") {
		t.Errorf("the log does not tell: %s", s.log)
	}
	if _, err := s.as(t, project).ListVPCPeerings(t.Context(), client.VPCPeeringQuery{}); err != nil {
		t.Error(err)
	}
}
