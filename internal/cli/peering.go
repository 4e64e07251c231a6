package cli

import (
	"context"
	"iter"

	"github.com/spf13/cobra"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/cli/command"
	"github.com/peering/peering/internal/cli/output"
)

// addCluster adds the flag that selects the peerings of a cluster instead of
// those of the project.
func addCluster(cmd *cobra.Command, cluster *string) {
	cmd.Flags().StringVar(cluster, "cluster", "", "id of a reserved cluster: work on its peerings instead of the project's")
}

// statuses are the statuses that a peering can be listed by.
var statuses = []string{string(client.PendingAcceptance), string(client.Active), string(client.Rejected), string(client.Expired)}

func createCommand(s *session) *cobra.Command {
	var cluster, vpc, peerVPC, peerTenant, description string
	cmd := &cobra.Command{
		Use:   "create NAME {--cluster ID | --vpc ID} --peer-vpc ID",
		Short: "Create a peering",
		Long: `Create a peering requested by the VPC of a cluster (--cluster) or by a VPC of the project (--vpc).

The peering is PENDING_ACCEPTANCE until the tenant of the peer VPC accepts it; --wait waits for that. A peering between two
VPCs of the project, requested with --vpc, is ACTIVE at once.`,
		Example: `  peering create myVpc --cluster 1000000 --peer-vpc f4da5a55-fcd9-4a93-8b86-5b81585e14bb --wait --timeout 1h
  peering create partner --vpc f4da5a55-fcd9-4a93-8b86-5b81585e14bb \
    --peer-vpc 0b1f6a3e-6f0e-4b0a-9d55-2f7f2f0f8a11 --peer-tenant 9a7b63e1c2d84f0f8e5d6c7b8a901234`,
		Args:              command.Arguments("NAME"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: s.run(func(ctx context.Context, c *client.Client, args []string) error {
			if cluster != "" {
				p, err := c.CreatePeering(ctx, cluster, client.PeeringCreate{
					Name: args[0], VPCID: peerVPC, AcceptTenantID: peerTenant,
				})
				p, err = waitFor(s, p, err, "peering", p.ID, client.Active, func() (client.Peering, error) {
					return c.WaitForPeering(ctx, cluster, p.ID, client.Active)
				})
				return output.Show(s.Printer, p, peeringColumns, err)
			}
			p, err := c.CreateVPCPeering(ctx, client.VPCPeeringCreate{
				Name:           args[0],
				Description:    description,
				RequestVPCInfo: client.VPCReference{VPCID: vpc},
				AcceptVPCInfo:  client.VPCReference{VPCID: peerVPC, TenantID: peerTenant},
			})
			p, err = waitForVPCPeering(ctx, s, c, p, err, client.Active)
			return output.Show(s.Printer, p, vpcPeeringColumns, err)
		}),
	}
	addCluster(cmd, &cluster)
	s.addWait(cmd, "the peering is ACTIVE")
	flags := cmd.Flags()
	flags.StringVar(&vpc, "vpc", "", "id of the project's VPC that requests the peering")
	flags.StringVar(&peerVPC, "peer-vpc", "", "id of the peer VPC")
	flags.StringVar(&peerTenant, "peer-tenant", "", "tenant id of the peer VPC (default the project)")
	flags.StringVar(&description, "description", "", "description of the peering")
	cmd.MarkFlagsOneRequired("cluster", "vpc")
	cmd.MarkFlagsMutuallyExclusive("cluster", "vpc")
	cmd.MarkFlagsMutuallyExclusive("cluster", "description")
	_ = cmd.MarkFlagRequired("peer-vpc") // it fails only for an unknown flag
	command.CompleteNothing(cmd, "vpc", "peer-vpc", "peer-tenant", "description")
	return cmd
}

// waitForVPCPeering is waitFor for a peering on the VPC root.
func waitForVPCPeering(
	ctx context.Context, s *session, c *client.Client, p client.VPCPeering, err error, want client.Status,
) (client.VPCPeering, error) {
	return waitFor(s, p, err, "peering", p.ID, want, func() (client.VPCPeering, error) {
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
		Args:              command.Arguments(),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: s.run(func(ctx context.Context, c *client.Client, _ []string) error {
			if cluster != "" {
				found, err := c.ListPeerings(ctx, cluster)
				return output.ShowAll(s.Printer, found, peeringColumns, err)
			}
			query.Status = client.Status(status)
			found, err := collect(c.AllVPCPeerings(ctx, query))
			return output.ShowAll(s.Printer, found, vpcPeeringColumns, err)
		}),
	}
	addCluster(cmd, &cluster)
	flags := cmd.Flags()
	flags.StringVar(&query.Name, "name", "", "list only peerings with this name")
	flags.StringVar(&status, "status", "", "list only peerings in this status, such as ACTIVE")
	flags.StringVar(&query.VPCID, "vpc", "", "list only peerings with this VPC on either side")
	flags.StringVar(&query.TenantID, "tenant", "", "list only peerings with this tenant on either side")
	for _, filter := range []string{"name", "status", "vpc", "tenant"} {
		cmd.MarkFlagsMutuallyExclusive("cluster", filter)
	}
	command.CompleteFlag(cmd, "status", statuses...)
	command.CompleteNothing(cmd, "name", "vpc", "tenant")
	return cmd
}

// collect returns all values, or the first error.
func collect[T any](values iter.Seq2[T, error]) ([]T, error) {
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
		Args:              command.Arguments("ID"),
		ValidArgsFunction: command.CompleteFirst(s.complete(peeringIDs(&cluster, ""))),
		RunE: s.run(func(ctx context.Context, c *client.Client, args []string) error {
			if cluster != "" {
				p, err := c.ShowPeering(ctx, cluster, args[0])
				return output.Show(s.Printer, p, peeringColumns, err)
			}
			p, err := c.ShowVPCPeering(ctx, args[0])
			return output.Show(s.Printer, p, vpcPeeringColumns, err)
		}),
	}
	addCluster(cmd, &cluster)
	return cmd
}

func deleteCommand(s *session) *cobra.Command {
	var cluster string
	cmd := &cobra.Command{
		Use:   "delete ID",
		Short: "Delete a peering in any status",
		Example: `  peering delete 7e974044-bcc1-4f25-aff8-5f10cb347b0f
  peering delete 7e974044-bcc1-4f25-aff8-5f10cb347b0f --cluster 1000000 --wait`,
		Args:              command.Arguments("ID"),
		ValidArgsFunction: command.CompleteFirst(s.complete(peeringIDs(&cluster, ""))),
		RunE: s.run(func(ctx context.Context, c *client.Client, args []string) error {
			if cluster != "" {
				err := c.DeletePeering(ctx, cluster, args[0])
				return s.waitForDeleted(err, "peering", args[0], func() error { return c.WaitForPeeringDeleted(ctx, cluster, args[0]) })
			}
			err := c.DeleteVPCPeering(ctx, args[0])
			return s.waitForDeleted(err, "peering", args[0], func() error { return c.WaitForVPCPeeringDeleted(ctx, args[0]) })
		}),
	}
	s.addWait(cmd, "the peering is deleted")
	addCluster(cmd, &cluster)
	return cmd
}

func acceptCommand(s *session) *cobra.Command {
	return answerCommand(s, "accept", "Accept", client.Active, (*client.Client).AcceptVPCPeering)
}

func rejectCommand(s *session) *cobra.Command {
	return answerCommand(s, "reject", "Reject", client.Rejected, (*client.Client).RejectVPCPeering)
}

// answerCommand returns the command that accepts or rejects a peering, which
// then has the status want.
func answerCommand(
	s *session, verb, title string, want client.Status, answer func(*client.Client, context.Context, string) (client.VPCPeering, error),
) *cobra.Command {
	cmd := &cobra.Command{
		Use:               verb + " ID",
		Short:             title + " a peering as the accepter's tenant",
		Example:           "  peering " + verb + " 7e974044-bcc1-4f25-aff8-5f10cb347b0f",
		Args:              command.Arguments("ID"),
		ValidArgsFunction: command.CompleteFirst(s.complete(peeringIDs(new(string), client.PendingAcceptance))),
		RunE: s.run(func(ctx context.Context, c *client.Client, args []string) error {
			p, err := answer(c, ctx, args[0])
			p, err = waitForVPCPeering(ctx, s, c, p, err, want)
			return output.Show(s.Printer, p, vpcPeeringColumns, err)
		}),
	}
	s.addWait(cmd, "the peering is "+string(want))
	return cmd
}

func renameCommand(s *session) *cobra.Command {
	var description string
	cmd := &cobra.Command{
		Use:   "rename ID NAME",
		Short: "Rename a peering as the requester's tenant",
		Example: `  peering rename 7e974044-bcc1-4f25-aff8-5f10cb347b0f partner-2
  peering rename 7e974044-bcc1-4f25-aff8-5f10cb347b0f partner-2 --description 'to the second data centre'`,
		Args:              command.Arguments("ID", "NAME"),
		ValidArgsFunction: command.CompleteFirst(s.complete(peeringIDs(new(string), ""))),
	}
	cmd.RunE = s.run(func(ctx context.Context, c *client.Client, args []string) error {
		change := client.VPCPeeringUpdate{Name: &args[1]}
		if cmd.Flags().Changed("description") {
			change.Description = &description
		}
		p, err := c.UpdateVPCPeering(ctx, args[0], change)
		return output.Show(s.Printer, p, vpcPeeringColumns, err)
	})
	cmd.Flags().StringVar(&description, "description", "", "new description; an empty one removes it")
	command.CompleteNothing(cmd, "description")
	return cmd
}

var peeringHeader = output.Row{"ID", "NAME", "STATUS", "REQUESTER VPC", "REQUESTER TENANT", "ACCEPTER VPC", "ACCEPTER TENANT"}

var peeringColumns = output.Columns[client.Peering]{
	Header: peeringHeader,
	Row: func(p *output.Printer, v client.Peering) output.Row {
		requester, accepter := v.RequestVPCInfo, v.AcceptVPCInfo
		return output.Row{v.ID, v.Name, p.Status(string(v.Status)), requester.VPCID, requester.TenantID, accepter.VPCID, accepter.TenantID}
	},
}

var vpcPeeringColumns = output.Columns[client.VPCPeering]{
	Header: peeringHeader,
	Row: func(p *output.Printer, v client.VPCPeering) output.Row {
		requester, accepter := v.RequestVPCInfo, v.AcceptVPCInfo
		return output.Row{v.ID, v.Name, p.Status(string(v.Status)), requester.VPCID, requester.TenantID, accepter.VPCID, accepter.TenantID}
	},
}
