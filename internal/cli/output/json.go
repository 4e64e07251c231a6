package output

import (
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"
)

// terminalControls are control characters that JSON allows unescaped but
// terminals interpret.
var terminalControls = regexp.MustCompile(`[\x{7f}-\x{9f}]`)

func writeJSON(w io.Writer, value any) error {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(value); err != nil {
		return err
	}
	_, err := io.WriteString(w, terminalControls.ReplaceAllStringFunc(text.String(), func(control string) string {
		r, _ := utf8.DecodeRuneInString(control)
		return fmt.Sprintf(`\u%04x`, r)
	}))
	return err
}
