// Package cli is the command line of the program. Its own commands call a
// service through package client; the commands that run one are passed in.
package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/peering/peering/internal/cli/command"
	"github.com/peering/peering/internal/cli/config"
	"github.com/peering/peering/internal/cli/output"
)

// Run runs the command line args, without the program's name, and returns the
// exit code. more returns commands beside those of this package. A command that
// serves stops when ctx ends.
func Run(ctx context.Context, env *command.Env, args []string, more func(*command.Env) []*cobra.Command) int {
	root := New(env, more)
	root.SetArgs(args)
	executed, err := root.ExecuteContextC(ctx)
	if err == nil {
		return ExitOK
	}
	err, parsed := command.Classify(err)
	if !parsed {
		// An invalid flag ends the parsing, possibly before --output.
		env.Format = output.FormatOf(args)
	}
	printError(env, executed.CommandPath(), err)
	return exitCode(err)
}

// New returns the root of all commands; see Run.
func New(env *command.Env, more func(*command.Env) []*cobra.Command) *cobra.Command {
	root := command.Group(&cobra.Command{
		Use:           "peering",
		Short:         "The VPC peering service and its command line client",
		Long:          "The VPC peering service and its command line client.\n\n" + config.Help + "\n\n" + outputHelp + "\n\n" + exitCodeHelp,
		Example:       rootExample,
		SilenceErrors: true,
		SilenceUsage:  true,
	})
	root.SetOut(env.Out)
	root.SetErr(env.Err)
	root.SetHelpFunc(printHelp)
	root.SetHelpCommand(helpCommand())
	root.CompletionOptions.DisableDefaultCmd = true
	root.PersistentFlags().VarP(&env.Format, "output", "o", "format of results and errors: table, json or yaml")
	command.CompleteFlag(root, "output", output.Formats...)
	if more != nil {
		root.AddCommand(more(env)...)
	}
	root.AddCommand(tokenCommand(env), contextCommand(env), completionCommand(), versionCommand(env))
	root.AddCommand(sessions(env, createCommand, listCommand, showCommand, deleteCommand, acceptCommand, rejectCommand, renameCommand)...)
	root.AddCommand(routeCommand(env), clusterCommand(env))
	root.InitDefaultHelpCmd()
	return root
}

const rootExample = `  peering serve --data-dir ./data --inventory examples/inventory.yaml
  peering create myVpc --cluster 1000000 --peer-vpc f4da5a55-fcd9-4a93-8b86-5b81585e14bb --wait
  peering list --status PENDING_ACCEPTANCE -o json
  peering accept 7e974044-bcc1-4f25-aff8-5f10cb347b0f`

const outputHelp = `-o json and -o yaml print the service's response, a list as an array. Errors and the progress of --wait are then printed in
the same format on standard error. Commands without a result, such as delete, print nothing.`
