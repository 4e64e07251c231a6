package main

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

// rawHTTP is a connection that sends requests as they are and looks only at what it has to of the answers: a generator of
// load has to leave the processors to the server.
type rawHTTP struct {
	net.Conn

	r *bufio.Reader
}

func dialRaw(ctx context.Context, endpoint string) (*rawHTTP, error) {
	return dialWith(ctx, &net.Dialer{}, endpoint)
}

func dialWith(ctx context.Context, d *net.Dialer, endpoint string) (*rawHTTP, error) {
	c, err := d.DialContext(ctx, "tcp", strings.TrimPrefix(endpoint, "http://"))
	if err != nil {
		return nil, err
	}
	return &rawHTTP{Conn: c, r: bufio.NewReader(c)}, nil
}

// do sends a request and answers the status of its answer.
func (c *rawHTTP) do(request string) (status int, err error) {
	if _, err := io.WriteString(c, request); err != nil {
		return 0, err
	}
	line, err := c.r.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if status, err = strconv.Atoi(string(line[len("HTTP/1.1 "):][:3])); err != nil {
		return 0, err
	}
	length := -1
	for len(line) > 2 {
		if line, err = c.r.ReadSlice('\n'); err != nil {
			return 0, err
		}
		if value, ok := strings.CutPrefix(string(line), "Content-Length: "); ok {
			if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil {
				return 0, err
			}
		}
	}
	if length < 0 {
		return 0, fmt.Errorf("an answer with status %d has no Content-Length", status)
	}
	_, err = c.r.Discard(length)
	return status, err
}

// rawCreate is a request that creates a peering between VPCs that nobody else has, to a tenant that nobody else has.
func rawCreate(projectID string) string {
	body := `{"peering":{"name":"n","request_vpc_info":{"vpc_id":"` + uuid.NewString() +
		`"},"accept_vpc_info":{"vpc_id":"` + uuid.NewString() + `","tenant_id":"` + uuid.NewString() + `"}}}`
	return "POST /v2.0/vpc/peerings HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-Project-Id: " + projectID +
		"\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
}

// rawShow is a request for a peering that does not exist.
func rawShow(projectID string) string {
	return "GET /v2.0/vpc/peerings/" + noID + " HTTP/1.1\r\nHost: x\r\nX-Project-Id: " + projectID + "\r\n\r\n"
}

func mustDial(t testing.TB, endpoint string) *rawHTTP {
	t.Helper()
	c, err := dialRaw(t.Context(), endpoint)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	return c
}
