// Command slowest reads the output of go test -json, prints what go test would
// have printed without it, and then the ten slowest tests. It exits with 1 if a
// test or a build failed, or if no test ran.
//
//	go test -json ./... | go run ./slowest
package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// shown is the number of tests in the table.
const shown = 10

// event is a line of go test -json; see go doc test2json.
type event struct {
	Action, Package, Test, Output string
	Elapsed                       float64
}

// result is the result of a test or, if the name is empty, of a package.
type result struct {
	pkg, name string
	seconds   float64
}

func main() {
	failed, err := run(os.Stdin, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "slowest:", err)
		failed = true
	}
	if failed {
		os.Exit(1)
	}
}

// run copies the test output from in to out and appends the table of the
// slowest tests. It reports whether anything failed or no test ran.
func run(in io.Reader, out io.Writer) (failed bool, err error) {
	w := bufio.NewWriter(out)
	p := printer{w: w, output: map[string][]string{}}
	reader := bufio.NewReader(in)
	for {
		line, readErr := reader.ReadString('\n')
		if line != "" {
			p.add(line)
			err = errors.Join(err, w.Flush())
		}
		if readErr == io.EOF {
			break
		}
		if readErr != nil {
			return true, errors.Join(err, readErr)
		}
	}
	p.printSlowest()
	return p.failed || len(p.results) == 0, errors.Join(err, w.Flush())
}

// printer prints events like go test without -v: of the tests, only the output
// of those that fail.
type printer struct {
	w io.Writer
	// output is the output of running tests by package and test.
	output  map[string][]string
	results []result
	failed  bool
}

func (p *printer) add(line string) {
	var e event
	if json.Unmarshal([]byte(line), &e) != nil || e.Action == "" {
		_, _ = io.WriteString(p.w, line) // not an event: an error of go test itself
		return
	}
	key := e.Package + " " + e.Test
	switch e.Action {
	case "output", "build-output":
		if e.Test != "" {
			p.output[key] = append(p.output[key], e.Output)
		} else if e.Output != "PASS\n" {
			_, _ = io.WriteString(p.w, e.Output)
		}
	case "pass", "fail", "skip":
		if e.Action == "fail" {
			p.failed = true
			p.printOutput(key)
		}
		delete(p.output, key)
		if e.Test != "" && e.Action != "skip" {
			p.results = append(p.results, result{e.Package, e.Test, e.Elapsed})
		}
	case "build-fail":
		p.failed = true
	}
}

// printOutput prints the output of a test without the lines that only -v has.
func (p *printer) printOutput(key string) {
	for _, text := range p.output[key] {
		if !strings.HasPrefix(text, "=== ") {
			_, _ = io.WriteString(p.w, text)
		}
	}
}

// printSlowest prints the slowest top-level tests.
func (p *printer) printSlowest() {
	tests := slices.DeleteFunc(p.results, func(r result) bool { return strings.Contains(r.name, "/") })
	slices.SortStableFunc(tests, func(a, b result) int { return cmp.Compare(b.seconds, a.seconds) })
	_, _ = fmt.Fprintln(p.w, "\nslowest tests:")
	for _, t := range tests[:min(len(tests), shown)] {
		_, _ = fmt.Fprintf(p.w, "%8.1fs  %s  %s\n", t.seconds, t.name, t.pkg)
	}
}
