// Command peering is the VPC peering service and its command line client in one binary.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	// A second signal ends the process at once.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr, os.Getenv))
}

// program is what all commands share.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer

	getenv func(string) string
	// parsed tells that the command line was right, so that an error is not about it.
	parsed bool
}

// run is the whole program: it answers the exit code. The end of ctx stops a server.
func run(ctx context.Context, args []string, stdout, stderr io.Writer, getenv func(string) string) int {
	p := &program{stdin: os.Stdin, stdout: stdout, stderr: stderr, getenv: getenv}
	root := &cobra.Command{
		Use:           "peering",
		Short:         "The VPC peering service and its command line client",
		Long:          "The VPC peering service and its command line client.\n\n" + credentialsHelp + "\n\n" + exitCodeHelp,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.AddCommand(p.serveCommand())
	root.AddCommand(p.tokenCommand())
	root.AddCommand(p.storeCommands()...)
	root.AddCommand(p.clientCommands()...)
	command, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	if !p.parsed {
		err = usageError{err}
	}
	_, _ = fmt.Fprintln(stderr, "peering:", explain(err)) // there is no other place to say it
	if _, ok := errors.AsType[usageError](err); ok {
		_, _ = fmt.Fprintf(stderr, "See '%s --help'.\n", command.CommandPath())
	}
	return exitCode(err)
}

// action marks that the command line was right before it runs what a command does.
func (p *program) action(do func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		p.parsed = true
		return do(cmd.Context(), args)
	}
}
