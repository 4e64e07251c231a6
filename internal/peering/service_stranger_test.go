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
		"route": func(id peering.ID) error {
			_, _, err := w.CreateRoute(t.Context(), peering.PeeringRef{Cluster: elsewhere.Cluster, Peering: id}, "192.168.0.0/16", peering.Idempotency{})
			return err
		},
		"route to nowhere": func(id peering.ID) error {
			_, _, err := w.CreateRoute(t.Context(), peering.PeeringRef{Cluster: elsewhere.Cluster, Peering: id}, "172.16.0.0/16", peering.Idempotency{})
			return err
		},
		"routes": func(id peering.ID) error {
			_, err := w.Routes(t.Context(), elsewhere, id)
			return err
		},
		"delete of a route": func(id peering.ID) error { return w.DeleteRoute(t.Context(), elsewhere, id, newID()) },
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

// TestStrangerIsNotToldWhichPeeringStands asks for peerings between VPCs that others have peered.
func TestStrangerIsNotToldWhichPeeringStands(t *testing.T) {
	w := newWorld(t)
	other := newCluster(w.stranger)
	other.VPC = w.cluster.VPC
	wantCode(t, w.EnsureClusters(t.Context(), []peering.Cluster{other}), "")
	ofTenants, ofCluster := w.pending(t), w.hanging(t)
	for _, tt := range []struct {
		name   string
		create func() error
		told   peering.ID
	}{
		{"a stranger", func() error {
			_, err := w.Create(t.Context(), w.stranger, peering.Peering{
				Requester: peering.VPC{ID: w.requester.ID, Tenant: w.stranger}, Accepter: peering.VPC{ID: w.accepter.ID, Tenant: w.stranger},
			})
			return err
		}, ""},
		{"another cluster with the VPC", func() error {
			_, err := w.CreateForCluster(t.Context(), other.ClusterRef, peering.Peering{Accepter: w.accepter})
			return err
		}, ""},
		{"the requester", func() error {
			_, err := w.Create(t.Context(), w.requester.Tenant, peering.Peering{Requester: w.requester, Accepter: w.accepter})
			return err
		}, ofTenants.ID},
		{"the accepter", func() error {
			_, err := w.Create(t.Context(), w.accepter.Tenant, peering.Peering{Requester: w.accepter, Accepter: w.requester})
			return err
		}, ofTenants.ID},
		{"the cluster", func() error {
			_, err := w.CreateForCluster(t.Context(), w.cluster.ClusterRef, peering.Peering{Accepter: w.accepter})
			return err
		}, ofCluster.ID},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.create()
			wantCode(t, err, peering.AlreadyPeered)
			text := err.Error()
			for _, id := range []peering.ID{ofTenants.ID, ofCluster.ID} {
				if strings.Contains(text, string(id)) != (id == tt.told) {
					t.Errorf("is told %q", text)
				}
			}
			if tt.told == "" && strings.Contains(text, string(peering.PendingAcceptance)) {
				t.Errorf("is told the status: %q", text)
			}
		})
	}
}
