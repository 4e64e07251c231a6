package iam_test

import (
	"bufio"
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/peering/peering/internal/iam"
	"github.com/peering/peering/internal/peering"
)

const (
	project = "4f30b9215e054c908d18f2b150131646"
	path    = "/v2.0/vpc/peerings"
)

// A fakeClock is a clock that only advance moves.
type fakeClock struct {
	mu   sync.Mutex
	time time.Time
}

func newClock() *fakeClock {
	return &fakeClock{time: time.Date(2026, time.November, 24, 4, 0, 0, 0, time.UTC)}
}

func (c *fakeClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.time
}

func (c *fakeClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.time = c.time.Add(d)
}

// A logBuffer keeps all log output.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(b, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// lines returns the lines of one level.
func (b *logBuffer) lines(level slog.Level) []string {
	var lines []string
	for line := range strings.Lines(b.String()) {
		if strings.Contains(line, "level="+level.String()) {
			lines = append(lines, line)
		}
	}
	return lines
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// newRequest returns a request as a server receives it. The lines are the
// request line and the headers.
func newRequest(t testing.TB, body string, lines ...string) *http.Request {
	t.Helper()
	r, err := readRequest(body, lines...)
	if err != nil {
		t.Fatalf("%q: %v", lines, err)
	}
	return r
}

func readRequest(body string, lines ...string) (*http.Request, error) {
	text := strings.Join(lines, "\r\n") + "\r\n\r\n" + body
	return http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
}

func getRequest(t testing.TB, headers ...string) *http.Request {
	t.Helper()
	return newRequest(t, "", append([]string{"GET " + path + " HTTP/1.1", "Host: peering.test"}, headers...)...)
}

func tokenRequest(t testing.TB, token string) *http.Request {
	t.Helper()
	return getRequest(t, "X-Auth-Token: "+token)
}

// wantCode stops the test if err doesn't have the code. An empty code means no
// error.
func wantCode(t testing.TB, err error, want peering.Code) {
	t.Helper()
	if err == nil && want == "" {
		return
	}
	if err == nil || peering.CodeOf(err) != want {
		t.Fatalf("error is %v, want code %q", err, want)
	}
}

func wantCaller(t testing.TB, got peering.Caller, err error, user string, role peering.Role) {
	t.Helper()
	wantCode(t, err, "")
	if got.Project != project || got.User != user || len(got.Roles) != 1 || got.Roles[0] != role {
		t.Errorf("caller is %+v, want %s as %s of %s", got, user, role, project)
	}
}

func TestNoAuthTrustsTheNamedProject(t *testing.T) {
	for _, named := range []peering.ID{project, "83081290-198e-48e2-8e2d-64c50023d136", "us", ""} {
		got, err := iam.NoAuth{}.Authenticate(getRequest(t), named)
		if wantCode(t, err, ""); got.Project != named || got.User != "" || !got.CanWrite() {
			t.Errorf("caller is %+v, want an administrator of %q", got, named)
		}
	}
}
