// Command peering is the VPC peering service and its command line client in one binary.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
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
	// terminal tells whether somebody reads what is written there as it is written.
	terminal func(io.Writer) bool
	// format is what --output says.
	format format
	// parsed tells that the command line was right, so that an error is not about it.
	parsed bool
}

// run is the whole program: it answers the exit code. The end of ctx stops a server.
func run(ctx context.Context, args []string, stdout, stderr io.Writer, getenv func(string) string) int {
	p := &program{stdin: os.Stdin, stdout: stdout, stderr: stderr, getenv: getenv, terminal: isTerminal}
	return p.run(ctx, args)
}

func (p *program) run(ctx context.Context, args []string) int {
	root := p.rootCommand()
	root.SetArgs(args)
	command, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	if !p.parsed {
		// A flag that is wrong ends the parsing, so --output may not have been seen.
		p.format = formatIn(args)
		err = usageError{err}
	}
	p.printError(command.CommandPath(), err)
	return exitCode(err)
}

// rootCommand answers the tree of all commands.
func (p *program) rootCommand() *cobra.Command {
	root := group(&cobra.Command{
		Use:           "peering",
		Short:         "The VPC peering service and its command line client",
		Long:          "The VPC peering service and its command line client.\n\n" + settingsHelp + "\n\n" + outputHelp + "\n\n" + exitCodeHelp,
		Example:       rootExample,
		SilenceErrors: true,
		SilenceUsage:  true,
	})
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	root.SetHelpFunc(printHelp)
	root.SetHelpCommand(helpCommand())
	root.CompletionOptions.DisableDefaultCmd = true
	p.format = formatTable
	root.PersistentFlags().VarP(&p.format, "output", "o", "how to print: table, json or yaml; errors, too")
	complete(root, "output", formats...)
	root.AddCommand(p.serveCommand(), p.tokenCommand(), p.contextCommand(), p.completionCommand(), p.versionCommand())
	root.AddCommand(p.storeCommands()...)
	root.AddCommand(p.clientCommands()...)
	root.InitDefaultHelpCmd()
	return root
}

const rootExample = `  peering serve --data-dir ./data --inventory examples/inventory.yaml
  peering create myVpc --cluster 1000000 --peer-vpc f4da5a55-fcd9-4a93-8b86-5b81585e14bb --wait
  peering list --status PENDING_ACCEPTANCE -o json
  peering accept 7e974044-bcc1-4f25-aff8-5f10cb347b0f`

// group makes a command of one that only holds others: without one of these it shows its help.
func group(cmd *cobra.Command) *cobra.Command {
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		err := fmt.Errorf("unknown command %q for %q", args[0], cmd.CommandPath())
		if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
			err = fmt.Errorf("%w; is %q meant?", err, strings.Join(near, `" or "`))
		}
		return err
	}
	cmd.SuggestionsMinimumDistance = 2
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	return cmd
}

// action marks that the command line was right before it runs what a command does.
func (p *program) action(do func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		p.parsed = true
		return do(cmd.Context(), args)
	}
}
