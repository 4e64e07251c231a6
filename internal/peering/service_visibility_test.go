package peering_test

import (
	"strings"
	"testing"

	"github.com/peering/peering/internal/peering"
)

// Errors for a peering of other tenants are the same as for one that does not
// exist.
func TestErrorsHidePeeringsOfOtherTenants(t *testing.T) {
	env := newEnvironment(t)
	elsewhere := peering.Scope{Cluster: newEnvironment(t).cluster.ClusterRef}
	name := "mine"
	acts := map[string]func(peering.ID) error{
		"show": func(id peering.ID) error {
			_, err := env.Show(t.Context(), peering.Scope{Tenant: env.stranger}, id)
			return err
		},
		"show through another cluster": func(id peering.ID) error {
			_, err := env.Show(t.Context(), elsewhere, id)
			return err
		},
		"accept": func(id peering.ID) error {
			_, err := env.Accept(t.Context(), env.stranger, id)
			return err
		},
		"reject": func(id peering.ID) error {
			_, err := env.Reject(t.Context(), env.stranger, id)
			return err
		},
		"rename": func(id peering.ID) error {
			_, err := env.Rename(t.Context(), env.stranger, id, peering.Change{Name: &name})
			return err
		},
		"delete": func(id peering.ID) error {
			return env.Delete(t.Context(), peering.Scope{Tenant: env.stranger}, id)
		},
		"delete through another cluster": func(id peering.ID) error { return env.Delete(t.Context(), elsewhere, id) },
		"create route": func(id peering.ID) error {
			_, _, err := env.CreateRoute(
				t.Context(), peering.PeeringRef{Cluster: elsewhere.Cluster, Peering: id}, "192.168.0.0/16", peering.Idempotency{},
			)
			return err
		},
		"create invalid route": func(id peering.ID) error {
			_, _, err := env.CreateRoute(
				t.Context(), peering.PeeringRef{Cluster: elsewhere.Cluster, Peering: id}, "172.16.0.0/16", peering.Idempotency{},
			)
			return err
		},
		"list routes": func(id peering.ID) error {
			_, err := env.Routes(t.Context(), elsewhere, id)
			return err
		},
		"delete route": func(id peering.ID) error { return env.DeleteRoute(t.Context(), elsewhere, id, newID()) },
	}
	for root, p := range map[string]peering.Peering{"a tenant's": env.pending(t), "a cluster's": env.clusterPending(t)} {
		unknown := spellings(newID())
		for action, act := range acts {
			for spelling, id := range spellings(p.ID) {
				t.Run(strings.Join([]string{action, root, spelling}, " "), func(t *testing.T) {
					got, want := act(id), act(unknown[spelling])
					wantCode(t, got, peering.NotFound)
					wantCode(t, want, peering.NotFound)
					if text := strings.ReplaceAll(got.Error(), string(id), string(unknown[spelling])); text != want.Error() {
						t.Errorf("got error %q, want that of an unknown peering, %q", got, want)
					}
				})
			}
		}
		if got := env.show(t, p.ID); got != p {
			t.Errorf("stored peering = %+v, want %+v", got, p)
		}
	}
}

// The VPCs are already peered.
func TestConflictNamesOnlyVisiblePeering(t *testing.T) {
	env := newEnvironment(t)
	other := newCluster(env.stranger)
	other.VPC = env.cluster.VPC
	wantCode(t, env.EnsureClusters(t.Context(), []peering.Cluster{other}), "")
	ofTenants, ofCluster := env.pending(t), env.clusterPending(t)
	for _, tt := range []struct {
		name   string
		create func() error
		named  peering.ID // empty if the error must not name a peering
	}{
		{"hidden from another tenant", func() error {
			_, err := env.Create(t.Context(), env.stranger, peering.Peering{
				Requester: peering.VPC{ID: env.requester.ID, Tenant: env.stranger},
				Accepter:  peering.VPC{ID: env.accepter.ID, Tenant: env.stranger},
			})
			return err
		}, ""},
		{"hidden from another cluster with the VPC", func() error {
			_, err := env.CreateForCluster(t.Context(), other.ClusterRef, peering.Peering{Accepter: env.accepter})
			return err
		}, ""},
		{"named to the requester", func() error {
			_, err := env.Create(
				t.Context(), env.requester.Tenant, peering.Peering{Requester: env.requester, Accepter: env.accepter},
			)
			return err
		}, ofTenants.ID},
		{"named to the accepter", func() error {
			_, err := env.Create(
				t.Context(), env.accepter.Tenant, peering.Peering{Requester: env.accepter, Accepter: env.requester},
			)
			return err
		}, ofTenants.ID},
		{"named to the cluster", func() error {
			_, err := env.CreateForCluster(t.Context(), env.cluster.ClusterRef, peering.Peering{Accepter: env.accepter})
			return err
		}, ofCluster.ID},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.create()
			wantCode(t, err, peering.AlreadyPeered)
			text := err.Error()
			for _, id := range []peering.ID{ofTenants.ID, ofCluster.ID} {
				if strings.Contains(text, string(id)) != (id == tt.named) {
					t.Errorf("error is %q, want it to name %q only", text, tt.named)
				}
			}
			if tt.named == "" && strings.Contains(text, string(peering.PendingAcceptance)) {
				t.Errorf("error reveals the status: %q", text)
			}
		})
	}
}
