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
	for name, content := range map[string]string{"results.tsv": lines.String(), "claims.tsv": claimed.String(), "plot.svg": plot(results)} {
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil { //nolint:gosec // they are there to be read
			return err
		}
	}
	if err := fill("README.md", map[string]string{"results": resultsTable(results), "claims": claimsTable(kept)}); err != nil {
		return err
	}
	return fill("../validate/README.md", map[string]string{"results": summary(results)})
}

// fill puts tables into a file, each between its markers.
func fill(file string, tables map[string]string) error {
	data, err := os.ReadFile(file) //nolint:gosec // one of two
	if err != nil {
		return err
	}
	text := string(data)
	for name, table := range tables {
		if text, err = between(text, name, table); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return os.WriteFile(file, []byte(text), 0o644) //nolint:gosec // it is there to be read
}

// between replaces what stands between the markers of a name.
func between(text, name, content string) (string, error) {
	begin, end := "<!-- "+name+" -->\n", "<!-- end of "+name+" -->"
	before, rest, ok := strings.Cut(text, begin)
	_, after, found := strings.Cut(rest, end)
	if !ok || !found {
		return "", fmt.Errorf("there are no markers %q and %q", begin, end)
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

// summary has a line for each variant.
func summary(results []result) string {
	var b strings.Builder
	last := sizes[len(sizes)-1]
	b.WriteString("| | small body | the same, " + counted(last) + " | small, refused | 7 kB | 7 kB, refused | allocations, small |\n|---|" + strings.Repeat("---:|", 6) + "\n")
	for _, v := range variants {
		ratio := func(paths int, body string) string {
			if v.lenient && strings.HasSuffix(body, "-invalid") {
				return "accepts it"
			}
			return short(find(results, v.name, paths, body).ratio)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %.0f |\n", v.name, ratio(1, "seed"), ratio(last, "seed"),
			ratio(1, "seed-invalid"), ratio(1, "7k"), ratio(1, "7k-invalid"), find(results, v.name, 1, "seed").allocs)
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
