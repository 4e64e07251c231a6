package output

import (
	"github.com/jedib0t/go-pretty/v6/table"
)

// Row is a row of a table. Strings in it are made Printable.
type Row = table.Row

// Columns describes how values of a type are shown in a table.
type Columns[T any] struct {
	Header Row
	Row    func(*Printer, T) Row
}

// Show prints one value, or returns err.
func Show[T any](p *Printer, value T, columns Columns[T], err error) error {
	if err != nil {
		return err
	}
	return p.Print(value, func() string { return render(columns.Header, []Row{columns.Row(p, value)}) })
}

// ShowAll prints a list of values, or returns err.
func ShowAll[T any](p *Printer, values []T, columns Columns[T], err error) error {
	if err != nil {
		return err
	}
	return p.Print(values, func() string {
		rows := make([]Row, len(values))
		for i, value := range values {
			rows[i] = columns.Row(p, value)
		}
		return render(columns.Header, rows)
	})
}

func render(header Row, rows []Row) string {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Options = table.OptionsNoBordersAndSeparators
	t.AppendHeader(header)
	for _, row := range rows {
		for i, cell := range row {
			if text, ok := cell.(string); ok {
				row[i] = Printable(text)
			}
		}
		t.AppendRow(row)
	}
	t.SuppressTrailingSpaces()
	return t.Render()
}
