package main

import (
	"io"
	"os"
	"strings"
	"unicode"

	"golang.org/x/term"
)

// isTerminal tells whether what is written there is shown on a terminal.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// The colours of a terminal.
const (
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	reset  = "\x1b[0m"
)

// statusColours tell at a glance what needs somebody. A status that is not here has no colour.
var statusColours = map[string]string{
	"ACTIVE":             green,
	"cluster_running":    green,
	"PENDING_ACCEPTANCE": yellow,
	"REJECTED":           red,
	"EXPIRED":            red,
}

// inColour is a text with a terminal's commands in it, which are the program's own.
type inColour string

// coloured answers a status as it is shown: in colour on a terminal that has some, unless NO_COLOR (no-color.org) says
// otherwise.
func (p *program) coloured(status string) any {
	colour := statusColours[status]
	if colour == "" || p.getenv("NO_COLOR") != "" || p.getenv("TERM") == "dumb" || !p.terminal(p.stdout) {
		return status
	}
	return inColour(colour + status + reset)
}

// printable takes the characters out of a text that a terminal would obey: it may come from any service.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}
