package output

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Format is how commands print results and errors. It implements pflag.Value.
type Format string

// The formats. A command prints a table unless told otherwise.
const (
	Table Format = "table"
	JSON  Format = "json"
	YAML  Format = "yaml"
)

// Formats lists the formats as flag values.
var Formats = []string{string(Table), string(JSON), string(YAML)}

// String returns the format's name.
func (f *Format) String() string { return string(*f) }

// Type returns the placeholder that help texts show for the value.
func (f *Format) Type() string { return "FORMAT" }

// Set parses a format's name.
func (f *Format) Set(text string) error {
	if !slices.Contains(Formats, text) {
		return fmt.Errorf("%q is not table, json or yaml", text)
	}
	*f = Format(text)
	return nil
}

// FormatOf returns the last valid format in the arguments of a command line
// that may be invalid otherwise, Table without one.
func FormatOf(args []string) Format {
	found := Table
	for i, arg := range args {
		value, ok := strings.CutPrefix(arg, "--output=")
		switch {
		case ok:
		case arg == "--":
			return found
		case arg == "-o" || arg == "--output":
			if i+1 < len(args) {
				value = args[i+1]
			}
		case strings.HasPrefix(arg, "-o"):
			value = strings.TrimPrefix(arg[2:], "=")
		}
		if slices.Contains(Formats, value) {
			found = Format(value)
		}
	}
	return found
}

// write writes a value in the format, or the text for a table.
func (f Format) write(w io.Writer, value any, text func() string) error {
	switch f {
	case JSON:
		return writeJSON(w, value)
	case YAML:
		return writeYAML(w, value)
	default:
		_, err := fmt.Fprintln(w, text())
		return err
	}
}
