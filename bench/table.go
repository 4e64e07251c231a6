package main

import (
	"fmt"
	"os"
	"strings"
)

// write puts the results into files.
func write(results []result, kept []claim) error {
	var lines, claimed strings.Builder
	lines.WriteString("variant\tpaths\tbody\tns_op\tratio\tallocs_op\tbytes_op\n")
	for _, r := range results {
		fmt.Fprintf(&lines, "%s\t%d\t%s\t%.0f\t%.3f\t%.0f\t%.0f\n", r.variant, r.paths, r.body, r.ns, r.ratio, r.allocs, r.bytes)
	}
	claimed.WriteString("claim\tvalue\tbound\tholds\n")
	for _, c := range kept {
		fmt.Fprintf(&claimed, "%s\t%.3f\t%s\t%t\n", c.text, c.value, c.limit(), c.holds())
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		return err
	}
	text, err := between(string(readme), "results", resultsTable(results))
	if err != nil {
		return err
	}
	if text, err = between(text, "claims", claimsTable(kept)); err != nil {
		return err
	}
	for name, content := range map[string]string{
		"results.tsv": lines.String(), "claims.tsv": claimed.String(), "plot.svg": plot(results), "README.md": text,
	} {
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil { //nolint:gosec // they are there to be read
			return err
		}
	}
	return nil
}

// between replaces what stands between the markers of a name.
func between(text, name, content string) (string, error) {
	begin, end := "<!-- "+name+" -->\n", "<!-- end of "+name+" -->"
	before, rest, ok := strings.Cut(text, begin)
	_, after, found := strings.Cut(rest, end)
	if !ok || !found {
		return "", fmt.Errorf("README.md has no markers %q and %q", begin, end)
	}
	return before + begin + "\n" + content + "\n" + end + after, nil
}

// resultsTable has a line for every body and variant.
func resultsTable(results []result) string {
	var b strings.Builder
	b.WriteString("| body | variant |")
	for _, paths := range sizes {
		fmt.Fprintf(&b, " %s |", counted(paths))
	}
	b.WriteString(" µs, 1 path | allocations | bytes |\n|---|---|" + strings.Repeat("---:|", len(sizes)+3) + "\n")
	for _, sent := range bodies() {
		for _, v := range variants {
			first := find(results, v.name, sizes[0], sent.name)
			fmt.Fprintf(&b, "| %s | %s |", sent.name, v.name)
			for _, paths := range sizes {
				fmt.Fprintf(&b, " %s |", short(find(results, v.name, paths, sent.name).ratio))
			}
			fmt.Fprintf(&b, " %s | %.0f | %.0f |\n", short(first.ns/1000), first.allocs, first.bytes)
		}
	}
	return b.String()
}

func claimsTable(kept []claim) string {
	var b strings.Builder
	b.WriteString("| what | measured | meant to be |\n|---|---:|---:|\n")
	for _, c := range kept {
		limit := c.limit()
		if !c.holds() {
			limit += ", missed"
		}
		fmt.Fprintf(&b, "| %s | %.2f | %s |\n", c.text, c.value, limit)
	}
	return b.String()
}

// limit answers the bound as text.
func (c claim) limit() string {
	switch {
	case c.bound == 0:
		return ""
	case c.atLeast:
		return fmt.Sprintf("≥ %v", c.bound)
	default:
		return fmt.Sprintf("≤ %v", c.bound)
	}
}

// String implements fmt.Stringer.
func (c claim) String() string {
	verdict := ""
	if !c.holds() {
		verdict = ", missed"
	}
	return fmt.Sprintf("%6.3f %s%s  %s", c.value, c.limit(), verdict, c.text)
}

func counted(paths int) string {
	if paths == 1 {
		return "1 path"
	}
	return fmt.Sprintf("%d paths", paths)
}

// short answers a number with two or three digits that count.
func short(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.2f", v)
	}
}
