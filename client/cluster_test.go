package client_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/peering/peering/client"
)

func TestWaitForCluster(t *testing.T) {
	for _, tt := range []struct {
		name     string
		statuses []string      // of consecutive polls; "" once the cluster does not exist
		wantLast client.Status // of the WaitError; "" for success
	}{
		{"returns the running cluster", []string{"cluster_creating", "cluster_creating", "cluster_running"}, ""},
		{"fails when the cluster is deleted", []string{"cluster_creating", ""}, client.Deleted},
	} {
		t.Run(tt.name, func(t *testing.T) {
			statuses := tt.statuses
			url, _ := newRecordingServer(t, func(w http.ResponseWriter, _ *http.Request) {
				status := statuses[0]
				statuses = statuses[1:]
				if status == "" {
					w.WriteHeader(http.StatusBadRequest)
					_, _ = fmt.Fprint(w, `{"error_id":"CS.20005","error_cause":"deleted"}`)
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
			running := got.StatusName == string(client.ClusterRunning)
			if tt.wantLast == "" && (err != nil || got.ClusterID != 7 || !running) {
				t.Errorf("WaitForCluster returned %+v, %v", got, err)
			}
			if tt.wantLast != "" && (failed == nil || failed.Last != tt.wantLast || failed.Err != nil) {
				t.Errorf("WaitForCluster returned error %v, want last status %s", err, tt.wantLast)
			}
		})
	}
}
