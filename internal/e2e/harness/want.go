package harness

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// WantOutput fails the test unless a command exited with a code and its output
// contains all texts.
func WantOutput(t testing.TB, code int, output string, wantCode int, want []string) {
	t.Helper()
	if code != wantCode {
		t.Errorf("exited with %d, want %d: %s", code, wantCode, output)
	}
	for _, text := range want {
		if !strings.Contains(output, text) {
			t.Errorf("the output lacks %q: %s", text, output)
		}
	}
}

// Get returns the body of a URL that is not in the contract. It fails the test
// unless the status is want.
func Get(t testing.TB, url string, want int) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // the body is read
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != want {
		t.Errorf("%s returned %d %s, %v; want %d", url, resp.StatusCode, text, err, want)
	}
	return string(text)
}
