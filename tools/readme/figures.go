package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// figures are the ratios in README.md, in their order there, each with the
// variant, the number of paths and the body that identify it in
// bench/results.tsv.
var figures = []struct {
	key      string
	decimals int
}{
	{"ours 1 small", 2},
	{"ours 1 7k", 2},
	{"kin-gorillamux 1 small", 1},
	{"kin-gorillamux 1 7k", 1},
	{"kin-gorillamux 500 small", 0},
	{"kin-gorillamux 500 7k", 1},
}

// checkFigures returns an error unless the figures in README.md are those of
// the benchmark.
func checkFigures(dir string) error {
	readme, err := os.ReadFile(filepath.Join(dir, "README.md")) //nolint:gosec // a file of the repository
	if err != nil {
		return err
	}
	results, err := os.ReadFile(filepath.Join(dir, "bench", "results.tsv")) //nolint:gosec // as above
	if err != nil {
		return err
	}
	ratios := map[string]float64{}
	for line := range strings.Lines(string(results)) {
		columns := strings.Split(line, "\t") // variant, paths, body, ns_op, ratio, …
		if ratio, err := strconv.ParseFloat(columns[4], 64); err == nil {
			ratios[strings.Join(columns[:3], " ")] = ratio
		}
	}
	var errs []error
	var pattern strings.Builder
	for _, f := range figures {
		ratio, ok := ratios[f.key]
		if !ok {
			errs = append(errs, fmt.Errorf("bench/results.tsv: no result for %s", f.key))
		}
		pattern.WriteString(`(?s:.*?)\b` + regexp.QuoteMeta(strconv.FormatFloat(ratio, 'f', f.decimals, 64)) + `\b`)
	}
	if len(errs) == 0 && !regexp.MustCompile(pattern.String()).Match(readme) {
		errs = append(errs, fmt.Errorf("README.md lacks figures of bench/results.tsv; it must match %s", &pattern))
	}
	return errors.Join(errs...)
}
