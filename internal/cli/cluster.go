package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/cli/command"
	"github.com/peering/peering/internal/cli/output"
)

func clusterCommand(env *command.Env) *cobra.Command {
	cmd := command.Group(&cobra.Command{
		Use:   "cluster",
		Short: "Manage reserved clusters",
		Example: `  peering cluster create mycluster --vpc-cidr 172.16.0.0/23
  peering cluster list`,
	})
	cmd.AddCommand(sessions(env, createClusterCommand, listClustersCommand, showClusterCommand, updateClusterCommand, deleteClusterCommand)...)
	return cmd
}

func createClusterCommand(s *session) *cobra.Command {
	var request client.ClusterCreate
	cmd := &cobra.Command{
		Use:               "create NAME",
		Short:             "Create a cluster",
		Example:           `  peering cluster create mycluster --vpc-cidr 172.16.0.0/23 --subnet-cidr 172.16.1.0/24`,
		Args:              command.Arguments("NAME"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: s.run(func(ctx context.Context, c *client.Client, args []string) error {
			request.Name = args[0]
			id, err := c.CreateCluster(ctx, request)
			if err != nil {
				return err
			}
			created, err := c.ShowCluster(ctx, id)
			created, err = waitFor(s, created, err, "cluster", id, client.ClusterRunning, func() (client.Cluster, error) {
				return c.WaitForCluster(ctx, id)
			})
			return output.Show(s.Printer, created, clusterColumns, err)
		}),
	}
	s.addWait(cmd, "the cluster is running")
	flags := cmd.Flags()
	flags.StringVar(&request.Desc, "description", "", "description of the cluster")
	flags.StringVar(&request.VPCCIDR, "vpc-cidr", "", "CIDR block of the cluster's VPC")
	flags.StringVar(&request.SubnetCIDR, "subnet-cidr", "", "CIDR block of the subnet, within the VPC's")
	flags.StringVar(&request.SubnetGateway, "subnet-gateway", "", "gateway address of the subnet")
	command.CompleteNothing(cmd, "description", "vpc-cidr", "subnet-cidr", "subnet-gateway")
	return cmd
}

func listClustersCommand(s *session) *cobra.Command {
	query := client.ClusterQuery{Ascending: true, Limit: 1000}
	cmd := &cobra.Command{
		Use:               "list",
		Short:             "List the clusters of the project",
		Example:           `  peering cluster list`,
		Args:              command.Arguments(),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: s.run(func(ctx context.Context, c *client.Client, _ []string) error {
			found, err := collect(c.AllClusters(ctx, query))
			return output.ShowAll(s.Printer, found, clusterColumns, err)
		}),
	}
	cmd.Flags().StringVar(&query.Name, "name", "", "list only clusters with this name")
	command.CompleteNothing(cmd, "name")
	return cmd
}

func showClusterCommand(s *session) *cobra.Command {
	return &cobra.Command{
		Use:               "show ID",
		Short:             "Show a cluster",
		Example:           `  peering cluster show 1000000 -o json`,
		Args:              command.Arguments("ID"),
		ValidArgsFunction: command.CompleteFirst(s.complete(clusterIDs)),
		RunE: s.run(func(ctx context.Context, c *client.Client, args []string) error {
			found, err := c.ShowCluster(ctx, args[0])
			return output.Show(s.Printer, found, clusterColumns, err)
		}),
	}
}

func updateClusterCommand(s *session) *cobra.Command {
	var description string
	cmd := &cobra.Command{
		Use:               "update ID NAME",
		Short:             "Rename a cluster",
		Example:           `  peering cluster update 1000000 my_cluster --description 'for streams'`,
		Args:              command.Arguments("ID", "NAME"),
		ValidArgsFunction: command.CompleteFirst(s.complete(clusterIDs)),
	}
	cmd.RunE = s.run(func(ctx context.Context, c *client.Client, args []string) error {
		change := client.ClusterUpdate{Name: args[1]}
		if cmd.Flags().Changed("description") {
			change.Desc = &description
		}
		return c.UpdateCluster(ctx, args[0], change)
	})
	cmd.Flags().StringVar(&description, "description", "", "new description; an empty one removes it")
	command.CompleteNothing(cmd, "description")
	return cmd
}

func deleteClusterCommand(s *session) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "delete ID",
		Short:             "Delete a cluster that has no pending or active peering",
		Example:           `  peering cluster delete 1000000`,
		Args:              command.Arguments("ID"),
		ValidArgsFunction: command.CompleteFirst(s.complete(clusterIDs)),
		RunE: s.run(func(ctx context.Context, c *client.Client, args []string) error {
			err := c.DeleteCluster(ctx, args[0])
			return s.waitForDeleted(err, "cluster", args[0], func() error { return c.WaitForClusterDeleted(ctx, args[0]) })
		}),
	}
	s.addWait(cmd, "the cluster is deleted")
	return cmd
}

var clusterColumns = output.Columns[client.Cluster]{
	Header: output.Row{"ID", "NAME", "STATUS", "VPC CIDR", "SUBNET CIDR", "GATEWAY", "DESCRIPTION"},
	Row: func(p *output.Printer, c client.Cluster) output.Row {
		return output.Row{c.ClusterID, c.Name, p.Status(c.StatusName), c.VPCCIDR, c.SubnetCIDR, c.SubnetGateway, c.Desc}
	},
}
