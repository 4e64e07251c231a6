package harness

import (
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
