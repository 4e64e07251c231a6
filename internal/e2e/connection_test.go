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

// requestWithHeaderBytes returns a request whose request line and headers have
// size bytes.
func requestWithHeaderBytes(size int) string {
	start := "GET " + harness.VPCPath + " HTTP/1.1\r\nHost: x\r\nX-Project-Id: " + harness.Project + "\r\nX-Fill: "
	return start + strings.Repeat("x", size-len(start)-len("\r\n\r\n")) + "\r\n\r\n"
}

func TestLargeHeadersAreRejected(t *testing.T) {
	t.Parallel()
	s := harness.Shared(t)
	for _, tt := range []struct {
		name    string
		request string
		status  int
	}{
		{"80 KiB", requestWithHeaderBytes(80 << 10), http.StatusOK},
		{"one byte over 80 KiB", requestWithHeaderBytes(80<<10 + 1), http.StatusRequestHeaderFieldsTooLarge},
		{"1 MiB", requestWithHeaderBytes(1 << 20), http.StatusRequestHeaderFieldsTooLarge},
		{"long path", "GET /" + strings.Repeat("x", 80<<10) + " HTTP/1.1\r\nHost: x\r\n\r\n",
			http.StatusRequestHeaderFieldsTooLarge},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := harness.MustDialRaw(t, s.Endpoint)
			// The server may respond and close the connection before it has read all.
			go func() { _, _ = io.WriteString(c, tt.request) }()
			if line, err := c.Reader.ReadString('\n'); !strings.Contains(line, fmt.Sprintf(" %d ", tt.status)) {
				t.Errorf("got %q, %v; want status %d", line, err, tt.status)
			}
		})
	}
}

// internal/daemon tests that it is the longest idle connection.
func TestConnectionOverLimitReplacesIdleConnection(t *testing.T) {
	t.Parallel()
	s := harness.StartWith(t, "--max-connections", "2", "--data-dir", t.TempDir())
	for range 3 {
		c := harness.MustDialRaw(t, s.Endpoint)
		if status, err := c.Do(harness.RawShow(harness.Project)); status != http.StatusNotFound || err != nil {
			t.Errorf("got %d, %v; want 404", status, err)
		}
	}
	text := harness.Get(t, s.Admin+"/metrics", http.StatusOK)
	if !strings.Contains(text, `peering_connections_evicted_total{listener="api"} 1`) {
		t.Errorf("the metrics do not count one evicted connection:\n%s", text)
	}
}

func TestBusyConnectionIsNotEvicted(t *testing.T) {
	t.Parallel()
	s := harness.StartWith(t, "--max-connections", "1", "--data-dir", t.TempDir())
	busy := harness.MustDialRaw(t, s.Endpoint)
	request := strings.Replace(harness.RawCreate(harness.Project), "Host: x", "Host: x\r\nExpect: 100-continue", 1)
	start, rest := request[:len(request)-1], request[len(request)-1:]
	if _, err := io.WriteString(busy, start); err != nil {
		t.Fatal(err)
	}
	// The server sends 100 Continue when it reads the body.
	for range 2 {
		if _, err := busy.Reader.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	other := harness.MustDialRaw(t, s.Endpoint)
	result := make(chan string, 1)
	go func() {
		status, err := other.Do(harness.RawShow(harness.Project))
		result <- fmt.Sprintf("%d %v", status, err)
	}()
	if status, err := busy.Do(rest); status != http.StatusCreated || err != nil {
		t.Errorf("the busy connection got %d, %v; want 201", status, err)
	}
	if got := <-result; got != "404 <nil>" {
		t.Errorf("the waiting connection got %s", got)
	}
}

func TestConnectionIsThrottledAfter429(t *testing.T) {
	s := harness.StartWith(t, append(withoutRefill(1), "--data-dir", t.TempDir())...)
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
