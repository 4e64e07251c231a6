package main

import (
	"fmt"
	"os"
	"strings"
)

// writeFiles writes the results and claims to all output files.
func writeFiles(results []result, claims []claim) error {
	var resultLines, claimLines strings.Builder
	resultLines.WriteString("variant\tpaths\tbody\tns_op\tratio\tallocs_op\tbytes_op\n")
	for _, r := range results {
		fmt.Fprintf(&resultLines, "%s\t%d\t%s\t%.0f\t%.3f\t%.0f\t%.0f\n",
			r.variant, r.paths, r.body, r.ns, r.ratio, r.allocs, r.bytes)
	}
	claimLines.WriteString("claim\tvalue\tbound\tholds\n")
	for _, c := range claims {
		fmt.Fprintf(&claimLines, "%s\t%.3f\t%s\t%t\n", c.text, c.value, c.limit(), c.holds())
	}
	for name, content := range map[string]string{
		"results.tsv": resultLines.String(), "claims.tsv": claimLines.String(), "plot.svg": plot(results),
	} {
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil { //nolint:gosec // public files
			return err
		}
	}
	tables := map[string]string{"results": resultsTable(results), "claims": claimsTable(claims)}
	if err := replaceTables("README.md", tables); err != nil {
		return err
	}
	for _, file := range []string{"../validate/README.md", "../docs/validation.md"} {
		if err := replaceTables(file, map[string]string{"results": summaryTable(results)}); err != nil {
			return err
		}
	}
	return nil
}

// replaceTables replaces the tables in a file, each between its markers.
func replaceTables(file string, tables map[string]string) error {
	data, err := os.ReadFile(file) //nolint:gosec // the file names are constants
	if err != nil {
		return err
	}
	text := string(data)
	for name, table := range tables {
		if text, err = replaceSection(text, name, table); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return os.WriteFile(file, []byte(text), 0o644) //nolint:gosec // a public file
}

// replaceSection replaces the text between the markers of a name.
func replaceSection(text, name, content string) (string, error) {
	begin, end := "<!-- "+name+" -->\n", "<!-- end of "+name+" -->"
	before, rest, ok := strings.Cut(text, begin)
	_, after, found := strings.Cut(rest, end)
	if !ok || !found {
		return "", fmt.Errorf("markers %q and %q not found", begin, end)
	}
	return before + begin + "\n" + content + "\n" + end + after, nil
}

// resultsTable returns a Markdown table with a row for every body and variant.
func resultsTable(results []result) string {
	var table strings.Builder
	table.WriteString("| body | variant |")
	for _, paths := range sizes {
		fmt.Fprintf(&table, " %s |", formatPaths(paths))
	}
	table.WriteString(" µs, 1 path | allocations | bytes |\n|---|---|" + strings.Repeat("---:|", len(sizes)+3) + "\n")
	for _, b := range bodies() {
		for _, v := range variants {
			first := find(results, v.name, sizes[0], b.name)
			fmt.Fprintf(&table, "| %s | %s |", b.name, v.name)
			for _, paths := range sizes {
				fmt.Fprintf(&table, " %s |", formatFigure(find(results, v.name, paths, b.name).ratio))
			}
			fmt.Fprintf(&table, " %s | %.0f | %.0f |\n", formatFigure(first.ns/1000), first.allocs, first.bytes)
		}
	}
	return table.String()
}

// summaryTable returns a Markdown table with a row for each variant.
func summaryTable(results []result) string {
	var b strings.Builder
	last := sizes[len(sizes)-1]
	b.WriteString("| | small body | small body, " + formatPaths(last) + " | small, invalid | 7 kB | 7 kB, invalid " +
		"| allocations, small |\n|---|" + strings.Repeat("---:|", 6) + "\n")
	for _, v := range variants {
		ratio := func(paths int, body string) string {
			if v.lenient && strings.HasSuffix(body, "-invalid") {
				return "accepted"
			}
			return formatFigure(find(results, v.name, paths, body).ratio)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %.0f |\n", v.name, ratio(1, "small"), ratio(last, "small"),
			ratio(1, "small-invalid"), ratio(1, "7k"), ratio(1, "7k-invalid"), find(results, v.name, 1, "small").allocs)
	}
	return b.String()
}

func claimsTable(claims []claim) string {
	var b strings.Builder
	b.WriteString("| figure | measured | bound |\n|---|---:|---:|\n")
	for _, c := range claims {
		limit := c.limit()
		if !c.holds() {
			limit += ", missed"
		}
		fmt.Fprintf(&b, "| %s | %.2f | %s |\n", c.text, c.value, limit)
	}
	return b.String()
}

// formatPaths formats a number of paths.
func formatPaths(paths int) string {
	if paths == 1 {
		return "1 path"
	}
	return fmt.Sprintf("%d paths", paths)
}

// formatFigure formats a number with two or three significant digits.
func formatFigure(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.2f", v)
	}
}
