package harness

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// RawHTTP is a connection that sends requests byte by byte as given and parses
// only the necessary parts of responses, so that generating load costs little.
type RawHTTP struct {
	net.Conn

	// Reader reads responses.
	Reader *bufio.Reader
}

// DialRaw connects to an endpoint.
func DialRaw(ctx context.Context, endpoint string) (*RawHTTP, error) {
	return DialRawWith(ctx, &net.Dialer{}, endpoint)
}

// DialRawWith connects to an endpoint with a dialer.
func DialRawWith(ctx context.Context, d *net.Dialer, endpoint string) (*RawHTTP, error) {
	c, err := d.DialContext(ctx, "tcp", strings.TrimPrefix(endpoint, "http://"))
	if err != nil {
		return nil, err
	}
	return &RawHTTP{Conn: c, Reader: bufio.NewReader(c)}, nil
}

// Do sends a request and returns the status of the response.
func (c *RawHTTP) Do(request string) (status int, err error) {
	if _, err := io.WriteString(c, request); err != nil {
		return 0, err
	}
	line, err := c.Reader.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if status, err = strconv.Atoi(string(line[len("HTTP/1.1 "):][:3])); err != nil {
		return 0, err
	}
	length := -1
	for len(line) > 2 {
		if line, err = c.Reader.ReadSlice('\n'); err != nil {
			return 0, err
		}
		if value, ok := strings.CutPrefix(string(line), "Content-Length: "); ok {
			if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil {
				return 0, err
			}
		}
	}
	if length < 0 {
		return 0, fmt.Errorf("a response with status %d has no Content-Length", status)
	}
	_, err = c.Reader.Discard(length)
	return status, err
}

// RawCreate returns a request that creates a peering between new VPCs and with a
// new tenant.
func RawCreate(projectID string) string {
	body := `{"peering":{"name":"n","request_vpc_info":{"vpc_id":"` + uuid.NewString() +
		`"},"accept_vpc_info":{"vpc_id":"` + uuid.NewString() + `","tenant_id":"` + uuid.NewString() + `"}}}`
	return "POST /v2.0/vpc/peerings HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-Project-Id: " + projectID +
		"\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
}

// RawShow returns a request for a peering that does not exist.
func RawShow(projectID string) string {
	return "GET /v2.0/vpc/peerings/" + UnknownID + " HTTP/1.1\r\nHost: x\r\nX-Project-Id: " + projectID + "\r\n\r\n"
}

// MustDialRaw is DialRaw for a test, with a deadline of a minute.
func MustDialRaw(t testing.TB, endpoint string) *RawHTTP {
	t.Helper()
	c, err := DialRaw(t.Context(), endpoint)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	return c
}
