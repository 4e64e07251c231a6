package client_test

import (
	"strings"
	"testing"

	"github.com/peering/peering/client"
	"github.com/peering/peering/client/clienttest"
)

func TestIdempotencyKeyOfCreates(t *testing.T) {
	given := []client.CreateOption{client.IdempotencyKey("k")}
	for _, tt := range []struct {
		name    string
		policy  client.RetryPolicy
		options []client.CreateOption
		want    string // "*" for any
	}{
		{"random by default", client.RetryPolicy{}, nil, "*"},
		{"none without retries", client.RetryPolicy{Attempts: 1}, nil, ""},
		{"as given", client.RetryPolicy{}, given, "k"},
		{"as given without retries", client.RetryPolicy{Attempts: 1}, given, "k"},
		{"random if empty", client.RetryPolicy{}, []client.CreateOption{client.IdempotencyKey("")}, "*"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &scriptedTransport{steps: []step{
				respondOK, respond(200, `{"route":{}}`), respondOK, respond(200, `{"payload":{"cluster_id":"1"}}`),
			}}
			c, _ := newScriptedClient(t, s, client.WithRetryPolicy(tt.policy))
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
			for _, r := range s.requests {
				key := r.Header.Get("Idempotency-Key")
				if key != tt.want && (tt.want != "*" || key == "" || seen[key]) {
					t.Errorf("sent the key %q, want %q", key, tt.want)
				}
				seen[key] = true
			}
		})
	}
}

func TestInvalidIdempotencyKeysAreRejected(t *testing.T) {
	s := clienttest.NewServer(t)
	c := s.Client(project)
	request := client.PeeringCreate{Name: "n", VPCID: newVPCID()}
	_, err := c.CreatePeering(t.Context(), clienttest.ClusterID, request, client.IdempotencyKey("a\nb"))
	if err == nil || s.Requests("") > 0 {
		t.Errorf("a key with a newline returned %v after %d requests", err, s.Requests(""))
	}
	tooLong := client.IdempotencyKey(strings.Repeat("k", 256))
	if _, err := c.CreatePeering(t.Context(), clienttest.ClusterID, request, tooLong); !client.IsInvalid(err) {
		t.Errorf("a key of 256 characters returned %v", err)
	}
}

func TestIdempotencyKeyReturnsTheOriginalResponse(t *testing.T) {
	c := clienttest.NewServer(t).Client(project)
	key := client.IdempotencyKey("k")
	request := client.PeeringCreate{Name: "n", VPCID: newVPCID()}
	first, err := c.CreatePeering(t.Context(), clienttest.ClusterID, request, key)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := c.CreatePeering(t.Context(), clienttest.ClusterID, request, key); err != nil || again != first {
		t.Errorf("the second create returned %+v, %v, want %+v", again, err, first)
	}
	request.Name = "another"
	if _, err := c.CreatePeering(t.Context(), clienttest.ClusterID, request, key); !client.IsKeyReused(err) {
		t.Errorf("a different request with the same key returned %v", err)
	}
}
