package cli

import (
	"context"
	"iter"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/cli/command"
	"github.com/peering/peering/internal/cli/config"
	"github.com/peering/peering/internal/cli/output"
)

const (
	// completionTimeout bounds how long completion waits for the service: a
	// user who presses tab does not wait longer.
	completionTimeout = 1500 * time.Millisecond
	// maxCompletions is the maximum number of ids offered.
	maxCompletions = 200
)

// completable matches values that are safe to offer: they come from a service
// and end up on a command line.
var completable = regexp.MustCompile(`^[A-Za-z0-9._:/-]{1,128}$`)

var shells = map[string]func(root *cobra.Command) error{
	"bash": func(root *cobra.Command) error { return root.GenBashCompletionV2(root.OutOrStdout(), true) },
	"zsh":  func(root *cobra.Command) error { return root.GenZshCompletion(root.OutOrStdout()) },
	"fish": func(root *cobra.Command) error { return root.GenFishCompletion(root.OutOrStdout(), true) },
}

func completionCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "completion {bash|zsh|fish}",
		Short: "Print a shell completion script",
		Long: `Print a script that makes a shell complete commands, flags and their values, including the ids of peerings, routes and
clusters that the service lists for the caller. If the service does not respond within 1.5 seconds, no ids are offered.

Bash needs the package bash-completion, zsh needs compinit.`,
		Example: `  source <(peering completion bash)                                       # this bash
  peering completion bash > ~/.local/share/bash-completion/completions/peering   # every bash
  peering completion zsh > "${fpath[1]}/_peering"                         # every zsh
  peering completion fish > ~/.config/fish/completions/peering.fish       # every fish`,
		Args:      cobra.MatchAll(command.Arguments("bash, zsh or fish"), cobra.OnlyValidArgs),
		ValidArgs: []string{"bash", "zsh", "fish"},
	}
	cmd.RunE = command.Run(func(_ context.Context, args []string) error { return shells[args[0]](cmd.Root()) })
	return cmd
}

// completeShared makes shells offer values for the flags that all commands
// which call the service share.
func (s *session) completeShared(cmd *cobra.Command) {
	for _, setting := range config.All {
		if !setting.File {
			command.CompleteFlag(cmd, setting.Flag())
		}
	}
	command.CompleteFlag(cmd, "timeout", "30s", "10m")
	command.CompleteFlagFunc(cmd, "context", completeContexts(s.Env))
	if cmd.Flags().Lookup("cluster") != nil {
		command.CompleteFlagFunc(cmd, "cluster", s.complete(clusterIDs))
	}
}

// completeContexts offers the contexts of the configuration file.
func completeContexts(env *command.Env) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		var names []string
		if file, err := config.Read(env.Getenv); err == nil {
			for _, c := range file.Contexts {
				names = append(names, cobra.CompletionWithDesc(c.Name, c.Settings[config.Endpoint]))
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

// candidate is a value that a shell offers, and its description.
type candidate struct{ value, description string }

// complete makes shells offer what the service lists. It hides errors, which
// would clutter the command line, and offers less instead.
func (s *session) complete(list func(context.Context, *client.Client) iter.Seq2[candidate, error]) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(cmd.Context(), completionTimeout)
		defer cancel()
		// Standard input belongs to the shell.
		c, err := s.connect(strings.NewReader(""), client.WithRetryPolicy(client.RetryPolicy{Attempts: 1}))
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var offered []string
		for found, err := range list(ctx, c) {
			if err != nil || len(offered) == maxCompletions {
				break
			}
			if strings.HasPrefix(found.value, prefix) && completable.MatchString(found.value) {
				offered = append(offered, cobra.CompletionWithDesc(found.value, output.Printable(found.description)))
			}
		}
		return offered, cobra.ShellCompDirectiveNoFileComp
	}
}

// clusterIDs lists the project's clusters.
func clusterIDs(ctx context.Context, c *client.Client) iter.Seq2[candidate, error] {
	return candidates(c.AllClusters(ctx, client.ClusterQuery{}), func(found client.Cluster) candidate {
		return candidate{strconv.FormatInt(found.ClusterID, 10), found.Name}
	})
}

// peeringIDs lists the peerings of a cluster or, without one, those of the
// project in a status.
func peeringIDs(cluster *string, status client.Status) func(context.Context, *client.Client) iter.Seq2[candidate, error] {
	return func(ctx context.Context, c *client.Client) iter.Seq2[candidate, error] {
		if *cluster != "" {
			return candidates(each(c.ListPeerings(ctx, *cluster)), func(found client.Peering) candidate {
				return candidate{found.ID, found.Name + ", " + string(found.Status)}
			})
		}
		return candidates(c.AllVPCPeerings(ctx, client.VPCPeeringQuery{Status: status}), func(found client.VPCPeering) candidate {
			return candidate{found.ID, found.Name + ", " + string(found.Status)}
		})
	}
}

// routeIDs lists the routes over a peering.
func routeIDs(over *routePeering) func(context.Context, *client.Client) iter.Seq2[candidate, error] {
	return func(ctx context.Context, c *client.Client) iter.Seq2[candidate, error] {
		return candidates(each(c.ListRoutes(ctx, over.cluster, over.peering)), func(found client.Route) candidate {
			return candidate{found.ID, found.Destination}
		})
	}
}

func candidates[T any](values iter.Seq2[T, error], describe func(T) candidate) iter.Seq2[candidate, error] {
	return func(yield func(candidate, error) bool) {
		for value, err := range values {
			if !yield(describe(value), err) {
				return
			}
		}
	}
}

// each yields the values of a list, or the error that it failed with.
func each[T any](values []T, err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		if err != nil {
			var zero T
			yield(zero, err)
			return
		}
		for _, value := range values {
			if !yield(value, nil) {
				return
			}
		}
	}
}
