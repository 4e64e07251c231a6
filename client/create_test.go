package client_test

import (
	"strings"
	"testing"

	"github.com/peering/peering/client"
	"github.com/peering/peering/client/clienttest"
)

func TestKeysOfCreations(t *testing.T) {
	for _, tt := range []struct {
		name    string
		policy  client.RetryPolicy
		options []client.CreateOption
		want    string // "*" for any
	}{
		{"by default", client.RetryPolicy{}, nil, "*"},
		{"where nothing is sent again", client.RetryPolicy{Attempts: 1}, nil, ""},
		{"named", client.RetryPolicy{}, []client.CreateOption{client.IdempotencyKey("k")}, "k"},
		{"named where nothing is sent again", client.RetryPolicy{Attempts: 1}, []client.CreateOption{client.IdempotencyKey("k")}, "k"},
		{"without a name", client.RetryPolicy{}, []client.CreateOption{client.IdempotencyKey("")}, "*"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &script{steps: []step{fine, reply(200, `{"route":{}}`), fine, reply(200, `{"payload":{"cluster_id":"1"}}`)}}
			c, _ := scripted(t, s, client.WithRetryPolicy(tt.policy))
			_, vpc := c.CreateVPCPeering(t.Context(), client.VPCPeeringCreate{}, tt.options...)
			_, route := c.CreateRoute(t.Context(), "1", "2", "10.0.0.0/8", tt.options...)
			_, cs := c.CreatePeering(t.Context(), "1", client.PeeringCreate{}, tt.options...)
			_, cluster := c.CreateCluster(t.Context(), client.ClusterCreate{}, tt.options...)
			for _, err := range []error{vpc, route, cs, cluster} {
				if err != nil {
					t.Fatal(err)
				}
			}
			seen := map[string]bool{}
			for _, r := range s.sent {
				key := r.Header.Get("Idempotency-Key")
				if key != tt.want && (tt.want != "*" || key == "" || seen[key]) {
					t.Errorf("sent the key %q, want %q", key, tt.want)
				}
				seen[key] = true
			}
		})
	}
}

func TestKeysThatAreNone(t *testing.T) {
	s := clienttest.NewServer(t)
	c := s.Client(project)
	wanted := client.PeeringCreate{Name: "n", VPCID: newVPC()}
	if _, err := c.CreatePeering(t.Context(), clienttest.ClusterID, wanted, client.IdempotencyKey("a\nb")); err == nil || s.Requests("") > 0 {
		t.Errorf("two lines: %v", err)
	}
	if _, err := c.CreatePeering(t.Context(), clienttest.ClusterID, wanted, client.IdempotencyKey(strings.Repeat("k", 256))); !client.IsInvalid(err) {
		t.Errorf("256 characters: %v", err)
	}
}

// TestKeyTellsRequestsApart uses a key for the same request, and for another one.
func TestKeyTellsRequestsApart(t *testing.T) {
	c := clienttest.NewServer(t).Client(project)
	key := client.IdempotencyKey("k")
	wanted := client.PeeringCreate{Name: "n", VPCID: newVPC()}
	first, err := c.CreatePeering(t.Context(), clienttest.ClusterID, wanted, key)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := c.CreatePeering(t.Context(), clienttest.ClusterID, wanted, key); err != nil || again != first {
		t.Errorf("answered %+v, want %+v: %v", again, first, err)
	}
	wanted.Name = "another"
	if _, err := c.CreatePeering(t.Context(), clienttest.ClusterID, wanted, key); !client.IsKeyReused(err) {
		t.Errorf("another request: %v", err)
	}
}
