// Command readme runs the commands and programs of README.md and docs/ in a clean
// copy of the repository. It fails if one fails, or if its output differs from
// what the document shows.
//
// It runs the documents against one server, README.md first, and in each the
// blocks of these languages:
//
//   - sh: every line. "make run" keeps running until the end.
//   - console: lines that start with "$ ", followed by their expected output. A
//     line "…" stands for any number of lines, and JSON may be formatted.
//   - go: runs a program, a test or, without a package clause, a function body,
//     which is only compiled if it has placeholders. A text block that follows
//     contains the expected output.
//
// In commands, ID stands for the id of the peering that was created last. Ids and
// times that differ in every run are ignored in comparisons. Relative links must
// exist, linked tests must be in the linked file, and the benchmark's figures in
// README.md must be those in bench/results.tsv.
//
// The server listens on the addresses that README.md shows, 127.0.0.1:8080 and
// 127.0.0.1:8081, which must be free. Nothing but Go modules is downloaded.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// timeout bounds the whole run, including builds with an empty cache.
const timeout = 10 * time.Minute

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "readme:", err)
		os.Exit(1)
	}
	fmt.Println("the documentation is correct")
}

func run() (err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	root, err := output(ctx, ".", "git", "rev-parse", "--show-toplevel")
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "peering-readme-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := copyTracked(ctx, strings.TrimSpace(root), dir); err != nil {
		return fmt.Errorf("copy the repository: %w", err)
	}
	documents, err := readDocuments(dir)
	if err != nil {
		return err
	}
	if err := checkFigures(dir); err != nil {
		return err
	}
	if err := checkFree("127.0.0.1:8080", "127.0.0.1:8081"); err != nil {
		return err
	}
	r := &runner{dir: dir}
	defer func() {
		err = errors.Join(err, r.stopServer())
		if err != nil {
			fmt.Fprintf(os.Stderr, "the server's log:\n%s\n", &r.log)
		}
	}()
	for _, d := range documents {
		for _, b := range d.blocks {
			if err := r.run(ctx, b); err != nil {
				return fmt.Errorf("%s:%d: %w", d.name, b.line, err)
			}
		}
	}
	return nil
}

// copyTracked copies the files that git tracks, with their current content.
func copyTracked(ctx context.Context, root, dir string) error {
	list, err := output(ctx, root, "git", "ls-files", "-z")
	if err != nil {
		return err
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(list, "\x00"), "\x00") {
		from, to := filepath.Join(root, name), filepath.Join(dir, name)
		info, err := os.Stat(from)
		if errors.Is(err, os.ErrNotExist) {
			continue // deleted, but not yet committed
		}
		if err != nil {
			return err
		}
		content, err := os.ReadFile(from) //nolint:gosec // a file of the repository
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o750); err != nil {
			return err
		}
		if err := os.WriteFile(to, content, info.Mode().Perm()); err != nil { //nolint:gosec // in the copy
			return err
		}
	}
	return nil
}
