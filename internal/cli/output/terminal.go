package output

import (
	"io"
	"os"
	"strings"
	"unicode"

	"golang.org/x/term"
)

// IsTerminal reports whether a writer is a terminal.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// ANSI escape sequences.
const (
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	reset  = "\x1b[0m"
)

// statusColors are the colours of statuses; others have none.
var statusColors = map[string]string{
	"ACTIVE":             green,
	"cluster_running":    green,
	"PENDING_ACCEPTANCE": yellow,
	"REJECTED":           red,
	"EXPIRED":            red,
}

// colored is a text with escape sequences of this package, which Printable
// would remove.
type colored string

// Status returns a table cell for a status: coloured on a terminal that
// supports it, unless NO_COLOR is set (no-color.org).
func (p *Printer) Status(status string) any {
	color := statusColors[status]
	if color == "" || p.Getenv("NO_COLOR") != "" || p.Getenv("TERM") == "dumb" || !p.IsTerminal(p.Out) {
		return status
	}
	return colored(color + status + reset)
}

// Printable replaces the control characters in a text other than line breaks:
// text from a service must not control the terminal.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}
