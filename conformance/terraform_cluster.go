package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// pollInterval is the time between two requests when Terraform's provider
// polls.
const pollInterval = time.Second

// terraformCluster applies, refreshes, updates and destroys a cluster.
func terraformCluster(ctx context.Context, t *checker, _ *runner, endpoint string) {
	c := newTerraformClient(ctx, t, endpoint)
	created := c.send(http.MethodPost, "/v1.0/"+project+"/reserved_cluster",
		`{"desc":"made by terraform","maximum_spu_quota":100,"name":"terraform_cluster","subnet_cidr":"172.16.8.0/23",`+
			`"subnet_gateway":"172.16.8.1","vpc_cidr":"172.16.8.0/23"}`).wantStatus(http.StatusOK)
	path := "/v1.0/" + project + "/reserved_cluster/" + formatValue(created.value("payload", "cluster_id"))

	c.checkCluster(c.waitUntilDone(path), 100, "terraform_cluster", "made by terraform")
	update := `{"desc":"changed","maximum_spu_quota":50,"name":"terraform_renamed"}`
	c.send(http.MethodPatch, path, update).wantStatus(http.StatusOK)
	updated := c.withContentType().send(http.MethodGet, path, "").wantStatus(http.StatusOK)
	c.checkCluster(updated, 50, "terraform_renamed", "changed")

	c.withContentType().send(http.MethodDelete, path, "").wantStatus(http.StatusOK)
	for {
		shown := c.withContentType().send(http.MethodGet, path, "")
		if shown.status == http.StatusBadRequest {
			equal(t, "error for a deleted cluster", shown.text("error_id"), "CS.20005")
			return
		}
		shown.wantStatus(http.StatusOK)
		c.waitPollInterval()
	}
}

// waitUntilDone polls a cluster until its status is final for the provider.
func (c *rawClient) waitUntilDone(path string) response {
	for {
		shown := c.withContentType().send(http.MethodGet, path, "").wantStatus(http.StatusOK)
		status := formatValue(shown.value("payload", "status_code"))
		if slices.Contains([]string{"3", "5", "8"}, status) {
			return shown
		}
		c.isTrue("status_code "+status+" of a pending cluster is 1 or 4", status == "1" || status == "4")
		c.waitPollInterval()
	}
}

// checkCluster checks the fields that the provider reads from a cluster, in the
// types that it can decode.
func (c *rawClient) checkCluster(shown response, quota float64, name, desc string) {
	age := time.Since(time.UnixMilli(int64(shown.number("payload", "created_at"))))
	c.isTrue("created_at is now", age > -time.Minute && age < time.Minute)
	equal(c.checker, "name", shown.text("payload", "name"), name)
	equal(c.checker, "desc", shown.text("payload", "desc"), desc)
	equal(c.checker, "maximum_spu_quota", formatValue(shown.value("payload", "maximum_spu_quota")), formatValue(quota))
	for _, key := range []string{"spu_used", "manager_node_spu"} {
		_, err := strconv.Atoi(formatValue(shown.value("payload", key)))
		c.noError(key+" is a whole number", err)
	}
	equal(c.checker, "vpc_cidr", shown.text("payload", "vpc_cidr"), "172.16.8.0/23")
	equal(c.checker, "subnet_cidr", shown.text("payload", "subnet_cidr"), "172.16.8.0/23")
	equal(c.checker, "subnet_gateway", shown.text("payload", "subnet_gateway"), "172.16.8.1")
}

// waitPollInterval waits until the next poll is due.
func (c *rawClient) waitPollInterval() {
	select {
	case <-time.After(pollInterval):
	case <-c.ctx.Done():
		c.fail("still polling: %w", c.ctx.Err())
	}
}

// formatValue formats a string or a number as the provider does.
func formatValue(value any) string {
	if number, ok := value.(float64); ok {
		return strconv.FormatFloat(number, 'f', -1, 64)
	}
	return fmt.Sprint(value)
}
