package main

import (
	"context"
	"iter"

	"github.com/spf13/cobra"

	"github.com/peering/peering/client"
)

// clusterFlag adds the flag that makes a command speak about the peerings of a cluster.
func clusterFlag(cmd *cobra.Command, cluster *string) {
	cmd.Flags().StringVar(cluster, "cluster", "", "id of the reserved cluster whose peerings are meant; without it they are the project's")
}

// statuses are those that a peering is shown with.
var statuses = []string{string(client.PendingAcceptance), string(client.Active), string(client.Rejected), string(client.Expired)}

func createCommand(s *session) *cobra.Command {
	var cluster, vpc, peerVPC, peerTenant, description string
	cmd := &cobra.Command{
		Use:   "create NAME {--cluster ID | --vpc ID} --peer-vpc ID",
		Short: "Create a peering",
		Long: `Create a peering that the VPC of a cluster (--cluster) or a VPC of the project (--vpc) requests.

It is PENDING_ACCEPTANCE until the tenant of the other VPC accepts it, for which --wait waits; between two VPCs of the
project that --vpc names it is ACTIVE at once.`,
		Example: `  peering create myVpc --cluster 1000000 --peer-vpc f4da5a55-fcd9-4a93-8b86-5b81585e14bb --wait --timeout 1h
  peering create partner --vpc f4da5a55-fcd9-4a93-8b86-5b81585e14bb \
    --peer-vpc 0b1f6a3e-6f0e-4b0a-9d55-2f7f2f0f8a11 --peer-tenant 9a7b63e1c2d84f0f8e5d6c7b8a901234`,
		Args: arguments("NAME"),
		RunE: s.action(func(ctx context.Context, c *client.Client, args []string) error {
			if cluster != "" {
				p, err := c.CreatePeering(ctx, cluster, client.PeeringCreate{
					Name: args[0], VPCID: peerVPC, AcceptTenantID: peerTenant,
				})
				p, err = awaited(s, p, err, "peering", p.ID, client.Active, func() (client.Peering, error) {
					return c.WaitForPeering(ctx, cluster, p.ID, client.Active)
				})
				return show(s.program, p, clusterPeerings, err)
			}
			p, err := c.CreateVPCPeering(ctx, client.VPCPeeringCreate{
				Name:           args[0],
				Description:    description,
				RequestVPCInfo: client.VPCReference{VPCID: vpc},
				AcceptVPCInfo:  client.VPCReference{VPCID: peerVPC, TenantID: peerTenant},
			})
			p, err = awaitedVPC(ctx, s, c, p, err, client.Active)
			return show(s.program, p, vpcPeerings, err)
		}),
	}
	cmd.ValidArgsFunction = cobra.NoFileCompletions
	clusterFlag(cmd, &cluster)
	s.waitFlag(cmd, "the peering is ACTIVE")
	flags := cmd.Flags()
	flags.StringVar(&vpc, "vpc", "", "id of the project's VPC that requests the peering")
	flags.StringVar(&peerVPC, "peer-vpc", "", "id of the other VPC")
	flags.StringVar(&peerTenant, "peer-tenant", "", "id of the other VPC's tenant; by default it is the project's")
	flags.StringVar(&description, "description", "", "what the peering is for")
	cmd.MarkFlagsOneRequired("cluster", "vpc")
	cmd.MarkFlagsMutuallyExclusive("cluster", "vpc")
	cmd.MarkFlagsMutuallyExclusive("cluster", "description")
	_ = cmd.MarkFlagRequired("peer-vpc") // it fails only for a flag that is not there
	completeNothing(cmd, "vpc", "peer-vpc", "peer-tenant", "description")
	return cmd
}

// awaitedVPC is awaited for a peering of the project.
func awaitedVPC(
	ctx context.Context, s *session, c *client.Client, p client.VPCPeering, err error, want client.Status,
) (client.VPCPeering, error) {
	return awaited(s, p, err, "peering", p.ID, want, func() (client.VPCPeering, error) {
		return c.WaitForVPCPeering(ctx, p.ID, want)
	})
}

func listCommand(s *session) *cobra.Command {
	var cluster, status string
	var query client.VPCPeeringQuery
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List peerings",
		Example: `  peering list
  peering list --status PENDING_ACCEPTANCE
  peering list --cluster 1000000 -o json`,
		Args:              arguments(),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: s.action(func(ctx context.Context, c *client.Client, _ []string) error {
			if cluster != "" {
				found, err := c.ListPeerings(ctx, cluster)
				return showAll(s.program, found, clusterPeerings, err)
			}
			query.Status = client.Status(status)
			found, err := collected(c.AllVPCPeerings(ctx, query))
			return showAll(s.program, found, vpcPeerings, err)
		}),
	}
	clusterFlag(cmd, &cluster)
	flags := cmd.Flags()
	flags.StringVar(&query.Name, "name", "", "only peerings of this name")
	flags.StringVar(&status, "status", "", "only peerings in this status, such as ACTIVE")
	flags.StringVar(&query.VPCID, "vpc", "", "only peerings of this VPC, on either side")
	flags.StringVar(&query.TenantID, "tenant", "", "only peerings of this tenant, on either side")
	for _, filter := range []string{"name", "status", "vpc", "tenant"} {
		cmd.MarkFlagsMutuallyExclusive("cluster", filter)
	}
	complete(cmd, "status", statuses...)
	completeNothing(cmd, "name", "vpc", "tenant")
	return cmd
}

// collected answers all that the SDK lists, or why it could not.
func collected[T any](values iter.Seq2[T, error]) ([]T, error) {
	found := []T{}
	for value, err := range values {
		if err != nil {
			return nil, err
		}
		found = append(found, value)
	}
	return found, nil
}

func showCommand(s *session) *cobra.Command {
	var cluster string
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Show a peering",
		Example: `  peering show 7e974044-bcc1-4f25-aff8-5f10cb347b0f
  peering show 7e974044-bcc1-4f25-aff8-5f10cb347b0f --cluster 1000000 -o json`,
		Args: arguments("ID"),
		RunE: s.action(func(ctx context.Context, c *client.Client, args []string) error {
			if cluster != "" {
				p, err := c.ShowPeering(ctx, cluster, args[0])
				return show(s.program, p, clusterPeerings, err)
			}
			p, err := c.ShowVPCPeering(ctx, args[0])
			return show(s.program, p, vpcPeerings, err)
		}),
	}
	clusterFlag(cmd, &cluster)
	cmd.ValidArgsFunction = onlyFirst(s.offer(peeringIDs(&cluster, "")))
	return cmd
}

func deleteCommand(s *session) *cobra.Command {
	var cluster string
	cmd := &cobra.Command{
		Use:   "delete ID",
		Short: "Delete a peering, whatever its status is",
		Example: `  peering delete 7e974044-bcc1-4f25-aff8-5f10cb347b0f
  peering delete 7e974044-bcc1-4f25-aff8-5f10cb347b0f --cluster 1000000 --wait`,
		Args: arguments("ID"),
		RunE: s.action(func(ctx context.Context, c *client.Client, args []string) error {
			if cluster != "" {
				err := c.DeletePeering(ctx, cluster, args[0])
				return s.gone(err, "peering", args[0], func() error { return c.WaitForPeeringDeleted(ctx, cluster, args[0]) })
			}
			err := c.DeleteVPCPeering(ctx, args[0])
			return s.gone(err, "peering", args[0], func() error { return c.WaitForVPCPeeringDeleted(ctx, args[0]) })
		}),
	}
	s.waitFlag(cmd, "the peering is gone")
	clusterFlag(cmd, &cluster)
	cmd.ValidArgsFunction = onlyFirst(s.offer(peeringIDs(&cluster, "")))
	return cmd
}

func acceptCommand(s *session) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "accept ID",
		Short:             "Accept a peering as the tenant that it was offered to",
		Example:           `  peering accept 7e974044-bcc1-4f25-aff8-5f10cb347b0f`,
		Args:              arguments("ID"),
		ValidArgsFunction: onlyFirst(s.offer(peeringIDs(new(string), client.PendingAcceptance))),
		RunE: s.action(func(ctx context.Context, c *client.Client, args []string) error {
			p, err := c.AcceptVPCPeering(ctx, args[0])
			p, err = awaitedVPC(ctx, s, c, p, err, client.Active)
			return show(s.program, p, vpcPeerings, err)
		}),
	}
	s.waitFlag(cmd, "the peering is ACTIVE")
	return cmd
}

func rejectCommand(s *session) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "reject ID",
		Short:             "Reject a peering as the tenant that it was offered to",
		Example:           `  peering reject 7e974044-bcc1-4f25-aff8-5f10cb347b0f`,
		Args:              arguments("ID"),
		ValidArgsFunction: onlyFirst(s.offer(peeringIDs(new(string), client.PendingAcceptance))),
		RunE: s.action(func(ctx context.Context, c *client.Client, args []string) error {
			p, err := c.RejectVPCPeering(ctx, args[0])
			p, err = awaitedVPC(ctx, s, c, p, err, client.Rejected)
			return show(s.program, p, vpcPeerings, err)
		}),
	}
	s.waitFlag(cmd, "the peering is REJECTED")
	return cmd
}

func renameCommand(s *session) *cobra.Command {
	var description string
	cmd := &cobra.Command{
		Use:   "rename ID NAME",
		Short: "Rename a peering as the tenant that requested it",
		Example: `  peering rename 7e974044-bcc1-4f25-aff8-5f10cb347b0f partner-2
  peering rename 7e974044-bcc1-4f25-aff8-5f10cb347b0f partner-2 --description 'to the second data centre'`,
		Args:              arguments("ID", "NAME"),
		ValidArgsFunction: onlyFirst(s.offer(peeringIDs(new(string), ""))),
	}
	cmd.RunE = s.action(func(ctx context.Context, c *client.Client, args []string) error {
		change := client.VPCPeeringUpdate{Name: &args[1]}
		if cmd.Flags().Changed("description") {
			change.Description = &description
		}
		p, err := c.UpdateVPCPeering(ctx, args[0], change)
		return show(s.program, p, vpcPeerings, err)
	})
	cmd.Flags().StringVar(&description, "description", "", "a new description; empty removes it")
	completeNothing(cmd, "description")
	return cmd
}
