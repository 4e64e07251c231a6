package harness

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// SecretMark is part of every token and every secret key in tests, so output
// that contains it leaks a secret.
const SecretMark = "canary"

// secretMarks must not appear in any log, response or output.
var secretMarks = [][]byte{[]byte(SecretMark), []byte("Signature=")}

// secrets records the leaks that tests find; Main fails the run for them.
var secrets leaks

type leaks struct {
	mu    sync.Mutex
	found []string
}

// CheckForSecrets records the secrets in an output that a test collected by
// itself.
func CheckForSecrets(where string, text []byte) { secrets.check(where, text, 0) }

// check records the secrets in text from an offset on, including those that
// begin just before it.
func (l *leaks) check(where string, text []byte, from int) {
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

// checkResponse records the secrets in a response.
func (l *leaks) checkResponse(r *http.Request, resp *http.Response, body []byte) {
	var text bytes.Buffer
	_ = resp.Header.Write(&text) // a buffer returns no error
	text.Write(body)
	l.check("the response to "+r.Method+" "+r.URL.Path, text.Bytes(), 0)
}

// checkAdmin records the secrets in the responses of a server's admin listener
// if it still runs.
func (l *leaks) checkAdmin(admin string) {
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
		l.checkResponse(r, resp, body)
	}
}

// report prints the leaks and returns their number.
func (l *leaks) report() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, found := range l.found {
		fmt.Println("secret leaked in", found)
	}
	return len(l.found)
}
