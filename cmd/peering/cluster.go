package main

import (
	"context"
	"strconv"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/peering/peering/client"
)

// clusterCommand answers the command that holds those for clusters.
func (p *program) clusterCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cluster",
		Short: "Reserved clusters",
		Args:  cobra.NoArgs,
	}
	cmd.AddCommand(p.sessions(createClusterCommand, listClustersCommand, showClusterCommand, updateClusterCommand, deleteClusterCommand)...)
	return cmd
}

func createClusterCommand(s *session) *cobra.Command {
	var wanted client.ClusterCreate
	cmd := &cobra.Command{
		Use:     "create NAME",
		Short:   "Create a cluster",
		Example: `  peering cluster create mycluster --vpc-cidr 172.16.0.0/23 --subnet-cidr 172.16.1.0/24`,
		Args:    cobra.ExactArgs(1),
		RunE: s.action(func(ctx context.Context, c *client.Client, args []string) error {
			wanted.Name = args[0]
			id, err := c.CreateCluster(ctx, wanted)
			if err != nil {
				return err
			}
			made, err := c.ShowCluster(ctx, id)
			return show(s, made, clusters, err)
		}),
	}
	flags := cmd.Flags()
	flags.StringVar(&wanted.Desc, "description", "", "what the cluster is for")
	flags.StringVar(&wanted.VPCCIDR, "vpc-cidr", "", "network segment of the cluster's VPC")
	flags.StringVar(&wanted.SubnetCIDR, "subnet-cidr", "", "network segment of the subnet, in that of the VPC")
	flags.StringVar(&wanted.SubnetGateway, "subnet-gateway", "", "gateway of the subnet, an address in it")
	return cmd
}

func listClustersCommand(s *session) *cobra.Command {
	query := client.ClusterQuery{Ascending: true, Limit: 1000}
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the clusters of the project",
		Example: `  peering cluster list`,
		Args:    cobra.NoArgs,
		RunE: s.action(func(ctx context.Context, c *client.Client, _ []string) error {
			found := []client.Cluster{}
			for {
				page, err := c.ListClusters(ctx, query)
				if err != nil {
					return err
				}
				found = append(found, page.Clusters...)
				if len(page.Clusters) < int(query.Limit) {
					return showAll(s, found, clusters, nil)
				}
				query.Cursor = strconv.FormatInt(found[len(found)-1].ClusterID, 10)
			}
		}),
	}
	cmd.Flags().StringVar(&query.Name, "name", "", "only clusters of this name")
	return cmd
}

func showClusterCommand(s *session) *cobra.Command {
	return &cobra.Command{
		Use:     "show ID",
		Short:   "Show a cluster",
		Example: `  peering cluster show 1000000 -o json`,
		Args:    cobra.ExactArgs(1),
		RunE: s.action(func(ctx context.Context, c *client.Client, args []string) error {
			found, err := c.ShowCluster(ctx, args[0])
			return show(s, found, clusters, err)
		}),
	}
}

func updateClusterCommand(s *session) *cobra.Command {
	var description string
	cmd := &cobra.Command{
		Use:     "update ID NAME",
		Short:   "Rename a cluster",
		Example: `  peering cluster update 1000000 my_cluster --description 'for streams'`,
		Args:    cobra.ExactArgs(2),
	}
	cmd.RunE = s.action(func(ctx context.Context, c *client.Client, args []string) error {
		change := client.ClusterUpdate{Name: args[1]}
		if cmd.Flags().Changed("description") {
			change.Desc = &description
		}
		return c.UpdateCluster(ctx, args[0], change)
	})
	cmd.Flags().StringVar(&description, "description", "", "a new description; empty removes it")
	return cmd
}

func deleteClusterCommand(s *session) *cobra.Command {
	return &cobra.Command{
		Use:     "delete ID",
		Short:   "Delete a cluster that has no pending or active peering",
		Example: `  peering cluster delete 1000000`,
		Args:    cobra.ExactArgs(1),
		RunE: s.action(func(ctx context.Context, c *client.Client, args []string) error {
			return c.DeleteCluster(ctx, args[0])
		}),
	}
}

// clusters are shown in these columns.
var clusters = columns[client.Cluster]{
	header: table.Row{"ID", "NAME", "STATUS", "VPC CIDR", "SUBNET CIDR", "GATEWAY", "DESCRIPTION"},
	row: func(c client.Cluster) table.Row {
		return table.Row{c.ClusterID, c.Name, c.StatusName, c.VPCCIDR, c.SubnetCIDR, c.SubnetGateway, c.Desc}
	},
}
