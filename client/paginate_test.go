package client_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/peering/peering/client"
	"github.com/peering/peering/client/clienttest"
)

// createVPCPeerings creates n peerings of the project, named n0 and n1 in turn,
// and returns their ids in list order.
func createVPCPeerings(t *testing.T, c *client.Client, n int) []string {
	t.Helper()
	ids := make([]string, n)
	for i := range ids {
		p, err := c.CreateVPCPeering(t.Context(), client.VPCPeeringCreate{
			Name:           fmt.Sprintf("n%d", i%2),
			RequestVPCInfo: client.VPCReference{VPCID: newVPCID()},
			AcceptVPCInfo:  client.VPCReference{VPCID: newVPCID()},
		})
		if err != nil {
			t.Fatal(err)
		}
		ids[i] = p.ID
	}
	return ids
}

func TestAllVPCPeerings(t *testing.T) {
	s := clienttest.NewServer(t)
	c := s.Client(project)
	ids := createVPCPeerings(t, c, 7)
	for _, tt := range []struct {
		name  string
		query client.VPCPeeringQuery
		want  []string
		pages int
	}{
		{"reads a single page", client.VPCPeeringQuery{}, ids, 1},
		{"reads all pages", client.VPCPeeringQuery{Limit: 2}, ids, 4},
		{"ends after a full last page", client.VPCPeeringQuery{Limit: 7}, ids, 1},
		{"applies the filter", client.VPCPeeringQuery{Name: "n1", Limit: 2}, []string{ids[1], ids[3], ids[5]}, 2},
		{"starts at the marker", client.VPCPeeringQuery{Marker: ids[4], Limit: 1}, ids[5:], 2},
		{"reads an empty list", client.VPCPeeringQuery{Name: "x"}, nil, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := s.Requests("listVpcPeerings")
			all := c.AllVPCPeerings(t.Context(), tt.query)
			for range 2 { // the iterator can be used again
				var got []string
				for p, err := range all {
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, p.ID)
				}
				if !slices.Equal(got, tt.want) {
					t.Errorf("got %v, want %v", got, tt.want)
				}
			}
			if n := s.Requests("listVpcPeerings") - before; n != 2*tt.pages {
				t.Errorf("fetched %d pages, want twice %d", n, tt.pages)
			}
		})
	}
}

func TestAllVPCPeeringsFetchesPagesAsNeeded(t *testing.T) {
	s := clienttest.NewServer(t)
	c := s.Client(project)
	createVPCPeerings(t, c, 5)
	n := 0
	for _, err := range c.AllVPCPeerings(t.Context(), client.VPCPeeringQuery{Limit: 2}) {
		if n++; err != nil || n == 3 {
			break
		}
	}
	if pages := s.Requests("listVpcPeerings"); n != 3 || pages != 2 {
		t.Errorf("got %d peerings from %d pages, want 3 from 2", n, pages)
	}
}

func TestAllVPCPeeringsEndsAfterAnError(t *testing.T) {
	next := `{"peerings":[{"id":"1"}],"peerings_links":[{"rel":"next","href":"/?marker=1"}]}`
	for name, steps := range map[string][]step{
		"an error response":           {respond(200, next), respond(400, `{"code":"VPC.22101","message":"m"}`)},
		"a page that links to itself": {respond(200, next), respond(200, next)},
	} {
		t.Run(name, func(t *testing.T) {
			s := &scriptedTransport{steps: append(steps, respondOK)}
			c, _ := newScriptedClient(t, s)
			var ids []string
			var errs []error
			for p, err := range c.AllVPCPeerings(t.Context(), client.VPCPeeringQuery{}) {
				ids, errs = append(ids, p.ID), append(errs, err)
			}
			if !slices.Equal(ids, []string{"1", ""}) || errs[0] != nil || errs[1] == nil || s.attempts() != 2 {
				t.Errorf("got ids %q and errors %v after %d requests", ids, errs, s.attempts())
			}
		})
	}
}

func TestAllClusters(t *testing.T) {
	s := clienttest.NewServer(t)
	c := s.Client(project)
	for i := range 4 {
		if _, err := c.CreateCluster(t.Context(), client.ClusterCreate{Name: fmt.Sprintf("n%d", i%2)}); err != nil {
			t.Fatal(err)
		}
	}
	page, err := c.ListClusters(t.Context(), client.ClusterQuery{Ascending: true})
	if err != nil || len(page.Clusters) != 5 {
		t.Fatalf("ListClusters returned %+v, %v", page, err)
	}
	var ids []int64
	for _, cluster := range page.Clusters {
		ids = append(ids, cluster.ClusterID)
	}
	descending := slices.Clone(ids)
	slices.Reverse(descending)
	for _, tt := range []struct {
		name  string
		query client.ClusterQuery
		want  []int64
		pages int
	}{
		{"reads a single page", client.ClusterQuery{}, descending, 1},
		{"reads all pages", client.ClusterQuery{Limit: 2, Ascending: true}, ids, 3},
		{"ends after a full last page", client.ClusterQuery{Limit: 5}, descending, 2},
		{"reads an empty list", client.ClusterQuery{Name: "x"}, nil, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			all := c.AllClusters(t.Context(), tt.query)
			for range 2 { // the iterator can be used again
				before := s.Requests("listClusters")
				var got []int64
				for cluster, err := range all {
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, cluster.ClusterID)
				}
				if n := s.Requests("listClusters") - before; !slices.Equal(got, tt.want) || n != tt.pages {
					t.Errorf("got %v from %d pages, want %v from %d", got, n, tt.want, tt.pages)
				}
			}
		})
	}
}

func TestAllClustersFetchesPagesAsNeeded(t *testing.T) {
	s := clienttest.NewServer(t)
	for _, err := range s.Client(project).AllClusters(t.Context(), client.ClusterQuery{Limit: 1}) {
		if err != nil {
			t.Error(err)
		}
		break
	}
	if n := s.Requests("listClusters"); n != 1 {
		t.Errorf("fetched %d pages, want 1", n)
	}
}

func TestAllClustersEndsWithTheContext(t *testing.T) {
	c := clienttest.NewServer(t).Client(project)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	for _, err := range c.AllClusters(ctx, client.ClusterQuery{Limit: 1}) {
		n++
		if n == 1 && err != nil || n == 2 && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		cancel()
	}
	if n != 2 {
		t.Errorf("iterated %d times, want 2", n)
	}
}
