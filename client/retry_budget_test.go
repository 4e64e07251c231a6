package client_test

import (
	"slices"
	"testing"

	"github.com/peering/peering/client"
)

// requestsFor makes a number of sequential calls and returns how many requests
// they sent.
func requestsFor(t *testing.T, s *scriptedTransport, c *client.Client, calls int) int {
	t.Helper()
	before := s.attempts()
	for range calls {
		_ = callsByMethod["GET"](t.Context(), c) // only the number of requests matters
	}
	return s.attempts() - before
}

func TestRetryBudgetLimitsRetries(t *testing.T) {
	s := &scriptedTransport{steps: slices.Repeat([]step{respondUnavailable}, 1000)}
	c, _ := newScriptedClient(t, s, client.WithRetryPolicy(client.RetryPolicy{Budget: 10}))
	if got := requestsFor(t, s, c, 100); got != 110 {
		t.Errorf("100 failing calls sent %d requests, want 110", got)
	}
	s.steps = slices.Repeat([]step{respondOK}, 4)
	requestsFor(t, s, c, 4)
	s.steps = slices.Repeat([]step{respondUnavailable}, 1000)
	if got := requestsFor(t, s, c, 10); got != 10 {
		t.Errorf("after 4 successes 10 failing calls sent %d requests, want 10", got)
	}
	s.steps = slices.Repeat([]step{respondOK}, 5)
	requestsFor(t, s, c, 5)
	s.steps = slices.Repeat([]step{respondUnavailable}, 1000)
	if got := requestsFor(t, s, c, 10); got != 11 {
		t.Errorf("after 5 more successes 10 failing calls sent %d requests, want 11", got)
	}
}

func TestRetryBudgetIsRefundedBySuccessfulRetries(t *testing.T) {
	s := &scriptedTransport{steps: slices.Repeat([]step{respondUnavailable, respondOK}, 1000)}
	c, _ := newScriptedClient(t, s, client.WithRetryPolicy(client.RetryPolicy{Budget: 1}))
	if got := requestsFor(t, s, c, 1000); got != 2000 {
		t.Errorf("1000 calls sent %d requests, want 2000", got)
	}
}

func TestRetryBudgetDoesNotExceedItsCapacity(t *testing.T) {
	s := &scriptedTransport{steps: slices.Concat(
		slices.Repeat([]step{respondOK}, 100), slices.Repeat([]step{respondUnavailable}, 100))}
	c, _ := newScriptedClient(t, s, client.WithRetryPolicy(client.RetryPolicy{Budget: 2}))
	requestsFor(t, s, c, 100)
	if got := requestsFor(t, s, c, 10); got != 12 {
		t.Errorf("10 failing calls sent %d requests, want 12", got)
	}
}
