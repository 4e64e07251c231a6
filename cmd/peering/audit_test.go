package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// audit answers the lines of a log in JSON that are called audit and hold a text, such as a request's id.
func (b *lockedBuffer) audit(t testing.TB, text string) []map[string]any {
	t.Helper()
	var found []map[string]any
	for line := range strings.Lines(b.String()) {
		if !strings.Contains(line, `"msg":"audit"`) || !strings.Contains(line, text) {
			continue
		}
		var members map[string]any
		if err := json.Unmarshal([]byte(line), &members); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		found = append(found, members)
	}
	return found
}
