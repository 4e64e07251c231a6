package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/peering/peering/internal/peering"
	"github.com/peering/peering/server"
)

// auditLines returns the audit lines of a JSON log without time, level and
// message.
func auditLines(t *testing.T, log string) []map[string]any {
	t.Helper()
	var found []map[string]any
	for line := range strings.Lines(log) {
		var members map[string]any
		if err := json.Unmarshal([]byte(line), &members); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if members["msg"] != "audit" {
			continue
		}
		if members["level"] != "INFO" {
			t.Errorf("the line %s has level %s", line, members["level"])
		}
		maps.DeleteFunc(members, func(key string, _ any) bool { return slices.Contains([]string{"time", "level", "msg"}, key) })
		found = append(found, members)
	}
	return found
}

func TestAudit(t *testing.T) {
	cluster := peering.ClusterRef{Project: ownProject, ID: "1000000"}
	for _, tt := range []struct {
		name  string
		event peering.Event
		want  map[string]any
	}{
		{
			"expiry", peering.ExpiryEvent(peering.Peering{ID: "p", Cluster: cluster}),
			map[string]any{
				"outcome": "changed", "action": "expire peering", "by": "expiry", "peering": "p",
				"cluster_project": ownProject, "cluster": "1000000", "from": "PENDING_ACCEPTANCE", "to": "EXPIRED",
			},
		},
		{
			"inventory", peering.Event{Action: peering.Update, By: peering.ByInventory, Cluster: cluster},
			map[string]any{"outcome": "changed", "action": "update cluster", "by": "inventory", "cluster_project": ownProject, "cluster": "1000000"},
		},
		{
			"unknown outcome", peering.Event{Action: peering.Delete, Peering: "p", Route: "r", OutcomeUnknown: true},
			map[string]any{"outcome": "unknown", "action": "delete route", "by": "caller", "peering": "p", "route": "r"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var log bytes.Buffer
			server.Audit(slog.New(slog.NewJSONHandler(&log, nil)))(context.Background(), tt.event)
			got := auditLines(t, log.String())
			if len(got) != 1 || !maps.Equal(got[0], tt.want) {
				t.Errorf("logged %v, want %v", got, tt.want)
			}
		})
	}
}
