package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// requestTimeout bounds one request of a rawClient. Keystone is slow on busy
// machines.
const requestTimeout = 30 * time.Second

// headers are alternating names and values.
type headers []string

// rawClient sends requests as plain HTTP, with the headers of a client that
// cannot run here, and checks the responses.
type rawClient struct {
	*checker

	ctx      context.Context
	client   *http.Client
	endpoint string
	// headers are sent with every request, bodyHeaders only with a body,
	// noBodyHeaders only without one.
	headers, bodyHeaders, noBodyHeaders headers
}

// response is a response with its decoded JSON body.
type response struct {
	t      *checker
	what   string
	status int
	header http.Header
	body   any
}

// send sends a request. An empty body means no body.
func (c *rawClient) send(method, path, body string) response {
	c.requests++
	what := method + " " + path
	var reader io.Reader
	extra := c.noBodyHeaders
	if body != "" {
		reader = strings.NewReader(body)
		extra = c.bodyHeaders
	}
	ctx, cancel := context.WithTimeout(c.ctx, requestTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, c.endpoint+path, reader)
	c.noError(what, err)
	for _, list := range []headers{c.headers, extra} {
		for i := 0; i < len(list); i += 2 {
			request.Header.Set(list[i], list[i+1])
		}
	}
	got, err := c.client.Do(request)
	c.noError(what, err)
	defer func() { _ = got.Body.Close() }() // it has been read to the end
	text, err := io.ReadAll(got.Body)
	c.noError(what, err)
	r := response{t: c.checker, what: what, status: got.StatusCode, header: got.Header}
	if len(text) > 0 {
		decoder := json.NewDecoder(bytes.NewReader(text))
		c.noError(what+": decode the body", decoder.Decode(&r.body))
	}
	return r
}

// wantStatus checks the status of the response and returns the response.
func (r response) wantStatus(status int) response {
	r.t.checks++
	if r.status != status {
		r.t.fail("%s: got status %d %v, want %d", r.what, r.status, r.body, status)
	}
	return r
}

// value returns the member at the path of keys, nil if there is none. Numbers
// are float64, as for any client that decodes into any.
func (r response) value(keys ...string) any {
	value := r.body
	for _, key := range keys {
		object, _ := value.(map[string]any)
		value = object[key]
	}
	return value
}

// text returns the string at the path of keys and checks that it is one.
func (r response) text(keys ...string) string {
	value := r.value(keys...)
	text, ok := value.(string)
	r.t.isTrue(fmt.Sprintf("%s: %s is a string, got %v", r.what, strings.Join(keys, "."), value), ok)
	return text
}

// number returns the number at the path of keys and checks that it is one.
func (r response) number(keys ...string) float64 {
	value := r.value(keys...)
	number, ok := value.(float64)
	r.t.isTrue(fmt.Sprintf("%s: %s is a number, got %v", r.what, strings.Join(keys, "."), value), ok)
	return number
}

// list returns the array at the path of keys and checks that it is an array of
// objects.
func (r response) list(keys ...string) []map[string]any {
	value := r.value(keys...)
	array, ok := value.([]any)
	r.t.isTrue(fmt.Sprintf("%s: %s is an array, got %v", r.what, strings.Join(keys, "."), value), ok)
	objects := make([]map[string]any, 0, len(array))
	for _, element := range array {
		object, ok := element.(map[string]any)
		r.t.isTrue(r.what+": every element is an object", ok)
		objects = append(objects, object)
	}
	return objects
}
