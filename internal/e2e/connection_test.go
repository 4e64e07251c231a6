package e2e_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/peering/peering/internal/e2e/harness"
)

// head answers a request with a head of so many bytes.
func head(size int) string {
	start := "GET " + harness.VPCPath + " HTTP/1.1\r\nHost: x\r\nX-Project-Id: " + harness.Project + "\r\nX-Fill: "
	return start + strings.Repeat("x", size-len(start)-len("\r\n\r\n")) + "\r\n\r\n"
}

func TestLargeHeadIsRefused(t *testing.T) {
	s := harness.Start(t, t.TempDir())
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
			c := harness.MustDialRaw(t, s.Endpoint)
			// The server may answer and close before all is written.
			go func() { _, _ = io.WriteString(c, tt.request) }()
			if line, err := c.Reader.ReadString('\n'); !strings.Contains(line, fmt.Sprintf(" %d ", tt.status)) {
				t.Errorf("answered %q, %v", line, err)
			}
		})
	}
}

// internal/daemon tests that it is the longest idle connection.
func TestConnectionOverLimitReplacesIdleConnection(t *testing.T) {
	s := harness.StartWith(t, "--max-connections", "2", "--data-dir", t.TempDir())
	for range 3 {
		c := harness.MustDialRaw(t, s.Endpoint)
		if status, err := c.Do(harness.RawShow(harness.Project)); status != http.StatusNotFound || err != nil {
			t.Errorf("got %d, %v", status, err)
		}
	}
	if text := get(t, s.Admin+"/metrics", http.StatusOK); !strings.Contains(text, `peering_connections_evicted_total{listener="api"} 1`) {
		t.Errorf("the metrics do not count one evicted connection:\n%s", text)
	}
}

func TestBusyConnectionsAreLetFinish(t *testing.T) {
	s := harness.StartWith(t, "--max-connections", "1", "--data-dir", t.TempDir())
	busy := harness.MustDialRaw(t, s.Endpoint)
	request := strings.Replace(harness.RawCreate(harness.Project), "Host: x", "Host: x\r\nExpect: 100-continue", 1)
	begun, rest := request[:len(request)-1], request[len(request)-1:]
	if _, err := io.WriteString(busy, begun); err != nil {
		t.Fatal(err)
	}
	// The server says that it reads the body.
	for range 2 {
		if _, err := busy.Reader.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	other := harness.MustDialRaw(t, s.Endpoint)
	answered := make(chan string, 1)
	go func() {
		status, err := other.Do(harness.RawShow(harness.Project))
		answered <- fmt.Sprintf("%d %v", status, err)
	}()
	if status, err := busy.Do(rest); status != http.StatusCreated || err != nil {
		t.Errorf("the busy one is answered %d, %v", status, err)
	}
	if got := <-answered; got != "404 <nil>" {
		t.Errorf("the other one is answered %s", got)
	}
}

func TestConnectionIsThrottledAfter429(t *testing.T) {
	s := harness.StartWith(t, append(slowly(1), "--data-dir", t.TempDir())...)
	c := harness.MustDialRaw(t, s.Endpoint)
	start := time.Now()
	for _, want := range []int{http.StatusNotFound, http.StatusTooManyRequests, http.StatusTooManyRequests} {
		if status, err := c.Do(harness.RawShow(harness.Project)); status != want || err != nil {
			t.Errorf("got %d, %v, want %d", status, err, want)
		}
	}
	if took := time.Since(start); took < time.Second {
		t.Errorf("the second 429 came after %v, want at least 1s", took)
	}
}
