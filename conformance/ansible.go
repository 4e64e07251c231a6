package main

import (
	"context"
	"fmt"
	"net/http"
)

// The tenant and the VPCs of the playbook.
const (
	ansibleProject = "e0000000000000000000000000000001"
	ansibleVPC     = "e1000000-0000-4000-8000-00000000000"
	ansiblePage    = 2
	ansibleCount   = 5
)

// ansible is the Ansible module's present, its search through all pages and its absent. It names its tenants by empty
// texts, starts at an empty marker, ignores peerings_links and stops at the first empty page.
func ansible(ctx context.Context, t *trial, _ *bench, endpoint string) {
	w := &wire{
		trial:    t,
		ctx:      ctx,
		client:   &http.Client{},
		endpoint: endpoint,
		always:   headers{"Content-Type", "application/json", "Accept", "application/json", "X-Project-Id", ansibleProject, "X-Auth-Token", "token"},
	}
	const path = "/v2.0/vpc/peerings"
	var made []string
	for i := 1; i <= ansibleCount; i++ {
		got := w.send(http.MethodPost, path, fmt.Sprintf(
			`{"peering":{"name":"ansible-%d","request_vpc_info":{"vpc_id":"%s0","tenant_id":""},"accept_vpc_info":{"vpc_id":"%s%d","tenant_id":""}}}`,
			i, ansibleVPC, ansibleVPC, i)).is(http.StatusCreated)
		equal(t, "requester", got.text("peering", "request_vpc_info", "tenant_id"), ansibleProject)
		equal(t, "accepter", got.text("peering", "accept_vpc_info", "tenant_id"), ansibleProject)
		equal(t, "status", got.text("peering", "status"), "ACTIVE")
		made = append(made, got.text("peering", "id"))
	}
	equal(t, "found", fmt.Sprint(w.search(path)), fmt.Sprint(made))
	for _, id := range made {
		w.send(http.MethodDelete, path+"/"+id, "").is(http.StatusNoContent)
		gone := w.send(http.MethodGet, path+"/"+id, "").is(http.StatusNotFound)
		equal(t, "error of a deleted peering", gone.text("code"), "VPC.2204")
	}
	equal(t, "peerings left", len(w.search(path)), 0)
}

// search follows the pages until an empty one and answers the ids of all peerings.
func (w *wire) search(path string) []string {
	var ids []string
	marker := ""
	for {
		page := w.send(http.MethodGet, fmt.Sprintf("%s?limit=%d&marker=%s", path, ansiblePage, marker), "").is(http.StatusOK)
		peerings := page.list("peerings")
		if len(peerings) == 0 {
			return ids
		}
		for _, p := range peerings {
			marker = fmt.Sprint(p["id"])
			ids = append(ids, marker)
		}
		w.that("the pages come to an end", len(ids) <= 2*ansibleCount)
	}
}
