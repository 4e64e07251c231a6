package main

import (
	"context"
	"iter"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/peering/peering/client"
)

const (
	// completionTimeout is how long a shell waits for what the service knows: nobody waits longer for a tab.
	completionTimeout = 1500 * time.Millisecond
	// maxCompletions is how many ids a shell is offered at most.
	maxCompletions = 200
)

// completable are the values that a shell is offered: they are put on a command line, and come from any service.
var completable = regexp.MustCompile(`^[A-Za-z0-9._:/-]{1,128}$`)

var shells = map[string]func(root *cobra.Command) error{
	"bash": func(root *cobra.Command) error { return root.GenBashCompletionV2(root.OutOrStdout(), true) },
	"zsh":  func(root *cobra.Command) error { return root.GenZshCompletion(root.OutOrStdout()) },
	"fish": func(root *cobra.Command) error { return root.GenFishCompletion(root.OutOrStdout(), true) },
}

// completionCommand answers the command that prints what a shell needs to complete command lines.
func (p *program) completionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "completion {bash|zsh|fish}",
		Short: "Print a script that makes a shell complete command lines",
		Long: `Print a script that makes a shell complete commands, flags and their values. Ids of peerings, routes and clusters are those
that the service lists for the caller, who is known as for all commands; where it does not answer within a moment nothing
is offered.

Bash needs its package bash-completion, zsh its compinit.`,
		Example: `  source <(peering completion bash)                                       # this bash
  peering completion bash > ~/.local/share/bash-completion/completions/peering   # every bash
  peering completion zsh > "${fpath[1]}/_peering"                         # every zsh
  peering completion fish > ~/.config/fish/completions/peering.fish       # every fish`,
		Args:      cobra.MatchAll(arguments("bash, zsh or fish"), cobra.OnlyValidArgs),
		ValidArgs: []string{"bash", "zsh", "fish"},
		RunE: func(cmd *cobra.Command, args []string) error {
			p.parsed = true
			return shells[args[0]](cmd.Root())
		},
	}
}

// complete makes a shell offer values for a flag.
func complete(cmd *cobra.Command, flag string, values ...string) {
	completeBy(cmd, flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}

// completeNothing makes a shell offer nothing for flags, rather than files.
func completeNothing(cmd *cobra.Command, flags ...string) {
	for _, flag := range flags {
		complete(cmd, flag)
	}
}

func completeBy(cmd *cobra.Command, flag string, by cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(flag, by); err != nil {
		panic(err) // the flag is not there, or has a completion: every run would show it
	}
}

// completeSettings makes a shell offer values for the flags that all client commands share.
func (s *session) completeSettings(cmd *cobra.Command) {
	for _, known := range clientSettings {
		if !known.file {
			complete(cmd, known.flag())
		}
	}
	complete(cmd, "timeout", "30s", "10m")
	completeBy(cmd, "context", s.contexts)
	if cmd.Flags().Lookup("cluster") != nil {
		completeBy(cmd, "cluster", s.offer(clusterIDs))
	}
}

// contexts offers the contexts of the configuration file.
func (p *program) contexts(_ *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	var names []string
	if config, err := readConfig(p.getenv); err == nil {
		for _, known := range config.contexts {
			names = append(names, cobra.CompletionWithDesc(known.name, known.values[settingEndpoint]))
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// candidate is a value that a shell offers, and what it says of it.
type candidate struct{ value, about string }

// offer makes a shell offer what the service lists. Whatever goes wrong it offers less: a command line is no place for errors.
func (s *session) offer(list func(context.Context, *client.Client) iter.Seq2[candidate, error]) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(cmd.Context(), completionTimeout)
		defer cancel()
		// Standard input is the shell's.
		c, err := s.connect(strings.NewReader(""), client.WithRetryPolicy(client.RetryPolicy{Attempts: 1}))
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var offered []string
		for found, err := range list(ctx, c) {
			if err != nil || len(offered) == maxCompletions {
				break
			}
			if strings.HasPrefix(found.value, begun) && completable.MatchString(found.value) {
				offered = append(offered, cobra.CompletionWithDesc(found.value, printable(found.about)))
			}
		}
		return offered, cobra.ShellCompDirectiveNoFileComp
	}
}

// onlyFirst makes a shell offer something for the first argument, and nothing for more.
func onlyFirst(by cobra.CompletionFunc) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return by(cmd, args, begun)
	}
}

// describing answers candidates of what the SDK lists.
func describing[T any](values iter.Seq2[T, error], describe func(T) candidate) iter.Seq2[candidate, error] {
	return func(yield func(candidate, error) bool) {
		for value, err := range values {
			if !yield(describe(value), err) {
				return
			}
		}
	}
}
