package main

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// The cluster of the example inventory, the tenant of its VPC, and the VPC that
// Terraform peers it with.
const (
	project        = "4f30b9215e054c908d18f2b150131646"
	clusterPath    = "/v1.0/" + project + "/reserved_cluster/1000000"
	clusterVPC     = "83081290-198e-48e2-8e2d-64c50023d136"
	clusterTenant  = "8185f87d043f4519a68420a282b5e2fa"
	terraformVPC   = "d1000000-0000-4000-8000-000000000001"
	terraformRange = "192.168.0.0/16"
)

// newTerraformClient returns a client that sends the headers that Terraform's
// provider sends through golangsdk. A body-less GET or DELETE has a content
// type (see withContentType), a body-less PUT has none.
func newTerraformClient(ctx context.Context, t *checker, endpoint string) *rawClient {
	return &rawClient{
		checker:  t,
		ctx:      ctx,
		client:   &http.Client{},
		endpoint: endpoint,
		headers: headers{
			"Accept", "application/json",
			"User-Agent", "terraform-provider-iac golangsdk/2.0.0",
			"X-Project-Id", project,
			"X-Sdk-Date", time.Now().UTC().Format("20060102T150405Z"),
			"Authorization", "SDK-HMAC-SHA256 Access=access, " +
				"SignedHeaders=accept;content-type;user-agent;x-sdk-date, Signature=00",
		},
		bodyHeaders: headers{"Content-Type", "application/json"},
	}
}

// withContentType returns a copy of the client that sends a content type even
// without a body.
func (c *rawClient) withContentType() *rawClient {
	typed := *c
	typed.noBodyHeaders = headers{"Content-Type", "application/json"}
	return &typed
}

// applyPeering replays the provider's create of a peering and returns its id:
// create below the cluster, accept at the VPC service at once, then show until
// the peering is ACTIVE.
func (c *rawClient) applyPeering(name string) (id string) {
	body := fmt.Sprintf(`{"name":%q,"vpc_id":%q}`, name, terraformVPC)
	created := c.send(http.MethodPost, clusterPath+"/peering", body).wantStatus(http.StatusCreated)
	id = created.text("peering", "id")
	equal(c.checker, "status of a new peering", created.text("peering", "status"), "PENDING_ACCEPTANCE")
	equal(c.checker, "requester's VPC", created.text("peering", "request_vpc_info", "vpc_id"), clusterVPC)
	equal(c.checker, "requester", created.text("peering", "request_vpc_info", "tenant_id"), clusterTenant)

	accepted := c.send(http.MethodPut, "/v2.0/vpc/peerings/"+id+"/accept", "").wantStatus(http.StatusOK)
	equal(c.checker, "id of the bare object", accepted.text("id"), id)
	equal(c.checker, "status of the bare object", accepted.text("status"), "ACTIVE")

	shown := c.withContentType().send(http.MethodGet, clusterPath+"/peering/"+id, "").wantStatus(http.StatusOK)
	equal(c.checker, "status after accept", shown.text("peering", "status"), "ACTIVE")
	return id
}

// destroyPeering replays the provider's delete of a peering: delete, then show
// until the response is 400 with CS.22103.
func (c *rawClient) destroyPeering(id string) {
	typed := c.withContentType()
	typed.send(http.MethodDelete, clusterPath+"/peering/"+id, "").wantStatus(http.StatusNoContent)
	deleted := typed.send(http.MethodGet, clusterPath+"/peering/"+id, "").wantStatus(http.StatusBadRequest)
	equal(c.checker, "error for a deleted peering", deleted.text("error_id"), "CS.22103")
}

// terraformPeering applies, refreshes and destroys a peering.
func terraformPeering(ctx context.Context, t *checker, _ *runner, endpoint string) {
	c := newTerraformClient(ctx, t, endpoint)
	id := c.applyPeering("terraform_peering")
	shown := c.withContentType().send(http.MethodGet, clusterPath+"/peering/"+id, "").wantStatus(http.StatusOK)
	equal(t, "refreshed name", shown.text("peering", "name"), "terraform_peering")
	equal(t, "refreshed accepter's VPC", shown.text("peering", "accept_vpc_info", "vpc_id"), terraformVPC)
	equal(t, "refreshed accepter", shown.text("peering", "accept_vpc_info", "tenant_id"), project)
	c.destroyPeering(id)
}

// terraformRoute applies, refreshes and destroys a route. The provider finds
// the route in the list of its peering.
func terraformRoute(ctx context.Context, t *checker, _ *runner, endpoint string) {
	c := newTerraformClient(ctx, t, endpoint)
	peering := c.applyPeering("terraform_route")
	path := clusterPath + "/peering/" + peering + "/route"
	body := fmt.Sprintf(`{"destination":%q}`, terraformRange)
	created := c.send(http.MethodPost, path, body).wantStatus(http.StatusCreated)
	id := created.text("route", "id")
	equal(t, "type", created.text("route", "type"), "peering")
	equal(t, "nexthop", created.text("route", "nexthop"), peering)
	equal(t, "destination", created.text("route", "destination"), terraformRange)
	equal(t, "VPC", created.text("route", "vpc_id"), clusterVPC)
	equal(t, "tenant", created.text("route", "tenant_id"), clusterTenant)

	typed := c.withContentType()
	listed := typed.send(http.MethodGet, path, "").wantStatus(http.StatusOK).list("routes")
	equal(t, "routes of the peering", len(listed), 1)
	equal(t, "listed id", listed[0]["id"], any(id))
	equal(t, "listed destination", listed[0]["destination"], any(terraformRange))

	typed.send(http.MethodDelete, path+"/"+id, "").wantStatus(http.StatusNoContent)
	equal(t, "remaining routes", len(typed.send(http.MethodGet, path, "").wantStatus(http.StatusOK).list("routes")), 0)
	c.destroyPeering(peering)
}
