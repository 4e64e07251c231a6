package main

import (
	"context"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/peering/peering/client"
)

// hop names the peering that routes lead over.
type hop struct {
	cluster, peering string
}

func (h *hop) register(s *session, cmd *cobra.Command) {
	cmd.Flags().StringVar(&h.cluster, "cluster", "", "id of the reserved cluster")
	cmd.Flags().StringVar(&h.peering, "peering", "", "id of the cluster's peering that the routes lead over")
	for _, name := range []string{"cluster", "peering"} {
		_ = cmd.MarkFlagRequired(name) // it fails only for a flag that is not there
	}
	completeBy(cmd, "peering", s.offer(peeringIDs(&h.cluster, "")))
}

// routeCommand answers the command that holds those for routes.
func (p *program) routeCommand() *cobra.Command {
	cmd := group(&cobra.Command{
		Use:   "route",
		Short: "Routes of a cluster over its peerings",
		Example: `  peering route create 192.168.0.0/16 --cluster 1000000 --peering 7e974044-bcc1-4f25-aff8-5f10cb347b0f
  peering route list --cluster 1000000 --peering 7e974044-bcc1-4f25-aff8-5f10cb347b0f`,
	})
	cmd.AddCommand(p.sessions(createRouteCommand, listRoutesCommand, deleteRouteCommand)...)
	return cmd
}

func createRouteCommand(s *session) *cobra.Command {
	var h hop
	cmd := &cobra.Command{
		Use:     "create DESTINATION --cluster ID --peering ID",
		Short:   "Create a route over an active peering",
		Example: `  peering route create 192.168.0.0/16 --cluster 1000000 --peering 7e974044-bcc1-4f25-aff8-5f10cb347b0f`,
		Args:    arguments("DESTINATION"),
		RunE: s.action(func(ctx context.Context, c *client.Client, args []string) error {
			r, err := c.CreateRoute(ctx, h.cluster, h.peering, args[0])
			return show(s.program, r, routes, err)
		}),
	}
	h.register(s, cmd)
	cmd.ValidArgsFunction = cobra.NoFileCompletions
	return cmd
}

func listRoutesCommand(s *session) *cobra.Command {
	var h hop
	cmd := &cobra.Command{
		Use:     "list --cluster ID --peering ID",
		Short:   "List the routes over a peering",
		Example: `  peering route list --cluster 1000000 --peering 7e974044-bcc1-4f25-aff8-5f10cb347b0f`,
		Args:    arguments(),
		RunE: s.action(func(ctx context.Context, c *client.Client, _ []string) error {
			found, err := c.ListRoutes(ctx, h.cluster, h.peering)
			return showAll(s.program, found, routes, err)
		}),
	}
	h.register(s, cmd)
	cmd.ValidArgsFunction = cobra.NoFileCompletions
	return cmd
}

func deleteRouteCommand(s *session) *cobra.Command {
	var h hop
	cmd := &cobra.Command{
		Use:   "delete ID --cluster ID --peering ID",
		Short: "Delete a route",
		Example: `  peering route delete 75d289f7-5ffb-4a14-a2b1-2d2a5b5f3c11 --cluster 1000000 \
    --peering 7e974044-bcc1-4f25-aff8-5f10cb347b0f`,
		Args: arguments("ID"),
		RunE: s.action(func(ctx context.Context, c *client.Client, args []string) error {
			return c.DeleteRoute(ctx, h.cluster, h.peering, args[0])
		}),
	}
	h.register(s, cmd)
	cmd.ValidArgsFunction = onlyFirst(s.offer(routeIDs(&h)))
	return cmd
}

// routes are shown in these columns.
var routes = columns[client.Route]{
	header: table.Row{"ID", "DESTINATION", "NEXTHOP", "VPC", "TENANT"},
	row: func(_ *program, r client.Route) table.Row {
		return table.Row{r.ID, r.Destination, r.Nexthop, r.VPCID, r.TenantID}
	},
}
