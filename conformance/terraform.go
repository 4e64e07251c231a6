package main

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// The cluster of the example inventory, the tenant of its VPC and the VPC that Terraform peers it with.
const (
	project        = "4f30b9215e054c908d18f2b150131646"
	clusterPath    = "/v1.0/" + project + "/reserved_cluster/1000000"
	clusterVPC     = "83081290-198e-48e2-8e2d-64c50023d136"
	clusterTenant  = "8185f87d043f4519a68420a282b5e2fa"
	terraformVPC   = "d1000000-0000-4000-8000-000000000001"
	terraformRange = "192.168.0.0/16"
)

// terraform answers a client that sends what Terraform's provider sends through golangsdk: a body-less GET or DELETE has a
// content type, and a body-less PUT has none.
func terraform(ctx context.Context, t *trial, endpoint string) *wire {
	return &wire{
		trial:    t,
		ctx:      ctx,
		client:   &http.Client{},
		endpoint: endpoint,
		always: headers{
			"Accept", "application/json",
			"User-Agent", "terraform-provider-iac golangsdk/2.0.0",
			"X-Project-Id", project,
			"X-Sdk-Date", time.Now().UTC().Format("20060102T150405Z"),
			"Authorization", "SDK-HMAC-SHA256 Access=access, SignedHeaders=accept;content-type;user-agent;x-sdk-date, Signature=00",
		},
		body: headers{"Content-Type", "application/json"},
	}
}

// withType answers the same client for requests without a body but with a content type.
func (w *wire) withType() *wire {
	typed := *w
	typed.bare = headers{"Content-Type", "application/json"}
	return &typed
}

// connect is the provider's create of a peering: create below the cluster, accept at once at the VPC service, then show
// until it is ACTIVE.
func (w *wire) connect(name string) (id string) {
	made := w.send(http.MethodPost, clusterPath+"/peering", fmt.Sprintf(`{"name":%q,"vpc_id":%q}`, name, terraformVPC)).is(http.StatusCreated)
	id = made.text("peering", "id")
	equal(w.trial, "status of a new peering", made.text("peering", "status"), "PENDING_ACCEPTANCE")
	equal(w.trial, "requester's VPC", made.text("peering", "request_vpc_info", "vpc_id"), clusterVPC)
	equal(w.trial, "requester", made.text("peering", "request_vpc_info", "tenant_id"), clusterTenant)

	accepted := w.send(http.MethodPut, "/v2.0/vpc/peerings/"+id+"/accept", "").is(http.StatusOK)
	equal(w.trial, "id of the bare object", accepted.text("id"), id)
	equal(w.trial, "status of the bare object", accepted.text("status"), "ACTIVE")

	shown := w.withType().send(http.MethodGet, clusterPath+"/peering/"+id, "").is(http.StatusOK)
	equal(w.trial, "status after accept", shown.text("peering", "status"), "ACTIVE")
	return id
}

// disconnect is the provider's delete of a peering: delete, then show until the answer is 400 with CS.22103.
func (w *wire) disconnect(id string) {
	typed := w.withType()
	typed.send(http.MethodDelete, clusterPath+"/peering/"+id, "").is(http.StatusNoContent)
	gone := typed.send(http.MethodGet, clusterPath+"/peering/"+id, "").is(http.StatusBadRequest)
	equal(w.trial, "error of a deleted peering", gone.text("error_id"), "CS.22103")
}

// terraformPeering is apply, refresh and destroy of a peering.
func terraformPeering(ctx context.Context, t *trial, _ *bench, endpoint string) {
	w := terraform(ctx, t, endpoint)
	id := w.connect("terraform_peering")
	read := w.withType().send(http.MethodGet, clusterPath+"/peering/"+id, "").is(http.StatusOK)
	equal(t, "read name", read.text("peering", "name"), "terraform_peering")
	equal(t, "read accepter's VPC", read.text("peering", "accept_vpc_info", "vpc_id"), terraformVPC)
	equal(t, "read accepter", read.text("peering", "accept_vpc_info", "tenant_id"), project)
	w.disconnect(id)
}

// terraformRoute is apply, refresh and destroy of a route, which the provider finds in the list of its peering.
func terraformRoute(ctx context.Context, t *trial, _ *bench, endpoint string) {
	w := terraform(ctx, t, endpoint)
	peering := w.connect("terraform_route")
	path := clusterPath + "/peering/" + peering + "/route"
	made := w.send(http.MethodPost, path, fmt.Sprintf(`{"destination":%q}`, terraformRange)).is(http.StatusCreated)
	id := made.text("route", "id")
	equal(t, "type", made.text("route", "type"), "peering")
	equal(t, "nexthop", made.text("route", "nexthop"), peering)
	equal(t, "destination", made.text("route", "destination"), terraformRange)
	equal(t, "VPC", made.text("route", "vpc_id"), clusterVPC)
	equal(t, "tenant", made.text("route", "tenant_id"), clusterTenant)

	typed := w.withType()
	listed := typed.send(http.MethodGet, path, "").is(http.StatusOK).list("routes")
	equal(t, "routes of the peering", len(listed), 1)
	equal(t, "listed id", listed[0]["id"], any(id))
	equal(t, "listed destination", listed[0]["destination"], any(terraformRange))

	typed.send(http.MethodDelete, path+"/"+id, "").is(http.StatusNoContent)
	equal(t, "routes left", len(typed.send(http.MethodGet, path, "").is(http.StatusOK).list("routes")), 0)
	w.disconnect(peering)
}
