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
		Short: "Make a store of a backup",
		Long: `Make a store of a file that 'peering backup' wrote, whether from an embedded etcd or from a cluster.

The store must not hold anything yet. A server may not use it meanwhile; one that runs on the cluster changes nothing until
the restore has come to its end. With --etcd-endpoints a restore that was cut off has to be run again; until then 'peering
serve' does not start on that cluster.`,
		Example: `  peering restore monday.db --data-dir ./data

  # Move from an embedded etcd to a cluster, while no server runs:
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
	held, err := etcd.Restore(ctx, cfg, file)
	if err != nil {
		return err
	}
	answer := struct {
		Peerings int64 `json:"peerings"`
		Routes   int64 `json:"routes"`
		Clusters int64 `json:"clusters"`
	}{held.Peerings, held.Routes, held.Clusters}
	return env.Print(answer, func() string {
		return fmt.Sprintf("restored %d peerings, %d routes and %d clusters", held.Peerings, held.Routes, held.Clusters)
	})
}
