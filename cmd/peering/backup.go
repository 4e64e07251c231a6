package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/peering/peering/internal/etcd"
)

// storeCommands answers the commands that work on a store, without a server.
func (p *program) storeCommands() []*cobra.Command {
	return []*cobra.Command{p.backupCommand(), p.restoreCommand()}
}

func (p *program) backupCommand() *cobra.Command {
	var flags etcdFlags
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write all that a store holds to a file",
		Long: `Write all that a store holds to a new file, which appears when it is complete.

A server that uses the store, also one with an embedded etcd in --data-dir, goes on meanwhile. A cluster that asks for
a user gives a backup to one with the role root only.`,
		Example: `  peering backup monday.db --data-dir ./data
  peering backup monday.db --etcd-endpoints http://10.0.0.1:2379,http://10.0.0.2:2379,http://10.0.0.3:2379`,
		Args: arguments("FILE"),
		RunE: p.action(func(ctx context.Context, args []string) error {
			cfg, err := flags.config(p.getenv)
			if err != nil {
				return err
			}
			return etcd.Backup(ctx, cfg, args[0])
		}),
	}
	flags.register(cmd)
	return cmd
}
