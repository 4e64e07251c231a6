package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/cli/command"
	"github.com/peering/peering/internal/cli/output"
)

// routePeering holds the flags for the peering that routes lead over.
type routePeering struct {
	cluster, peering string
}

func (r *routePeering) register(s *session, cmd *cobra.Command) {
	cmd.Flags().StringVar(&r.cluster, "cluster", "", "id of the reserved cluster")
	cmd.Flags().StringVar(&r.peering, "peering", "", "id of the cluster's peering that the routes lead over")
	for _, name := range []string{"cluster", "peering"} {
		_ = cmd.MarkFlagRequired(name) // it fails only for an unknown flag
	}
	command.CompleteFlagFunc(cmd, "peering", s.complete(peeringIDs(&r.cluster, "")))
}

func routeCommand(env *command.Env) *cobra.Command {
	cmd := command.Group(&cobra.Command{
		Use:   "route",
		Short: "Manage the routes of a cluster over its peerings",
		Example: `  peering route create 192.168.0.0/16 --cluster 1000000 --peering 7e974044-bcc1-4f25-aff8-5f10cb347b0f
  peering route list --cluster 1000000 --peering 7e974044-bcc1-4f25-aff8-5f10cb347b0f`,
	})
	cmd.AddCommand(sessions(env, createRouteCommand, listRoutesCommand, deleteRouteCommand)...)
	return cmd
}

func createRouteCommand(s *session) *cobra.Command {
	var over routePeering
	cmd := &cobra.Command{
		Use:               "create DESTINATION --cluster ID --peering ID",
		Short:             "Create a route over an active peering",
		Example:           `  peering route create 192.168.0.0/16 --cluster 1000000 --peering 7e974044-bcc1-4f25-aff8-5f10cb347b0f`,
		Args:              command.Arguments("DESTINATION"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: s.run(func(ctx context.Context, c *client.Client, args []string) error {
			r, err := c.CreateRoute(ctx, over.cluster, over.peering, args[0])
			return output.Show(s.Printer, r, routeColumns, err)
		}),
	}
	over.register(s, cmd)
	return cmd
}

func listRoutesCommand(s *session) *cobra.Command {
	var over routePeering
	cmd := &cobra.Command{
		Use:               "list --cluster ID --peering ID",
		Short:             "List the routes over a peering",
		Example:           `  peering route list --cluster 1000000 --peering 7e974044-bcc1-4f25-aff8-5f10cb347b0f`,
		Args:              command.Arguments(),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: s.run(func(ctx context.Context, c *client.Client, _ []string) error {
			found, err := c.ListRoutes(ctx, over.cluster, over.peering)
			return output.ShowAll(s.Printer, found, routeColumns, err)
		}),
	}
	over.register(s, cmd)
	return cmd
}

func deleteRouteCommand(s *session) *cobra.Command {
	var over routePeering
	cmd := &cobra.Command{
		Use:   "delete ID --cluster ID --peering ID",
		Short: "Delete a route",
		Example: `  peering route delete 75d289f7-5ffb-4a14-a2b1-2d2a5b5f3c11 --cluster 1000000 \
    --peering 7e974044-bcc1-4f25-aff8-5f10cb347b0f`,
		Args:              command.Arguments("ID"),
		ValidArgsFunction: command.CompleteFirst(s.complete(routeIDs(&over))),
		RunE: s.run(func(ctx context.Context, c *client.Client, args []string) error {
			return c.DeleteRoute(ctx, over.cluster, over.peering, args[0])
		}),
	}
	over.register(s, cmd)
	return cmd
}

var routeColumns = output.Columns[client.Route]{
	Header: output.Row{"ID", "DESTINATION", "NEXTHOP", "VPC", "TENANT"},
	Row: func(_ *output.Printer, r client.Route) output.Row {
		return output.Row{r.ID, r.Destination, r.Nexthop, r.VPCID, r.TenantID}
	},
}
