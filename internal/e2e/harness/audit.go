package harness

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Audit returns the audit lines of a JSON log that contain a text, such as a
// request id.
func (b *Buffer) Audit(t testing.TB, text string) []map[string]any {
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

// WantAudit fails the test unless the audit lines are those wanted, in the form
// "changed create peering by caller user=alice to=ACTIVE".
func WantAudit(t testing.TB, lines []map[string]any, want ...string) {
	t.Helper()
	var got []string
	for _, line := range lines {
		got = append(got, summarize(line))
	}
	if !slices.Equal(got, want) {
		t.Errorf("the audit log is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// summarize returns an audit line in short.
func summarize(line map[string]any) string {
	words := []string{fmt.Sprint(line["outcome"]), fmt.Sprint(line["action"]), "by", fmt.Sprint(line["by"])}
	for _, key := range []string{"user", "credentials", "from", "to", "reason"} {
		if value, ok := line[key]; ok && value != "" {
			words = append(words, fmt.Sprintf("%s=%v", key, value))
		}
	}
	return strings.Join(words, " ")
}
