package client_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/peering/peering/client"
	"github.com/peering/peering/client/clienttest"
	"github.com/peering/peering/internal/peering"
)

// accepterProject is the tenant of the other VPC.
const accepterProject = "9a7b63e1c2d84f0f8e5d6c7b8a901234"

// waitFixture is a pending peering with clients of both sides.
type waitFixture struct {
	server              *clienttest.Server
	requester, accepter *client.Client
	peering             client.Peering
	// polls records the polls of all clients that pollingClient returns.
	polls []client.Poll
	// onPoll, if set, is called with the number of polls so far.
	onPoll func(n int)
}

func newWaitFixture(t *testing.T) *waitFixture {
	t.Helper()
	f := &waitFixture{server: clienttest.NewServer(t)}
	f.accepter = f.server.Client(accepterProject)
	f.requester = f.pollingClient(project)
	p, err := f.requester.CreatePeering(t.Context(), clienttest.ClusterID, client.PeeringCreate{
		Name: "n", VPCID: newVPCID(), AcceptTenantID: accepterProject,
	})
	if err != nil {
		t.Fatal(err)
	}
	f.peering = p
	return f
}

// pollingClient returns a client that records its polls and does not sleep
// between them.
func (f *waitFixture) pollingClient(project string) *client.Client {
	return f.server.Client(project, client.WithTiming(nil, noSleep, nil),
		client.WithWaitPolicy(client.WaitPolicy{OnPoll: func(p client.Poll) {
			f.polls = append(f.polls, p)
			if f.onPoll != nil {
				f.onPoll(len(f.polls))
			}
		}}))
}

// transitions change the status of the peering.
var transitions = map[string]func(context.Context, *waitFixture) error{
	"accept": func(ctx context.Context, f *waitFixture) error {
		_, err := f.accepter.AcceptVPCPeering(ctx, f.peering.ID)
		return err
	},
	"reject": func(ctx context.Context, f *waitFixture) error {
		_, err := f.accepter.RejectVPCPeering(ctx, f.peering.ID)
		return err
	},
	"delete": func(ctx context.Context, f *waitFixture) error { return f.accepter.DeleteVPCPeering(ctx, f.peering.ID) },
	"expire": func(_ context.Context, f *waitFixture) error {
		f.server.Advance(8 * 24 * time.Hour)
		return nil
	},
}

// TestWaitForPeering changes the status during the second poll, on both roots.
func TestWaitForPeering(t *testing.T) {
	roots := map[string]func(context.Context, *waitFixture, ...client.Status) (client.Status, error){
		"CS": func(ctx context.Context, f *waitFixture, statuses ...client.Status) (client.Status, error) {
			p, err := f.requester.WaitForPeering(ctx, clienttest.ClusterID, f.peering.ID, statuses...)
			return p.Status, err
		},
		"VPC": func(ctx context.Context, f *waitFixture, statuses ...client.Status) (client.Status, error) {
			p, err := f.pollingClient(accepterProject).WaitForVPCPeering(ctx, f.peering.ID, statuses...)
			return p.Status, err
		},
	}
	for _, tt := range []struct {
		name       string
		transition string
		until      []client.Status
		want       client.Status
		wantErr    bool
	}{
		{"returns the ACTIVE peering by default", "accept", nil, client.Active, false},
		{"returns the ACTIVE peering", "accept", []client.Status{client.Active}, client.Active, false},
		{
			"returns either wanted status", "reject", []client.Status{client.Active, client.Rejected},
			client.Rejected, false,
		},
		{"fails when rejected", "reject", nil, client.Rejected, true},
		{"fails when expired", "expire", nil, client.Expired, true},
		{"fails when deleted", "delete", nil, client.Deleted, true},
		{"fails when accepted instead of rejected", "accept", []client.Status{client.Rejected}, client.Active, true},
		{"returns the EXPIRED peering", "expire", []client.Status{client.Expired}, client.Expired, false},
		{"returns the DELETED peering", "delete", []client.Status{client.Deleted}, client.Deleted, false},
	} {
		for root, wait := range roots {
			t.Run(root+" "+tt.name, func(t *testing.T) {
				f := newWaitFixture(t)
				f.onPoll = func(n int) {
					if n == 2 {
						if err := transitions[tt.transition](t.Context(), f); err != nil {
							t.Error(err)
						}
					}
				}
				got, err := wait(t.Context(), f, tt.until...)
				if got != tt.want || (err != nil) != tt.wantErr {
					t.Errorf("returned %s, %v, want %s", got, err, tt.want)
				}
				var seen []client.Status
				for _, p := range f.polls {
					seen = append(seen, p.Status)
				}
				want := []client.Status{client.PendingAcceptance, client.PendingAcceptance, tt.want}
				if !slices.Equal(seen, want) {
					t.Errorf("polls had the statuses %v, want %v", seen, want)
				}
				e, ok := errors.AsType[*client.WaitError](err)
				if tt.wantErr && (!ok || e.Last != tt.want || e.Err != nil || e.ID != f.peering.ID) {
					t.Errorf("returned the error %+v", err)
				}
			})
		}
	}
}

func TestWaitForDeleted(t *testing.T) {
	f := newWaitFixture(t)
	cluster, err := f.requester.CreateCluster(t.Context(), client.ClusterCreate{Name: "n"})
	if err != nil {
		t.Fatal(err)
	}
	f.onPoll = func(n int) {
		if n == 2 {
			if err := transitions["delete"](t.Context(), f); err != nil {
				t.Error(err)
			}
		}
		if n == 5 {
			if err := f.requester.DeleteCluster(t.Context(), cluster); err != nil {
				t.Error(err)
			}
		}
	}
	err = f.requester.WaitForPeeringDeleted(t.Context(), clienttest.ClusterID, f.peering.ID)
	if err != nil || len(f.polls) != 3 {
		t.Errorf("after %d polls: %v", len(f.polls), err)
	}
	err = f.requester.WaitForClusterDeleted(t.Context(), cluster)
	if err != nil || len(f.polls) != 6 || f.polls[4].Status != client.ClusterRunning {
		t.Errorf("after the polls %+v: %v", f.polls, err)
	}
	if err := f.requester.WaitForVPCPeeringDeleted(t.Context(), f.peering.ID); err != nil || len(f.polls) != 7 {
		t.Errorf("after %d polls: %v", len(f.polls), err)
	}
}

func TestWaitReturnsTheLastStatusWhenTheContextEnds(t *testing.T) {
	f := newWaitFixture(t)
	cause := errors.New("out of patience")
	ctx, cancel := context.WithCancelCause(t.Context())
	f.onPoll = func(n int) {
		if n == 3 {
			cancel(cause)
		}
	}
	p, err := f.requester.WaitForPeering(ctx, clienttest.ClusterID, f.peering.ID)
	e, ok := errors.AsType[*client.WaitError](err)
	if !ok || !errors.Is(err, cause) || e.Last != client.PendingAcceptance || p.Status != client.PendingAcceptance {
		t.Fatalf("returned %+v, %v", p, err)
	}
	for _, want := range []string{f.peering.ID, "ACTIVE", "PENDING_ACCEPTANCE", "out of patience"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not contain %s", err, want)
		}
	}
}

func TestWaitContinuesAfterTemporaryErrors(t *testing.T) {
	pending := respond(200, `{"peering":{"id":"1","status":"PENDING_ACCEPTANCE"}}`)
	active := respond(200, `{"peering":{"id":"1","status":"ACTIVE"}}`)
	unknown := respond(200, `{"peering":{"id":"1","status":"PROVISIONING"}}`)
	forbidden := respond(403, `{"code":"VPC.2701","message":"m"}`)
	noRoute := respond(404, `{"code":"VPC.22109","message":"m"}`)
	for _, tt := range []struct {
		name        string
		steps       []step
		wantSuccess bool
	}{
		{
			"continues after the first successful poll",
			[]step{pending, respondUnavailable, resetConnection, refuseConnection, respondRateLimited, active},
			true,
		},
		{"fails if the first poll fails", []step{refuseConnection, active}, false},
		{"fails when forbidden", []step{pending, forbidden, active}, false},
		{"fails if the route does not exist", []step{pending, noRoute, active}, false},
		{"continues from an unknown status", []step{unknown, active}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var polls []client.Poll
			c, _ := newScriptedClient(t, &scriptedTransport{steps: tt.steps}, noRetries,
				client.WithWaitPolicy(client.WaitPolicy{OnPoll: func(p client.Poll) { polls = append(polls, p) }}))
			p, err := c.WaitForVPCPeering(t.Context(), "1")
			if (err == nil) != tt.wantSuccess ||
				tt.wantSuccess && (p.Status != client.Active || len(polls) != len(tt.steps)) {
				t.Errorf("returned %+v, %v after the polls %+v", p, err, polls)
			}
		})
	}
}

func TestWaitErrorMessage(t *testing.T) {
	want := []client.Status{client.Active, client.Rejected}
	for text, err := range map[string]*client.WaitError{
		"no longer possible from status EXPIRED": {Last: client.Expired},
		"no":                                     {Err: errors.New("no")},
		"last status PENDING_ACCEPTANCE: no":     {Last: client.PendingAcceptance, Err: errors.New("no")},
	} {
		text = "wait for peering 1 to become ACTIVE or REJECTED: " + text
		err.What, err.ID, err.Want = "peering", "1", want
		if err.Error() != text {
			t.Errorf("got %q, want %q", err, text)
		}
	}
}

// TestCancellationInterruptsTheDelay uses the real clock.
func TestCancellationInterruptsTheDelay(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c := clienttest.NewServer(t).Client(project, client.WithWaitPolicy(client.WaitPolicy{
		First: time.Hour, Max: time.Hour, OnPoll: func(client.Poll) { go cancel() },
	}))
	_, err := c.WaitForPeering(ctx, clienttest.ClusterID, createPeering(t, c).ID)
	e, ok := errors.AsType[*client.WaitError](err)
	if !ok || !errors.Is(err, context.Canceled) || e.Last != client.PendingAcceptance {
		t.Errorf("returned %v", err)
	}
}

func TestDelaysBetweenPolls(t *testing.T) {
	pending := respond(200, `{"peering":{"id":"1","status":"PENDING_ACCEPTANCE"}}`)
	steps := append(slices.Repeat([]step{pending}, 6), respondNotFound)
	for _, tt := range []struct {
		name   string
		random func(time.Duration) time.Duration
		want   []time.Duration
	}{
		{"grow by half up to the maximum", noRandom, []time.Duration{1000, 1500, 2250, 3375, 4000, 4000}},
		{"are at most a fifth shorter", maxRandom, []time.Duration{800, 1200, 1800, 2700, 3200, 3200}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, clock := newScriptedClient(t, &scriptedTransport{steps: steps}, client.WithTiming(nil, nil, tt.random),
				client.WithWaitPolicy(client.WaitPolicy{First: time.Second, Max: 4 * time.Second}))
			if err := c.WaitForVPCPeeringDeleted(t.Context(), "1"); err != nil {
				t.Fatal(err)
			}
			for i := range clock.delays {
				clock.delays[i] /= time.Millisecond
			}
			if !slices.Equal(clock.delays, tt.want) {
				t.Errorf("slept for %v ms, want %v", clock.delays, tt.want)
			}
		})
	}
}

// TestReachableStatusesMatchTheDomain compares the SDK's table of statuses with
// the domain's state machine.
func TestReachableStatusesMatchTheDomain(t *testing.T) {
	statuses := []peering.Status{
		peering.PendingAcceptance, peering.Active, peering.Rejected, peering.Expired, peering.Deleted,
	}
	actions := []peering.Action{peering.Accept, peering.Reject, peering.Rename, peering.Expire, peering.Delete}
	for _, from := range statuses {
		reached := map[peering.Status]bool{}
		for queue := []peering.Status{from}; len(queue) > 0; queue = queue[1:] {
			for _, a := range actions {
				if next, ok := peering.Next(queue[0], a); ok && !reached[next] {
					reached[next] = true
					queue = append(queue, next)
				}
			}
		}
		for _, to := range statuses {
			if from == to {
				continue // a wait ends before it consults the table
			}
			if got := client.CanReach(client.Status(from), client.Status(to)); got != reached[to] {
				t.Errorf("CanReach(%s, %s) returned %t, want %t", from, to, got, reached[to])
			}
		}
	}
}
