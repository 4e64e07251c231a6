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

const accepter = "9a7b63e1c2d84f0f8e5d6c7b8a901234"

// waiting is a peering that waits for its accepter, with clients of both sides. Each look of the first one is told to seen
// before anything else happens.
type waiting struct {
	server       *clienttest.Server
	mine, theirs *client.Client
	peering      client.Peering
	polls        []client.Poll
	onPoll       func(n int)
}

func newWaiting(t *testing.T) *waiting {
	t.Helper()
	w := &waiting{server: clienttest.NewServer(t)}
	w.theirs = w.server.Client(accepter)
	w.mine = w.server.Client(project, client.WithTiming(nil, noSleep, nil), client.WithWaitPolicy(client.WaitPolicy{OnPoll: func(p client.Poll) {
		w.polls = append(w.polls, p)
		if w.onPoll != nil {
			w.onPoll(len(w.polls))
		}
	}}))
	p, err := w.mine.CreatePeering(t.Context(), clienttest.ClusterID, client.PeeringCreate{Name: "n", VPCID: newVPC(), AcceptTenantID: accepter})
	if err != nil {
		t.Fatal(err)
	}
	w.peering = p
	return w
}

// act does something to a peering.
type act func(ctx context.Context, w *waiting) error

var acts = map[string]act{
	"accept": func(ctx context.Context, w *waiting) error {
		_, err := w.theirs.AcceptVPCPeering(ctx, w.peering.ID)
		return err
	},
	"reject": func(ctx context.Context, w *waiting) error {
		_, err := w.theirs.RejectVPCPeering(ctx, w.peering.ID)
		return err
	},
	"delete": func(ctx context.Context, w *waiting) error { return w.theirs.DeleteVPCPeering(ctx, w.peering.ID) },
	"expire": func(_ context.Context, w *waiting) error {
		w.server.Advance(8 * 24 * time.Hour)
		return nil
	},
}

// TestWaitForPeering has something happen after the second look, on both roots.
func TestWaitForPeering(t *testing.T) {
	roots := map[string]func(context.Context, *waiting, ...client.Status) (client.Status, error){
		"CS": func(ctx context.Context, w *waiting, statuses ...client.Status) (client.Status, error) {
			p, err := w.mine.WaitForPeering(ctx, clienttest.ClusterID, w.peering.ID, statuses...)
			return p.Status, err
		},
		"VPC": func(ctx context.Context, w *waiting, statuses ...client.Status) (client.Status, error) {
			p, err := w.theirsLooking().WaitForVPCPeering(ctx, w.peering.ID, statuses...)
			return p.Status, err
		},
	}
	for _, tt := range []struct {
		name  string
		act   string
		until []client.Status
		want  client.Status
		fails bool
	}{
		{"accepted, by default", "accept", nil, client.Active, false},
		{"accepted", "accept", []client.Status{client.Active}, client.Active, false},
		{"accepted or rejected", "reject", []client.Status{client.Active, client.Rejected}, client.Rejected, false},
		{"rejected in place of accepted", "reject", nil, client.Rejected, true},
		{"expired in place of accepted", "expire", nil, client.Expired, true},
		{"deleted in place of accepted", "delete", nil, client.Deleted, true},
		{"accepted in place of rejected", "accept", []client.Status{client.Rejected}, client.Active, true},
		{"expired", "expire", []client.Status{client.Expired}, client.Expired, false},
		{"deleted", "delete", []client.Status{client.Deleted}, client.Deleted, false},
	} {
		for root, wait := range roots {
			t.Run(root+" "+tt.name, func(t *testing.T) {
				w := newWaiting(t)
				w.onPoll = func(n int) {
					if n == 2 {
						if err := acts[tt.act](t.Context(), w); err != nil {
							t.Error(err)
						}
					}
				}
				got, err := wait(t.Context(), w, tt.until...)
				if got != tt.want || (err != nil) != tt.fails {
					t.Errorf("answered %s, %v", got, err)
				}
				var seen []client.Status
				for _, p := range w.polls {
					seen = append(seen, p.Status)
				}
				if want := []client.Status{client.PendingAcceptance, client.PendingAcceptance, tt.want}; !slices.Equal(seen, want) {
					t.Errorf("saw %v, want %v", seen, want)
				}
				if e, ok := errors.AsType[*client.WaitError](err); tt.fails && (!ok || e.Last != tt.want || e.Err != nil || e.ID != w.peering.ID) {
					t.Errorf("answered %+v", err)
				}
			})
		}
	}
}

// theirsLooking answers a client of the accepter that tells what it sees.
func (w *waiting) theirsLooking() *client.Client {
	return w.server.Client(accepter, client.WithTiming(nil, noSleep, nil), client.WithWaitPolicy(client.WaitPolicy{OnPoll: func(p client.Poll) {
		w.polls = append(w.polls, p)
		w.onPoll(len(w.polls))
	}}))
}

func TestWaitsForDeletions(t *testing.T) {
	w := newWaiting(t)
	cluster, err := w.mine.CreateCluster(t.Context(), client.ClusterCreate{Name: "n"})
	if err != nil {
		t.Fatal(err)
	}
	w.onPoll = func(n int) {
		if n == 2 {
			if err := acts["delete"](t.Context(), w); err != nil {
				t.Error(err)
			}
		}
		if n == 5 {
			if err := w.mine.DeleteCluster(t.Context(), cluster); err != nil {
				t.Error(err)
			}
		}
	}
	if err := w.mine.WaitForPeeringDeleted(t.Context(), clienttest.ClusterID, w.peering.ID); err != nil || len(w.polls) != 3 {
		t.Errorf("after %d looks: %v", len(w.polls), err)
	}
	if err := w.mine.WaitForClusterDeleted(t.Context(), cluster); err != nil || len(w.polls) != 6 || w.polls[4].Status != "cluster_running" {
		t.Errorf("after %+v: %v", w.polls, err)
	}
	if err := w.mine.WaitForVPCPeeringDeleted(t.Context(), w.peering.ID); err != nil || len(w.polls) != 7 {
		t.Errorf("after %d looks: %v", len(w.polls), err)
	}
}

// TestWaitsEndWithTheirContext looks at what is said of the last thing that was seen.
func TestWaitsEndWithTheirContext(t *testing.T) {
	w := newWaiting(t)
	late := errors.New("lunch is ready")
	ctx, cancel := context.WithCancelCause(t.Context())
	w.onPoll = func(n int) {
		if n == 3 {
			cancel(late)
		}
	}
	p, err := w.mine.WaitForPeering(ctx, clienttest.ClusterID, w.peering.ID)
	e, ok := errors.AsType[*client.WaitError](err)
	if !ok || !errors.Is(err, late) || e.Last != client.PendingAcceptance || p.Status != client.PendingAcceptance {
		t.Fatalf("answered %+v, %v", p, err)
	}
	for _, want := range []string{w.peering.ID, "ACTIVE", "PENDING_ACCEPTANCE", "lunch is ready"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %s", err, want)
		}
	}
}

func TestWaitsSurviveOutages(t *testing.T) {
	pending, active := reply(200, `{"peering":{"id":"1","status":"PENDING_ACCEPTANCE"}}`), reply(200, `{"peering":{"id":"1","status":"ACTIVE"}}`)
	for _, tt := range []struct {
		name  string
		steps []step
		fine  bool
	}{
		{"after something was seen", []step{pending, busy, lost, refused, limited, active}, true},
		{"before anything was seen", []step{refused, active}, false},
		{"a refusal", []step{pending, reply(403, `{"code":"VPC.2701","message":"m"}`), active}, false},
		{"another API", []step{pending, reply(404, `{"code":"VPC.22109","message":"m"}`), active}, false},
		{"an unknown status", []step{reply(200, `{"peering":{"id":"1","status":"PROVISIONING"}}`), active}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var polls []client.Poll
			c, _ := scripted(t, &script{steps: tt.steps}, once,
				client.WithWaitPolicy(client.WaitPolicy{OnPoll: func(p client.Poll) { polls = append(polls, p) }}))
			p, err := c.WaitForVPCPeering(t.Context(), "1")
			if (err == nil) != tt.fine || tt.fine && (p.Status != client.Active || len(polls) != len(tt.steps)) {
				t.Errorf("answered %+v, %v after %+v", p, err, polls)
			}
		})
	}
}

func TestWaitErrorsSayWhatWasSeen(t *testing.T) {
	want := []client.Status{client.Active, client.Rejected}
	for text, err := range map[string]*client.WaitError{
		"wait for peering 1 to become ACTIVE or REJECTED: no longer possible from status EXPIRED": {Last: client.Expired},
		"wait for peering 1 to become ACTIVE or REJECTED: no":                                      {Err: errors.New("no")},
		"wait for peering 1 to become ACTIVE or REJECTED: last status PENDING_ACCEPTANCE: no": {
			Last: client.PendingAcceptance, Err: errors.New("no"),
		},
	} {
		err.What, err.ID, err.Want = "peering", "1", want
		if err.Error() != text {
			t.Errorf("says %q, want %q", err, text)
		}
	}
}

// TestWaitsAreCutShort has a context end while a client waits by the real clock.
func TestWaitsAreCutShort(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c := clienttest.NewServer(t).Client(project, client.WithWaitPolicy(client.WaitPolicy{
		First: time.Hour, Max: time.Hour, OnPoll: func(client.Poll) { go cancel() },
	}))
	_, err := c.WaitForPeering(ctx, clienttest.ClusterID, offered(t, c).ID)
	if e, ok := errors.AsType[*client.WaitError](err); !ok || !errors.Is(err, context.Canceled) || e.Last != client.PendingAcceptance {
		t.Errorf("answered %v", err)
	}
}

func TestWaitsGrow(t *testing.T) {
	pending := reply(200, `{"peering":{"id":"1","status":"PENDING_ACCEPTANCE"}}`)
	steps := append(slices.Repeat([]step{pending}, 6), notThere)
	for _, tt := range []struct {
		name   string
		random func(time.Duration) time.Duration
		want   []time.Duration
	}{
		{"at most", func(time.Duration) time.Duration { return 0 }, []time.Duration{1000, 1500, 2250, 3375, 4000, 4000}},
		{"at least", most, []time.Duration{800, 1200, 1800, 2700, 3200, 3200}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, at := scripted(t, &script{steps: steps}, client.WithTiming(nil, nil, tt.random),
				client.WithWaitPolicy(client.WaitPolicy{First: time.Second, Max: 4 * time.Second}))
			if err := c.WaitForVPCPeeringDeleted(t.Context(), "1"); err != nil {
				t.Fatal(err)
			}
			for i := range at.waits {
				at.waits[i] /= time.Millisecond
			}
			if !slices.Equal(at.waits, tt.want) {
				t.Errorf("waited %v ms, want %v", at.waits, tt.want)
			}
		})
	}
}

// TestWhatCanFollow compares what the SDK knows of statuses with the domain's table.
func TestWhatCanFollow(t *testing.T) {
	statuses := []peering.Status{peering.PendingAcceptance, peering.Active, peering.Rejected, peering.Expired, peering.Deleted}
	actions := []peering.Action{peering.Accept, peering.Reject, peering.Rename, peering.Expire, peering.Delete}
	for _, from := range statuses {
		reached := map[peering.Status]bool{}
		for todo := []peering.Status{from}; len(todo) > 0; todo = todo[1:] {
			for _, a := range actions {
				if next, ok := peering.Next(todo[0], a); ok && !reached[next] {
					reached[next] = true
					todo = append(todo, next)
				}
			}
		}
		for _, to := range statuses {
			if from == to {
				continue // a wait ends before it asks
			}
			if got := client.CanReach(client.Status(from), client.Status(to)); got != reached[to] {
				t.Errorf("%s becomes %s: %t, the domain says %t", from, to, got, reached[to])
			}
		}
	}
}
