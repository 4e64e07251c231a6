package main

import (
	"context"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/peering/peering/client"
)

// clusterCommand answers the command that holds those for clusters.
func (p *program) clusterCommand() *cobra.Command {
	cmd := group(&cobra.Command{
		Use:   "cluster",
		Short: "Reserved clusters",
		Example: `  peering cluster create mycluster --vpc-cidr 172.16.0.0/23
  peering cluster list`,
	})
	cmd.AddCommand(p.sessions(createClusterCommand, listClustersCommand, showClusterCommand, updateClusterCommand, deleteClusterCommand)...)
	return cmd
}

func createClusterCommand(s *session) *cobra.Command {
	var wanted client.ClusterCreate
	cmd := &cobra.Command{
		Use:     "create NAME",
		Short:   "Create a cluster",
		Example: `  peering cluster create mycluster --vpc-cidr 172.16.0.0/23 --subnet-cidr 172.16.1.0/24`,
		Args:    arguments("NAME"),
		RunE: s.action(func(ctx context.Context, c *client.Client, args []string) error {
			wanted.Name = args[0]
			id, err := c.CreateCluster(ctx, wanted)
			if err != nil {
				return err
			}
			made, err := c.ShowCluster(ctx, id)
			made, err = awaited(s, made, err, "cluster", id, client.ClusterRunning, func() (client.Cluster, error) {
				return c.WaitForCluster(ctx, id)
			})
			return show(s.program, made, clusters, err)
		}),
	}
	cmd.ValidArgsFunction = cobra.NoFileCompletions
	s.waitFlag(cmd, "the cluster runs")
	flags := cmd.Flags()
	flags.StringVar(&wanted.Desc, "description", "", "what the cluster is for")
	flags.StringVar(&wanted.VPCCIDR, "vpc-cidr", "", "network segment of the cluster's VPC")
	flags.StringVar(&wanted.SubnetCIDR, "subnet-cidr", "", "network segment of the subnet, in that of the VPC")
	flags.StringVar(&wanted.SubnetGateway, "subnet-gateway", "", "gateway of the subnet, an address in it")
	completeNothing(cmd, "description", "vpc-cidr", "subnet-cidr", "subnet-gateway")
	return cmd
}

func listClustersCommand(s *session) *cobra.Command {
	query := client.ClusterQuery{Ascending: true, Limit: 1000}
	cmd := &cobra.Command{
		Use:               "list",
		Short:             "List the clusters of the project",
		Example:           `  peering cluster list`,
		Args:              arguments(),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: s.action(func(ctx context.Context, c *client.Client, _ []string) error {
			found, err := collected(c.AllClusters(ctx, query))
			return showAll(s.program, found, clusters, err)
		}),
	}
	cmd.Flags().StringVar(&query.Name, "name", "", "only clusters of this name")
	completeNothing(cmd, "name")
	return cmd
}

func showClusterCommand(s *session) *cobra.Command {
	return &cobra.Command{
		Use:               "show ID",
		Short:             "Show a cluster",
		Example:           `  peering cluster show 1000000 -o json`,
		Args:              arguments("ID"),
		ValidArgsFunction: onlyFirst(s.offer(clusterIDs)),
		RunE: s.action(func(ctx context.Context, c *client.Client, args []string) error {
			found, err := c.ShowCluster(ctx, args[0])
			return show(s.program, found, clusters, err)
		}),
	}
}

func updateClusterCommand(s *session) *cobra.Command {
	var description string
	cmd := &cobra.Command{
		Use:               "update ID NAME",
		Short:             "Rename a cluster",
		Example:           `  peering cluster update 1000000 my_cluster --description 'for streams'`,
		Args:              arguments("ID", "NAME"),
		ValidArgsFunction: onlyFirst(s.offer(clusterIDs)),
	}
	cmd.RunE = s.action(func(ctx context.Context, c *client.Client, args []string) error {
		change := client.ClusterUpdate{Name: args[1]}
		if cmd.Flags().Changed("description") {
			change.Desc = &description
		}
		return c.UpdateCluster(ctx, args[0], change)
	})
	cmd.Flags().StringVar(&description, "description", "", "a new description; empty removes it")
	completeNothing(cmd, "description")
	return cmd
}

func deleteClusterCommand(s *session) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "delete ID",
		Short:             "Delete a cluster that has no pending or active peering",
		Example:           `  peering cluster delete 1000000`,
		Args:              arguments("ID"),
		ValidArgsFunction: onlyFirst(s.offer(clusterIDs)),
		RunE: s.action(func(ctx context.Context, c *client.Client, args []string) error {
			err := c.DeleteCluster(ctx, args[0])
			return s.gone(err, "cluster", args[0], func() error { return c.WaitForClusterDeleted(ctx, args[0]) })
		}),
	}
	s.waitFlag(cmd, "the cluster is gone")
	return cmd
}

// clusters are shown in these columns.
var clusters = columns[client.Cluster]{
	header: table.Row{"ID", "NAME", "STATUS", "VPC CIDR", "SUBNET CIDR", "GATEWAY", "DESCRIPTION"},
	row: func(p *program, c client.Cluster) table.Row {
		return table.Row{c.ClusterID, c.Name, p.coloured(c.StatusName), c.VPCCIDR, c.SubnetCIDR, c.SubnetGateway, c.Desc}
	},
}
