// Package output prints the results, errors and progress of commands as
// tables, JSON or YAML. It depends on no other package of the program.
package output

import (
	"fmt"
	"io"
)

// Printer prints in one format. Results go to Out, errors and progress to Err.
type Printer struct {
	Out, Err io.Writer
	Format   Format
	// Getenv reads environment variables, here NO_COLOR and TERM.
	Getenv func(string) string
	// IsTerminal reports whether a writer is a terminal; IsTerminal of this
	// package unless a test replaces it.
	IsTerminal func(io.Writer) bool
}

// Print writes a value to standard output: as JSON or YAML, or as the text for
// people.
func (p *Printer) Print(value any, text func() string) error {
	if err := p.Format.write(p.Out, value, text); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// Notice writes to standard error, where several notices may follow each
// other: an object with one member as JSON or a YAML document, or the text.
func (p *Printer) Notice(name string, value any, text func() string) error {
	if p.Format == YAML {
		if _, err := io.WriteString(p.Err, "---\n"); err != nil {
			return err
		}
	}
	return p.Format.write(p.Err, map[string]any{name: value}, text)
}
