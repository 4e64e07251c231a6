package client_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/peering/peering/client"
	"github.com/peering/peering/client/clienttest"
)

// TestDeletesSucceedAfterALostResponse loses the response of the first attempt,
// so the second one gets "not found".
func TestDeletesSucceedAfterALostResponse(t *testing.T) {
	s := clienttest.NewServer(t)
	c := s.Client(project)
	for operation, remove := range map[string]func(context.Context) error{
		"deletePeering": func(ctx context.Context) error {
			return c.DeletePeering(ctx, clienttest.ClusterID, createPeering(t, c).ID)
		},
		"deleteVpcPeering": func(ctx context.Context) error { return c.DeleteVPCPeering(ctx, createPeering(t, c).ID) },
		"deleteRoute": func(ctx context.Context) error {
			p := createPeering(t, c)
			if _, err := c.AcceptVPCPeering(ctx, p.ID); err != nil {
				return err
			}
			r, err := c.CreateRoute(ctx, clienttest.ClusterID, p.ID, "192.168.0.0/16")
			if err != nil {
				return err
			}
			return c.DeleteRoute(ctx, clienttest.ClusterID, p.ID, r.ID)
		},
		"deleteCluster": func(ctx context.Context) error {
			id, err := c.CreateCluster(ctx, client.ClusterCreate{Name: "n"})
			if err != nil {
				return err
			}
			return c.DeleteCluster(ctx, id)
		},
	} {
		for name, fault := range map[string]clienttest.Fault{
			"reset":     clienttest.ResetAfter(),
			"503":       clienttest.StatusAfter(http.StatusServiceUnavailable, 0),
			"truncated": clienttest.Truncate(),
		} {
			t.Run(operation+" "+name, func(t *testing.T) {
				before := s.Requests(operation)
				s.Inject(operation, 1, fault)
				if err := remove(t.Context()); err != nil || s.Requests(operation) != before+2 {
					t.Errorf("returned %v after %d attempts, want success after 2", err, s.Requests(operation)-before)
				}
			})
		}
	}
}

// TestDeleteNotFound checks that "not found" is an error unless an earlier
// attempt may have deleted the peering.
func TestDeleteNotFound(t *testing.T) {
	noRoute := respond(404, `{"code":"VPC.22109","message":"m"}`)
	for name, tt := range map[string]struct {
		steps       []step
		wantSuccess bool
	}{
		"fails at the first attempt":     {[]step{respondNotFound}, false},
		"fails after a connection error": {[]step{refuseConnection, respondNotFound}, false},
		"fails after a rate limit":       {[]step{respondRateLimited, respondNotFound}, false},
		"succeeds after a lost response": {[]step{resetConnection, respondNotFound}, true},
		"succeeds after a lost response and a rate limit": {
			[]step{resetConnection, respondRateLimited, respondNotFound}, true,
		},
		"fails if the route does not exist": {[]step{resetConnection, noRoute}, false},
		"fails if a proxy responds":         {[]step{resetConnection, respond(404, ``)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := newScriptedClient(t, &scriptedTransport{steps: tt.steps})
			if err := callsByMethod["DELETE"](t.Context(), c); (err == nil) != tt.wantSuccess {
				t.Errorf("returned %v", err)
			}
		})
	}
}

// createPeering creates a pending peering between the cluster and a VPC of the
// same project.
func createPeering(t *testing.T, c *client.Client) client.Peering {
	t.Helper()
	p, err := c.CreatePeering(t.Context(), clienttest.ClusterID, client.PeeringCreate{Name: "n", VPCID: newVPCID()})
	if err != nil {
		t.Fatal(err)
	}
	return p
}
