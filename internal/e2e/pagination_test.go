package e2e_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/e2e/harness"
)

func TestListReturnsAllPages(t *testing.T) {
	t.Parallel()
	s := harness.NewSandbox(t)
	ctx, c := t.Context(), s.As(t, s.Project)
	want := map[string]bool{}
	for _, vpc := range []string{s.OtherVPC, uuid.NewString(), uuid.NewString(), uuid.NewString()} {
		p, err := c.CreateVPCPeering(ctx, client.VPCPeeringCreate{
			Name:           "to-" + vpc,
			RequestVPCInfo: client.VPCReference{VPCID: s.PeerVPC},
			AcceptVPCInfo:  client.VPCReference{VPCID: vpc},
		})
		if err != nil {
			t.Fatal(err)
		}
		want[p.ID] = true
	}
	var got []string
	query := client.VPCPeeringQuery{Status: client.Active, VPCID: s.PeerVPC, TenantID: s.Project, Limit: 3}
	for pages := 1; ; pages++ {
		page, err := c.ListVPCPeerings(ctx, query)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range page.Peerings {
			got = append(got, p.ID)
		}
		if page.Next == "" {
			if pages != 2 {
				t.Errorf("the list has %d pages, want 2", pages)
			}
			break
		}
		query.Marker = page.Next
	}
	if !slices.Equal(got, slices.Sorted(maps.Keys(want))) {
		t.Errorf("the list has %v, want %v in this order", got, want)
	}
	one, err := c.ListVPCPeerings(ctx, client.VPCPeeringQuery{ID: got[0], Name: "to-" + s.OtherVPC})
	if err != nil || len(one.Peerings) != 1 {
		t.Errorf("list by id and name returned %+v, %v", one, err)
	}
}

func TestNextLinkReturnsNextPage(t *testing.T) {
	t.Parallel()
	s := harness.NewSandbox(t)
	for _, vpc := range []string{s.PeerVPC, s.OtherVPC} {
		s.CreatePeering(t, vpc)
	}
	got := harness.Send(t, http.MethodGet, s.Endpoint+harness.VPCPath+"?limit=1&name=n", "", "X-Project-Id", s.Project)
	var first struct {
		Peerings []client.VPCPeering
		Links    []struct{ Rel, Href string } `json:"peerings_links"`
	}
	if err := json.Unmarshal([]byte(got.Body), &first); err != nil {
		t.Fatal(err)
	}
	if len(first.Links) != 1 || first.Links[0].Rel != "next" {
		t.Fatalf("the links are %+v, want one to the next page", first.Links)
	}
	second := harness.Send(t, http.MethodGet, first.Links[0].Href, "", "X-Project-Id", s.Project)
	if second.Status != http.StatusOK || !strings.Contains(second.Body, `"peerings":[{`) ||
		strings.Contains(second.Body, first.Peerings[0].ID) || strings.Contains(second.Body, "peerings_links") {
		t.Errorf("%s returned %d %s", first.Links[0].Href, second.Status, second.Body)
	}
	none := harness.Send(t, http.MethodGet, s.Endpoint+harness.VPCPath+"?limit=0", "", "X-Project-Id", s.Project)
	if none.Body != `{"peerings":[]}`+"\n" {
		t.Errorf("limit 0 returned %s", none.Body)
	}
}
