package main

import (
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/peering/peering/client"
)

const outputHelp = `-o json and -o yaml print what a command answers as the service does, a list as an array. Errors are then printed on
standard error in the same format, and so is what --wait waits for. Commands that answer nothing, such as delete, print
nothing.`

// format is how a command prints what it answers; also an error.
type format string

const (
	formatTable format = "table"
	formatJSON  format = "json"
	formatYAML  format = "yaml"
)

var formats = []string{string(formatTable), string(formatJSON), string(formatYAML)}

// String, Set and Type make a flag of it.
func (f *format) String() string { return string(*f) }

// Type names the value in a help.
func (f *format) Type() string { return "FORMAT" }

// Set takes one of the formats.
func (f *format) Set(text string) error {
	if !slices.Contains(formats, text) {
		return fmt.Errorf("%q is not table, json or yaml", text)
	}
	*f = format(text)
	return nil
}

// formatIn answers the last format that a command line asks for, which need not be right otherwise.
func formatIn(args []string) format {
	wanted := formatTable
	for i, arg := range args {
		value, ok := strings.CutPrefix(arg, "--output=")
		switch {
		case ok:
		case arg == "--":
			return wanted
		case arg == "-o" || arg == "--output":
			if i+1 < len(args) {
				value = args[i+1]
			}
		case strings.HasPrefix(arg, "-o"):
			value = strings.TrimPrefix(arg[2:], "=")
		}
		if slices.Contains(formats, value) {
			wanted = format(value)
		}
	}
	return wanted
}

// columns say how objects of a kind are shown in a table.
type columns[T any] struct {
	header table.Row
	row    func(*program, T) table.Row
}

var peeringHeader = table.Row{"ID", "NAME", "STATUS", "REQUESTER VPC", "REQUESTER TENANT", "ACCEPTER VPC", "ACCEPTER TENANT"}

var clusterPeerings = columns[client.Peering]{
	header: peeringHeader,
	row: func(p *program, v client.Peering) table.Row {
		requester, accepter := v.RequestVPCInfo, v.AcceptVPCInfo
		return table.Row{v.ID, v.Name, p.coloured(string(v.Status)), requester.VPCID, requester.TenantID, accepter.VPCID, accepter.TenantID}
	},
}

var vpcPeerings = columns[client.VPCPeering]{
	header: peeringHeader,
	row: func(p *program, v client.VPCPeering) table.Row {
		requester, accepter := v.RequestVPCInfo, v.AcceptVPCInfo
		return table.Row{v.ID, v.Name, p.coloured(string(v.Status)), requester.VPCID, requester.TenantID, accepter.VPCID, accepter.TenantID}
	},
}

// show prints what a call answered: one object.
func show[T any](p *program, value T, how columns[T], err error) error {
	if err != nil {
		return err
	}
	return p.print(value, func() string { return tableOf(how.header, []table.Row{how.row(p, value)}) })
}

// showAll prints what a call answered: a list.
func showAll[T any](p *program, values []T, how columns[T], err error) error {
	if err != nil {
		return err
	}
	return p.print(values, func() string {
		rows := make([]table.Row, len(values))
		for i, value := range values {
			rows[i] = how.row(p, value)
		}
		return tableOf(how.header, rows)
	})
}

// print prints a value on standard output, or the text of it.
func (p *program) print(value any, text func() string) error {
	if err := p.format.write(p.stdout, value, text); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// write writes a value, or the text of it where no program reads it.
func (f format) write(w io.Writer, value any, text func() string) error {
	switch f {
	case formatJSON:
		return writeJSON(w, value)
	case formatYAML:
		return writeYAML(w, value)
	default:
		_, err := fmt.Fprintln(w, text())
		return err
	}
}

// unescaped are the control characters that may stand in JSON as they are, and that terminals obey.
var unescaped = regexp.MustCompile(`[\x{7f}-\x{9f}]`)

func writeJSON(w io.Writer, value any) error {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(value); err != nil {
		return err
	}
	_, err := io.WriteString(w, unescaped.ReplaceAllStringFunc(text.String(), func(control string) string {
		r, _ := utf8.DecodeRuneInString(control)
		return fmt.Sprintf(`\u%04x`, r)
	}))
	return err
}

// tableOf renders a table. Texts are made printable.
func tableOf(header table.Row, rows []table.Row) string {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Options = table.OptionsNoBordersAndSeparators
	t.AppendHeader(header)
	for _, row := range rows {
		for i, cell := range row {
			if text, ok := cell.(string); ok {
				row[i] = printable(text)
			}
		}
		t.AppendRow(row)
	}
	t.SuppressTrailingSpaces()
	return t.Render()
}
