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

// vpcPeerings makes so many peerings of the project, and answers their ids in the order of a list.
func vpcPeerings(t *testing.T, c *client.Client, n int) []string {
	t.Helper()
	ids := make([]string, n)
	for i := range ids {
		p, err := c.CreateVPCPeering(t.Context(), client.VPCPeeringCreate{
			Name: fmt.Sprintf("n%d", i%2), RequestVPCInfo: client.VPCReference{VPCID: newVPC()}, AcceptVPCInfo: client.VPCReference{VPCID: newVPC()},
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
	ids := vpcPeerings(t, c, 7)
	for _, tt := range []struct {
		name  string
		query client.VPCPeeringQuery
		want  []string
		pages int
	}{
		{"one page", client.VPCPeeringQuery{}, ids, 1},
		{"many pages", client.VPCPeeringQuery{Limit: 2}, ids, 4},
		{"pages that are full", client.VPCPeeringQuery{Limit: 7}, ids, 1},
		{"a filter", client.VPCPeeringQuery{Name: "n1", Limit: 2}, []string{ids[1], ids[3], ids[5]}, 2},
		{"from a marker on", client.VPCPeeringQuery{Marker: ids[4], Limit: 1}, ids[5:], 2},
		{"nothing", client.VPCPeeringQuery{Name: "x"}, nil, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := s.Requests("listVpcPeerings")
			all := c.AllVPCPeerings(t.Context(), tt.query)
			for range 2 { // it can be gone through again
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
				t.Errorf("read %d pages, want twice %d", n, tt.pages)
			}
		})
	}
}

func TestAllVPCPeeringsReadsNoMoreThanItNeeds(t *testing.T) {
	s := clienttest.NewServer(t)
	c := s.Client(project)
	vpcPeerings(t, c, 5)
	n := 0
	for _, err := range c.AllVPCPeerings(t.Context(), client.VPCPeeringQuery{Limit: 2}) {
		if n++; err != nil || n == 3 {
			break
		}
	}
	if pages := s.Requests("listVpcPeerings"); n != 3 || pages != 2 {
		t.Errorf("%d peerings of %d pages", n, pages)
	}
}

func TestAllVPCPeeringsEndsWithTheFirstError(t *testing.T) {
	next := `{"peerings":[{"id":"1"}],"peerings_links":[{"rel":"next","href":"/?marker=1"}]}`
	for name, steps := range map[string][]step{
		"a refusal":      {reply(200, next), reply(400, `{"code":"VPC.22101","message":"m"}`)},
		"the same again": {reply(200, next), reply(200, next)},
	} {
		t.Run(name, func(t *testing.T) {
			s := &script{steps: append(steps, fine)}
			c, _ := scripted(t, s)
			var ids []string
			var errs []error
			for p, err := range c.AllVPCPeerings(t.Context(), client.VPCPeeringQuery{}) {
				ids, errs = append(ids, p.ID), append(errs, err)
			}
			if !slices.Equal(ids, []string{"1", ""}) || errs[0] != nil || errs[1] == nil || len(s.sent) != 2 {
				t.Errorf("got %q, %v", ids, errs)
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
		t.Fatalf("listed %+v, %v", page, err)
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
		{"one page", client.ClusterQuery{}, descending, 1},
		{"many pages", client.ClusterQuery{Limit: 2, Ascending: true}, ids, 3},
		{"pages that are full", client.ClusterQuery{Limit: 5}, descending, 2},
		{"nothing", client.ClusterQuery{Name: "x"}, nil, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			all := c.AllClusters(t.Context(), tt.query)
			for range 2 { // it can be gone through again
				before := s.Requests("listClusters")
				var got []int64
				for cluster, err := range all {
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, cluster.ClusterID)
				}
				if n := s.Requests("listClusters") - before; !slices.Equal(got, tt.want) || n != tt.pages {
					t.Errorf("got %v of %d pages, want %v of %d", got, n, tt.want, tt.pages)
				}
			}
		})
	}
}

func TestAllClustersReadsNoMoreThanItNeeds(t *testing.T) {
	s := clienttest.NewServer(t)
	for _, err := range s.Client(project).AllClusters(t.Context(), client.ClusterQuery{Limit: 1}) {
		if err != nil {
			t.Error(err)
		}
		break
	}
	if n := s.Requests("listClusters"); n != 1 {
		t.Errorf("read %d pages", n)
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
		t.Errorf("went on %d times", n)
	}
}
