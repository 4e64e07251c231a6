package daemon

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/peering/peering/internal/cli/command"
	"github.com/peering/peering/internal/etcd"
)

func restoreCommand(env *command.Env) *cobra.Command {
	var flags etcdFlags
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Restore a backup to an empty store",
		Long: `Restore a file of 'peering backup', from an embedded etcd or a cluster, to an embedded etcd or a cluster.

The store must be empty and no server may use it. A server that runs on the cluster all the same refuses changes until the
restore is complete. A restore to a cluster that was interrupted must be repeated; until then 'peering serve' does not start
on that cluster.`,
		Example: `  peering restore monday.db --data-dir ./data

  # Move from an embedded etcd to a cluster while no server runs:
  peering backup move.db --data-dir ./data
  peering restore move.db --etcd-endpoints http://10.0.0.1:2379
  peering serve --etcd-endpoints http://10.0.0.1:2379`,
		Args: command.Arguments("FILE"),
		RunE: command.Run(func(ctx context.Context, args []string) error {
			cfg, err := flags.config(env.Getenv)
			if err != nil {
				return err
			}
			return restore(ctx, env, cfg, args[0])
		}),
	}
	flags.register(cmd)
	return cmd
}

func restore(ctx context.Context, env *command.Env, cfg etcd.Config, file string) error {
	restored, err := etcd.Restore(ctx, cfg, file)
	if err != nil {
		return err
	}
	result := struct {
		Peerings int64 `json:"peerings"`
		Routes   int64 `json:"routes"`
		Clusters int64 `json:"clusters"`
	}{restored.Peerings, restored.Routes, restored.Clusters}
	return env.Print(result, func() string {
		return fmt.Sprintf("restored peerings: %d, routes: %d, clusters: %d", result.Peerings, result.Routes, result.Clusters)
	})
}
