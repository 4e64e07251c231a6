package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// pollPause is how long Terraform's provider waits between two requests when it polls.
const pollPause = time.Second

// terraformCluster is apply, refresh, update and destroy of a cluster.
func terraformCluster(ctx context.Context, t *trial, _ *bench, endpoint string) {
	w := terraform(ctx, t, endpoint)
	made := w.send(http.MethodPost, "/v1.0/"+project+"/reserved_cluster",
		`{"desc":"made by terraform","maximum_spu_quota":100,"name":"terraform_cluster","subnet_cidr":"172.16.8.0/23",`+
			`"subnet_gateway":"172.16.8.1","vpc_cidr":"172.16.8.0/23"}`).is(http.StatusOK)
	path := "/v1.0/" + project + "/reserved_cluster/" + convertToText(made.at("payload", "cluster_id"))

	w.readCluster(w.untilDone(path), 100, "terraform_cluster", "made by terraform")
	w.send(http.MethodPatch, path, `{"desc":"changed","maximum_spu_quota":50,"name":"terraform_renamed"}`).is(http.StatusOK)
	w.readCluster(w.withType().send(http.MethodGet, path, "").is(http.StatusOK), 50, "terraform_renamed", "changed")

	w.withType().send(http.MethodDelete, path, "").is(http.StatusOK)
	for {
		shown := w.withType().send(http.MethodGet, path, "")
		if shown.status == http.StatusBadRequest {
			equal(t, "error of a deleted cluster", shown.text("error_id"), "CS.20005")
			return
		}
		shown.is(http.StatusOK)
		w.pause()
	}
}

// untilDone shows a cluster until the provider takes it for finished.
func (w *wire) untilDone(path string) answer {
	for {
		shown := w.withType().send(http.MethodGet, path, "").is(http.StatusOK)
		status := convertToText(shown.at("payload", "status_code"))
		if slices.Contains([]string{"3", "5", "8"}, status) {
			return shown
		}
		w.that("status_code "+status+" of a cluster in the making is 1 or 4", status == "1" || status == "4")
		w.pause()
	}
}

// readCluster checks what the provider reads of a cluster, in the types that it can read.
func (w *wire) readCluster(shown answer, quota float64, name, desc string) {
	age := time.Since(time.UnixMilli(int64(shown.number("payload", "created_at"))))
	w.that("created_at is now", age > -time.Minute && age < time.Minute)
	equal(w.trial, "name", shown.text("payload", "name"), name)
	equal(w.trial, "desc", shown.text("payload", "desc"), desc)
	equal(w.trial, "maximum_spu_quota", convertToText(shown.at("payload", "maximum_spu_quota")), convertToText(quota))
	for _, key := range []string{"spu_used", "manager_node_spu"} {
		_, err := strconv.Atoi(convertToText(shown.at("payload", key)))
		w.must(key+" is a whole number", err)
	}
	equal(w.trial, "vpc_cidr", shown.text("payload", "vpc_cidr"), "172.16.8.0/23")
	equal(w.trial, "subnet_cidr", shown.text("payload", "subnet_cidr"), "172.16.8.0/23")
	equal(w.trial, "subnet_gateway", shown.text("payload", "subnet_gateway"), "172.16.8.1")
}

// pause waits before the next poll.
func (w *wire) pause() {
	select {
	case <-time.After(pollPause):
	case <-w.ctx.Done():
		w.fail("still polling: %w", w.ctx.Err())
	}
}

// convertToText answers a text or a number as the text that the provider makes of it.
func convertToText(value any) string {
	if number, ok := value.(float64); ok {
		return strconv.FormatFloat(number, 'f', -1, 64)
	}
	return fmt.Sprint(value)
}
