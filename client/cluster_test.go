package client_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/peering/peering/client"
)

// TestWaitForCluster looks at a cluster that is still being made, and at one that goes meanwhile.
func TestWaitForCluster(t *testing.T) {
	for _, tt := range []struct {
		name  string
		looks []string
		last  client.Status
	}{
		{"it runs in the end", []string{"cluster_creating", "cluster_creating", "cluster_running"}, ""},
		{"it goes", []string{"cluster_creating", ""}, client.Deleted},
	} {
		t.Run(tt.name, func(t *testing.T) {
			looks := tt.looks
			url, _ := recorder(t, func(w http.ResponseWriter, _ *http.Request) {
				status := looks[0]
				looks = looks[1:]
				if status == "" {
					w.WriteHeader(http.StatusBadRequest)
					_, _ = fmt.Fprint(w, `{"error_id":"CS.20005","error_cause":"gone"}`)
					return
				}
				_, _ = fmt.Fprintf(w, `{"payload":{"cluster_id":7,"status_name":%q}}`, status)
			})
			c, err := client.New(url, client.WithProject(project), client.WithTiming(nil, noSleep, nil))
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.WaitForCluster(t.Context(), "7")
			failed, _ := errors.AsType[*client.WaitError](err)
			if tt.last == "" && (err != nil || got.ClusterID != 7 || got.StatusName != string(client.ClusterRunning)) {
				t.Errorf("answered %+v, %v", got, err)
			}
			if tt.last != "" && (failed == nil || failed.Last != tt.last || failed.Err != nil) {
				t.Errorf("answered %v", err)
			}
		})
	}
}
