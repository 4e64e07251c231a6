package main

import (
	"context"
	"fmt"
	"net/http"
)

// The tenant and the VPCs of the playbook.
const (
	ansibleProject   = "e0000000000000000000000000000001"
	ansibleVPCPrefix = "e1000000-0000-4000-8000-00000000000"
	ansiblePageSize  = 2
	ansibleCount     = 5
)

// ansible replays the Ansible module: state present, its search through all
// pages, and state absent. The module sends empty strings for tenants, starts
// with an empty marker, ignores peerings_links and stops at the first empty
// page.
func ansible(ctx context.Context, t *checker, _ *runner, endpoint string) {
	c := &rawClient{
		checker:  t,
		ctx:      ctx,
		client:   &http.Client{},
		endpoint: endpoint,
		headers: headers{
			"Content-Type", "application/json", "Accept", "application/json",
			"X-Project-Id", ansibleProject, "X-Auth-Token", "token",
		},
	}
	const path = "/v2.0/vpc/peerings"
	var created []string
	for i := 1; i <= ansibleCount; i++ {
		got := c.send(http.MethodPost, path, fmt.Sprintf(`{"peering":{"name":"ansible-%d",`+
			`"request_vpc_info":{"vpc_id":"%s0","tenant_id":""},"accept_vpc_info":{"vpc_id":"%s%d","tenant_id":""}}}`,
			i, ansibleVPCPrefix, ansibleVPCPrefix, i)).wantStatus(http.StatusCreated)
		equal(t, "requester", got.text("peering", "request_vpc_info", "tenant_id"), ansibleProject)
		equal(t, "accepter", got.text("peering", "accept_vpc_info", "tenant_id"), ansibleProject)
		equal(t, "status", got.text("peering", "status"), "ACTIVE")
		created = append(created, got.text("peering", "id"))
	}
	equal(t, "listed ids", fmt.Sprint(c.listAllIDs(path)), fmt.Sprint(created))
	for _, id := range created {
		c.send(http.MethodDelete, path+"/"+id, "").wantStatus(http.StatusNoContent)
		deleted := c.send(http.MethodGet, path+"/"+id, "").wantStatus(http.StatusNotFound)
		equal(t, "error for a deleted peering", deleted.text("code"), "VPC.2204")
	}
	equal(t, "remaining peerings", len(c.listAllIDs(path)), 0)
}

// listAllIDs follows the pages until an empty one and returns the ids of all
// peerings.
func (c *rawClient) listAllIDs(path string) []string {
	var ids []string
	marker := ""
	for {
		query := fmt.Sprintf("?limit=%d&marker=%s", ansiblePageSize, marker)
		peerings := c.send(http.MethodGet, path+query, "").wantStatus(http.StatusOK).list("peerings")
		if len(peerings) == 0 {
			return ids
		}
		for _, p := range peerings {
			marker = fmt.Sprint(p["id"])
			ids = append(ids, marker)
		}
		c.isTrue("paging ends", len(ids) <= 2*ansibleCount)
	}
}
