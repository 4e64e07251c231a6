package client_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/peering/peering/client"
	"github.com/peering/peering/client/clienttest"
)

// TestDeletionsWhoseAnswerIsLost delete something, and find nothing there at the second attempt.
func TestDeletionsWhoseAnswerIsLost(t *testing.T) {
	s := clienttest.NewServer(t)
	c := s.Client(project)
	for operation, remove := range map[string]func(context.Context) error{
		"deletePeering": func(ctx context.Context) error {
			return c.DeletePeering(ctx, clienttest.ClusterID, offered(t, c).ID)
		},
		"deleteVpcPeering": func(ctx context.Context) error { return c.DeleteVPCPeering(ctx, offered(t, c).ID) },
		"deleteRoute": func(ctx context.Context) error {
			p := offered(t, c)
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
			"reset": clienttest.ResetAfter(), "503": clienttest.StatusAfter(http.StatusServiceUnavailable, 0), "truncated": clienttest.Truncate(),
		} {
			t.Run(operation+" "+name, func(t *testing.T) {
				before := s.Requests(operation)
				s.Inject(operation, 1, fault)
				if err := remove(t.Context()); err != nil || s.Requests(operation) != before+2 {
					t.Errorf("sent %d times: %v", s.Requests(operation)-before, err)
				}
			})
		}
	}
}

// TestDeletionsOfNothing are refused, unless an earlier attempt may have deleted it.
func TestDeletionsOfNothing(t *testing.T) {
	for name, tt := range map[string]struct {
		steps []step
		fine  bool
	}{
		"at once":                         {[]step{notThere}, false},
		"after no connection":             {[]step{refused, notThere}, false},
		"after too many requests":         {[]step{limited, notThere}, false},
		"after a lost answer":             {[]step{lost, notThere}, true},
		"after a lost answer and a limit": {[]step{lost, limited, notThere}, true},
		"where there is no such API":      {[]step{lost, reply(404, `{"code":"VPC.22109","message":"m"}`)}, false},
		"where a proxy answers":           {[]step{lost, reply(404, ``)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := scripted(t, &script{steps: tt.steps})
			if err := doings["DELETE"](t.Context(), c); (err == nil) != tt.fine {
				t.Errorf("answered %v", err)
			}
		})
	}
}

// offered creates a peering of the cluster to a VPC of the project's own; it goes with the test.
func offered(t *testing.T, c *client.Client) client.Peering {
	t.Helper()
	p, err := c.CreatePeering(t.Context(), clienttest.ClusterID, client.PeeringCreate{Name: "n", VPCID: newVPC()})
	if err != nil {
		t.Fatal(err)
	}
	return p
}
