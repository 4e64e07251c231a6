package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// document is a Markdown file.
type document struct {
	name   string
	blocks []block
}

// readDocuments reads README.md and docs/ and checks their links.
func readDocuments(dir string) ([]document, error) {
	files, err := filepath.Glob(filepath.Join(dir, "docs", "*.md"))
	if err != nil {
		return nil, err
	}
	var documents []document
	var errs []error
	for _, file := range append([]string{filepath.Join(dir, "README.md")}, files...) {
		text, err := os.ReadFile(file) //nolint:gosec // a file of the repository
		if err != nil {
			return nil, err
		}
		name := strings.TrimPrefix(file, dir+string(filepath.Separator))
		if err := checkLinks(filepath.Dir(file), string(text)); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
		documents = append(documents, document{name, parse(string(text))})
	}
	return documents, errors.Join(errs...)
}

// block is a fenced code block.
type block struct {
	language string
	lines    []string
	// line is the number of its first line in the document.
	line int
}

// parse returns the fenced code blocks of a Markdown document.
func parse(text string) []block {
	var blocks []block
	var current *block
	for i, line := range strings.Split(text, "\n") {
		language, isFence := strings.CutPrefix(line, "```")
		switch {
		case isFence && current == nil:
			current = &block{language: language, line: i + 2}
		case isFence:
			blocks = append(blocks, *current)
			current = nil
		case current == nil:
		case len(current.lines) > 0 && strings.HasSuffix(current.lines[len(current.lines)-1], "\\") && current.language != "go":
			last := &current.lines[len(current.lines)-1] // the command continues
			*last = strings.TrimSuffix(*last, "\\") + strings.TrimLeft(line, " ")
		default:
			current.lines = append(current.lines, line)
		}
	}
	return blocks
}

var links = regexp.MustCompile(`\[([^\]]*)\]\(([^)\s]+)\)`)

// checkLinks returns an error for relative links to missing files, and for links
// named after a test that the linked file does not have.
func checkLinks(dir, text string) error {
	var errs []error
	for _, link := range links.FindAllStringSubmatch(text, -1) {
		name, target := strings.Trim(link[1], "`"), link[2]
		if strings.Contains(target, "://") || strings.HasPrefix(target, "#") {
			continue
		}
		path, _, _ := strings.Cut(target, "#")
		path = filepath.Join(dir, path)
		if _, err := os.Stat(path); err != nil { //nolint:gosec // a file of the repository
			errs = append(errs, fmt.Errorf("link [%s]: %w", name, err))
			continue
		}
		if !strings.HasPrefix(name, "Test") {
			continue
		}
		content, err := os.ReadFile(path) //nolint:gosec // a file of the repository
		if err != nil {
			errs = append(errs, fmt.Errorf("link [%s]: %w", name, err))
		} else if !strings.Contains(string(content), "func "+name+"(") {
			errs = append(errs, fmt.Errorf("link [%s]: %s has no such test", name, target))
		}
	}
	return errors.Join(errs...)
}

// changing matches what differs in every run: UUIDs of version 7, request ids and
// times.
var changing = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}` +
	`|"request_id":"[^"]+"|\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\b|\b1\d{12}\b`)

// compare returns an error unless the output has the expected lines. A line "…"
// stands for any number of lines. The white space of JSON is ignored.
func compare(expected []string, printed string) error {
	want, wantOK := compactJSON(strings.Join(expected, "\n"))
	if got, ok := compactJSON(printed); ok && wantOK {
		expected, printed = []string{want}, got
	}
	rest := lines(printed)
	skip := false
	for _, want := range expected {
		if want == "…" {
			skip = true
			continue
		}
		want = changing.ReplaceAllString(want, "ID")
		for skip && len(rest) > 0 && rest[0] != want {
			rest = rest[1:]
		}
		if len(rest) == 0 || rest[0] != want {
			return fmt.Errorf("the output lacks the line %q; it is\n%s", want, printed)
		}
		rest, skip = rest[1:], false
	}
	if len(rest) > 0 && !skip {
		return fmt.Errorf("the output has the additional line %q; it is\n%s", rest[0], printed)
	}
	return nil
}

// compactJSON removes the white space of a JSON text. It reports whether the text
// is JSON.
func compactJSON(text string) (string, bool) {
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(text)); err != nil {
		return "", false
	}
	return compact.String(), true
}

// lines returns the lines of an output without what differs in every run.
func lines(printed string) []string {
	printed = strings.TrimRight(strings.ReplaceAll(printed, "\r\n", "\n"), "\n")
	if printed == "" {
		return nil
	}
	return strings.Split(changing.ReplaceAllString(printed, "ID"), "\n")
}
