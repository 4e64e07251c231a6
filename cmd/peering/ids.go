package main

import (
	"context"
	"iter"
	"strconv"

	"github.com/peering/peering/client"
)

// clusterIDs are the ids of the project's clusters, for a shell.
func clusterIDs(ctx context.Context, c *client.Client) iter.Seq2[candidate, error] {
	return describing(c.AllClusters(ctx, client.ClusterQuery{}), func(found client.Cluster) candidate {
		return candidate{strconv.FormatInt(found.ClusterID, 10), found.Name}
	})
}

// peeringIDs are the ids of a cluster's peerings, or of the project's in a status, for a shell.
func peeringIDs(cluster *string, status client.Status) func(context.Context, *client.Client) iter.Seq2[candidate, error] {
	return func(ctx context.Context, c *client.Client) iter.Seq2[candidate, error] {
		if *cluster != "" {
			return describing(inTurn(c.ListPeerings(ctx, *cluster)), func(found client.Peering) candidate {
				return candidate{found.ID, found.Name + ", " + string(found.Status)}
			})
		}
		return describing(c.AllVPCPeerings(ctx, client.VPCPeeringQuery{Status: status}), func(found client.VPCPeering) candidate {
			return candidate{found.ID, found.Name + ", " + string(found.Status)}
		})
	}
}

// routeIDs are the ids of the routes over a peering, for a shell.
func routeIDs(h *hop) func(context.Context, *client.Client) iter.Seq2[candidate, error] {
	return func(ctx context.Context, c *client.Client) iter.Seq2[candidate, error] {
		return describing(inTurn(c.ListRoutes(ctx, h.cluster, h.peering)), func(found client.Route) candidate {
			return candidate{found.ID, found.Destination}
		})
	}
}

// inTurn answers what a list holds one by one, or why there is none.
func inTurn[T any](values []T, err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		if err != nil {
			var none T
			yield(none, err)
			return
		}
		for _, value := range values {
			if !yield(value, nil) {
				return
			}
		}
	}
}
