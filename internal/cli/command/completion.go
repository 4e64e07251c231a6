package command

import "github.com/spf13/cobra"

// CompleteFlag makes shells offer fixed values for a flag.
func CompleteFlag(cmd *cobra.Command, flag string, values ...string) {
	CompleteFlagFunc(cmd, flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}

// CompleteNothing makes shells offer nothing, not even files, for flags.
func CompleteNothing(cmd *cobra.Command, flags ...string) {
	for _, flag := range flags {
		CompleteFlag(cmd, flag)
	}
}

// CompleteFlagFunc makes shells offer what complete returns for a flag. It
// panics when the command lacks the flag or the flag has a completion already.
func CompleteFlagFunc(cmd *cobra.Command, flag string, complete cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(flag, complete); err != nil {
		panic(err)
	}
}

// CompleteFirst makes shells offer what complete returns for the first
// argument, and nothing for more.
func CompleteFirst(complete cobra.CompletionFunc) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return complete(cmd, args, toComplete)
	}
}
