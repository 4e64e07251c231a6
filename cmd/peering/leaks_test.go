package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// secretMark is in every token and every secret key of these tests: what shows it has told a secret.
const secretMark = "canary"

// secretMarks are what no log, no answer and no output may show: secrets, and signatures.
var secretMarks = [][]byte{[]byte(secretMark), []byte("Signature=")}

// leaks are all secrets that the tests of this package have seen where there should be none. TestMain fails for them.
var leaks leakage

type leakage struct {
	mu    sync.Mutex
	found []string
}

// look looks for secrets in what was shown somewhere, from an offset on, and before it as far as a mark may reach.
func (l *leakage) look(where string, text []byte, from int) {
	for _, mark := range secretMarks {
		part := text[max(0, from-len(mark)+1):]
		at := bytes.Index(part, mark)
		if at < 0 {
			continue
		}
		l.mu.Lock()
		l.found = append(l.found, fmt.Sprintf("%s: …%q…", where, part[max(0, at-200):min(len(part), at+40)]))
		l.mu.Unlock()
	}
}

// lookAt looks for secrets in an answer.
func (l *leakage) lookAt(r *http.Request, resp *http.Response, body []byte) {
	var text bytes.Buffer
	_ = resp.Header.Write(&text) // a buffer takes all
	text.Write(body)
	l.look("the answer to "+r.Method+" "+r.URL.Path, text.Bytes(), 0)
}

// lookAtOperations looks for secrets in what the operations listener of a server answers, if it still does.
func (l *leakage) lookAtOperations(admin string) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, admin+path, http.NoBody)
		if err != nil {
			continue
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			continue
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		l.lookAt(r, resp, body)
	}
}

// report prints the secrets that were seen and answers how many there are.
func (l *leakage) report() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, found := range l.found {
		fmt.Println("a secret was shown in", found)
	}
	return len(l.found)
}
