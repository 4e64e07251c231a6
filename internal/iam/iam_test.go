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

// A clock goes only when it is told to.
type clock struct {
	mu   sync.Mutex
	time time.Time
}

func newClock() *clock {
	return &clock{time: time.Date(2026, time.November, 24, 4, 0, 0, 0, time.UTC)}
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.time
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.time = c.time.Add(d)
}

// A journal keeps what is logged.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(j, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// lines answers the lines of a level.
func (j *journal) lines(level slog.Level) []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	var lines []string
	for line := range strings.Lines(j.text.String()) {
		if strings.Contains(line, "level="+level.String()) {
			lines = append(lines, line)
		}
	}
	return lines
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// raw answers a request as a server gets it: lines are the request line and the headers.
func raw(t testing.TB, body string, lines ...string) *http.Request {
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

// get answers a GET with headers.
func get(t testing.TB, headers ...string) *http.Request {
	t.Helper()
	return raw(t, "", append([]string{"GET " + path + " HTTP/1.1", "Host: peering.test"}, headers...)...)
}

func withToken(t testing.TB, token string) *http.Request {
	t.Helper()
	return get(t, "X-Auth-Token: "+token)
}

// wantCode fails the test where err has another code; no code stands for no error.
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
		t.Errorf("the caller is %+v, want %s as %s of %s", got, user, role, project)
	}
}

func TestBelieve(t *testing.T) {
	for _, named := range []peering.ID{project, "83081290-198e-48e2-8e2d-64c50023d136", "us", ""} {
		got, err := iam.Believe().Authenticate(get(t), named)
		if wantCode(t, err, ""); got.Project != named || got.User != "" || !got.MayChange() {
			t.Errorf("the caller who names %q is %+v", named, got)
		}
	}
}
