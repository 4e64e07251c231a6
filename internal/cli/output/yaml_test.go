package output_test

import (
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/peering/peering/internal/cli/output"
)

// TestYAMLRoundTrip writes texts that YAML parsers take for other types unless
// they are quoted.
func TestYAMLRoundTrip(t *testing.T) {
	for _, text := range []string{
		"", "no", "Yes", "on", "null", "~", "12", "1e3", "0x1f", "1_000", "12:30:45", "2026-11-24", "2026-11-24T08:00:00",
		"a: b", "# c", "- d", "{e", "[f", "*g", "&h", "!i", "%j", "@k", "`l", "'m", "\"n", "o\n", " p", "|", ">", "?", "\u0085", "\u2028", "\x7f", "é", "😀",
	} {
		var written strings.Builder
		if err := output.WriteYAML(&written, map[string]string{"text": text}); err != nil {
			t.Fatal(err)
		}
		var read struct{ Text string }
		var loose map[string]any
		if err := yaml.Unmarshal([]byte(written.String()), &read); err != nil || read.Text != text {
			t.Errorf("%q is written as %q and read as %q, %v", text, &written, read.Text, err)
		}
		if err := yaml.Unmarshal([]byte(written.String()), &loose); err != nil || loose["text"] != text {
			t.Errorf("%q is written as %q and read as %#v, %v", text, &written, loose["text"], err)
		}
	}
	for _, text := range []string{"no", "on", "12:30:45", "2026-11-24", "2026-11-24T08:00:00"} {
		var written strings.Builder
		if err := output.WriteYAML(&written, text); err != nil || !strings.HasPrefix(written.String(), `"`) {
			t.Errorf("%q is written as %q, which YAML 1.1 reads otherwise; %v", text, &written, err)
		}
	}
}
