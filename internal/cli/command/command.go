// Package command holds what every command of the program is built from: its
// environment, argument checks, usage errors and shell completion of flags.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/peering/peering/internal/cli/output"
)

// Env is what a command may use of the process that runs it.
type Env struct {
	Stdin io.Reader
	// Printer writes results to standard output, errors and progress to
	// standard error. Its Getenv is the environment of the command.
	*output.Printer
}

// NewEnv returns the environment of a command that prints tables.
func NewEnv(stdin io.Reader, stdout, stderr io.Writer, getenv func(string) string) *Env {
	return &Env{
		Stdin: stdin,
		Printer: &output.Printer{
			Out: stdout, Err: stderr, Format: output.Table, Getenv: getenv, IsTerminal: output.IsTerminal,
		},
	}
}

// UsageError reports an invalid command line, flag value or configuration
// file. The program exits with code 2 and refers to the command's help.
type UsageError struct{ Err error }

// Usagef returns a UsageError with a formatted message. It supports %w.
func Usagef(format string, args ...any) error {
	return UsageError{fmt.Errorf(format, args...)}
}

func (e UsageError) Error() string { return e.Err.Error() }

// Unwrap returns the underlying error.
func (e UsageError) Unwrap() error { return e.Err }

// runError marks an error of a command whose command line was valid.
type runError struct{ error }

func (e runError) Unwrap() error { return e.error }

// Run returns the RunE of a command. An error that cobra returns without having
// called a RunE of this function is about the command line: see Classify.
func Run(do func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if err := do(cmd.Context(), args); err != nil {
			return runError{err}
		}
		return nil
	}
}

// Classify returns the error of a command without its mark, or a UsageError
// when cobra refused the command line before the command ran. parsed reports
// whether the command ran.
func Classify(err error) (cause error, parsed bool) {
	if marked, ok := errors.AsType[runError](err); ok {
		return marked.error, true
	}
	return UsageError{err}, false
}

// Group turns a command that only holds subcommands into one that shows its
// help when called without any, and suggests similar names for unknown ones.
func Group(cmd *cobra.Command) *cobra.Command {
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		err := fmt.Errorf("unknown command %q for %q", args[0], cmd.CommandPath())
		if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
			err = fmt.Errorf("%w; did you mean %q?", err, strings.Join(near, `" or "`))
		}
		return err
	}
	cmd.SuggestionsMinimumDistance = 2
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	return cmd
}

// Arguments requires exactly one argument for each of the names.
func Arguments(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return fmt.Errorf("missing argument %s: %s", strings.Join(names[len(args):], " and "), cmd.UseLine())
		case len(args) > len(names):
			return fmt.Errorf("unexpected argument %q: %s", args[len(names)], cmd.UseLine())
		default:
			return nil
		}
	}
}
