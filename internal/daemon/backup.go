package daemon

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/peering/peering/internal/cli/command"
	"github.com/peering/peering/internal/etcd"
)

func backupCommand(env *command.Env) *cobra.Command {
	var flags etcdFlags
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Back up a store to a file",
		Long: `Back up a store to a new file, which appears when it is complete.

Servers keep running during a backup, including one with an embedded etcd in --data-dir. On a cluster with authentication,
the user needs the role root.`,
		Example: `  peering backup monday.db --data-dir ./data
  peering backup monday.db --etcd-endpoints http://10.0.0.1:2379,http://10.0.0.2:2379,http://10.0.0.3:2379`,
		Args: command.Arguments("FILE"),
		RunE: command.Run(func(ctx context.Context, args []string) error {
			cfg, err := flags.config(env.Getenv)
			if err != nil {
				return err
			}
			return etcd.Backup(ctx, cfg, args[0])
		}),
	}
	flags.register(cmd)
	return cmd
}
