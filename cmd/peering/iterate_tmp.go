package main

import (
	"context"
	"iter"
	"strconv"

	"github.com/peering/peering/client"
)

func allVPCPeerings(ctx context.Context, c *client.Client, query client.VPCPeeringQuery) iter.Seq2[client.VPCPeering, error] {
	return func(yield func(client.VPCPeering, error) bool) {
		for {
			page, err := c.ListVPCPeerings(ctx, query)
			if err != nil {
				yield(client.VPCPeering{}, err)
				return
			}
			for _, p := range page.Peerings {
				if !yield(p, nil) {
					return
				}
			}
			if page.Next == "" {
				return
			}
			query.Marker = page.Next
		}
	}
}

func allClusters(ctx context.Context, c *client.Client, query client.ClusterQuery) iter.Seq2[client.Cluster, error] {
	query.Ascending, query.Limit = true, 1000
	return func(yield func(client.Cluster, error) bool) {
		for {
			page, err := c.ListClusters(ctx, query)
			if err != nil {
				yield(client.Cluster{}, err)
				return
			}
			for _, p := range page.Clusters {
				if !yield(p, nil) {
					return
				}
			}
			if len(page.Clusters) < int(query.Limit) {
				return
			}
			query.Cursor = strconv.FormatInt(page.Clusters[len(page.Clusters)-1].ClusterID, 10)
		}
	}
}
