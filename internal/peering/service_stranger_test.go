package peering_test

import (
	"strings"
	"testing"

	"github.com/peering/peering/internal/peering"
)

// TestStrangerLearnsNothing compares what a stranger is told about a peering with what he is told about none.
func TestStrangerLearnsNothing(t *testing.T) {
	w := newWorld(t)
	elsewhere := peering.Scope{Cluster: newWorld(t).cluster.ClusterRef}
	name := "mine"
	acts := map[string]func(peering.ID) error{
		"show": func(id peering.ID) error {
			_, err := w.Show(t.Context(), peering.Scope{Tenant: w.stranger}, id)
			return err
		},
		"show below another cluster": func(id peering.ID) error {
			_, err := w.Show(t.Context(), elsewhere, id)
			return err
		},
		"accept": func(id peering.ID) error {
			_, err := w.Accept(t.Context(), w.stranger, id)
			return err
		},
		"reject": func(id peering.ID) error {
			_, err := w.Reject(t.Context(), w.stranger, id)
			return err
		},
		"rename": func(id peering.ID) error {
			_, err := w.Rename(t.Context(), w.stranger, id, peering.Change{Name: &name})
			return err
		},
		"delete":                       func(id peering.ID) error { return w.Delete(t.Context(), peering.Scope{Tenant: w.stranger}, id) },
		"delete below another cluster": func(id peering.ID) error { return w.Delete(t.Context(), elsewhere, id) },
	}
	for root, p := range map[string]peering.Peering{"a tenant's": w.pending(t), "a cluster's": w.hanging(t)} {
		none := spellings(newID())
		for what, act := range acts {
			for how, id := range spellings(p.ID) {
				t.Run(strings.Join([]string{what, root, how}, " "), func(t *testing.T) {
					got, want := act(id), act(none[how])
					wantCode(t, got, peering.NotFound)
					wantCode(t, want, peering.NotFound)
					if text := strings.ReplaceAll(got.Error(), string(id), string(none[how])); text != want.Error() {
						t.Errorf("the stranger is told %q, of a peering that does not exist %q", got, want)
					}
				})
			}
		}
		if got := w.show(t, p.ID); got != p {
			t.Errorf("it reads as %+v, want %+v", got, p)
		}
	}
}
