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

// headers are names and values in turns.
type headers []string

// wire replays the requests of clients that can't run here, with the headers that they send.
type wire struct {
	*trial

	ctx      context.Context
	client   *http.Client
	endpoint string
	// always are sent with every request, body only with those that have a body, bare only with those that have none.
	always, body, bare headers
}

// answer is what came back.
type answer struct {
	t      *trial
	what   string
	status int
	header http.Header
	body   any
}

// send sends a request; an empty body is none at all.
func (w *wire) send(method, path, body string) answer {
	w.requests++
	what := method + " " + path
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	ctx, cancel := context.WithTimeout(w.ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, w.endpoint+path, reader)
	w.must(what, err)
	own := w.bare
	if body != "" {
		own = w.body
	}
	for _, list := range []headers{w.always, own} {
		for i := 0; i < len(list); i += 2 {
			request.Header.Set(list[i], list[i+1])
		}
	}
	got, err := w.client.Do(request)
	w.must(what, err)
	defer func() { _ = got.Body.Close() }() // it is read to its end
	text, err := io.ReadAll(got.Body)
	w.must(what, err)
	a := answer{t: w.trial, what: what, status: got.StatusCode, header: got.Header}
	if len(text) > 0 {
		decoder := json.NewDecoder(bytes.NewReader(text))
		w.must(what+": the body is JSON", decoder.Decode(&a.body))
	}
	return a
}

// is checks the status of an answer.
func (a answer) is(status int) answer {
	a.t.checks++
	if a.status != status {
		a.t.fail("%s: answered %d %v, want %d", a.what, a.status, a.body, status)
	}
	return a
}

// at answers the member that the keys lead to, nil where there is none. Numbers are float64, as they are to clients that
// decode into any.
func (a answer) at(keys ...string) any {
	value := a.body
	for _, key := range keys {
		object, _ := value.(map[string]any)
		value = object[key]
	}
	return value
}

// text answers the text of the member that the keys lead to; that it is a text is checked.
func (a answer) text(keys ...string) string {
	value := a.at(keys...)
	text, ok := value.(string)
	a.t.that(fmt.Sprintf("%s: %s is a text, not %v", a.what, strings.Join(keys, "."), value), ok)
	return text
}

// number answers the number of the member that the keys lead to; that it is a number is checked.
func (a answer) number(keys ...string) float64 {
	value := a.at(keys...)
	number, ok := value.(float64)
	a.t.that(fmt.Sprintf("%s: %s is a number, not %v", a.what, strings.Join(keys, "."), value), ok)
	return number
}

// list answers the array of the member that the keys lead to; that it is an array of objects is checked.
func (a answer) list(keys ...string) []map[string]any {
	value := a.at(keys...)
	array, ok := value.([]any)
	a.t.that(fmt.Sprintf("%s: %s is an array, not %v", a.what, strings.Join(keys, "."), value), ok)
	objects := make([]map[string]any, 0, len(array))
	for _, element := range array {
		object, ok := element.(map[string]any)
		a.t.that(a.what+": an element is an object", ok)
		objects = append(objects, object)
	}
	return objects
}
