package client_test

import (
	"slices"
	"testing"

	"github.com/peering/peering/client"
)

// sentOf counts the requests of so many calls, one after the other.
func sentOf(t *testing.T, s *script, c *client.Client, calls int) int {
	t.Helper()
	before := len(s.sent)
	for range calls {
		_ = doings["GET"](t.Context(), c) // what it answers is not the point
	}
	return len(s.sent) - before
}

// TestBudget lets a service fail for good: what is sent to it comes down to the calls themselves.
func TestBudget(t *testing.T) {
	s := &script{steps: slices.Repeat([]step{busy}, 1000)}
	c, _ := scripted(t, s, client.WithRetryPolicy(client.RetryPolicy{Budget: 10}))
	if got := sentOf(t, s, c, 100); got != 110 {
		t.Errorf("100 calls sent %d requests, want 110", got)
	}
	s.steps = []step{fine, fine, fine, fine}
	sentOf(t, s, c, 4)
	s.steps = slices.Repeat([]step{busy}, 1000)
	if got := sentOf(t, s, c, 10); got != 10 {
		t.Errorf("after 4 successes 10 calls sent %d requests, want 10", got)
	}
	s.steps = []step{fine, fine, fine, fine, fine}
	sentOf(t, s, c, 5)
	s.steps = slices.Repeat([]step{busy}, 1000)
	if got := sentOf(t, s, c, 10); got != 11 {
		t.Errorf("after 5 more successes 10 calls sent %d requests, want 11", got)
	}
}

// TestBudgetOfRepetitionsThatHelp is not used up by what comes right at the second attempt.
func TestBudgetOfRepetitionsThatHelp(t *testing.T) {
	s := &script{steps: slices.Repeat([]step{busy, fine}, 1000)}
	c, _ := scripted(t, s, client.WithRetryPolicy(client.RetryPolicy{Budget: 1}))
	if got := sentOf(t, s, c, 1000); got != 2000 {
		t.Errorf("1000 calls sent %d requests, want 2000", got)
	}
}

// TestBudgetIsNotHoarded has a long time without failures go before one.
func TestBudgetIsNotHoarded(t *testing.T) {
	s := &script{steps: slices.Concat(slices.Repeat([]step{fine}, 100), slices.Repeat([]step{busy}, 100))}
	c, _ := scripted(t, s, client.WithRetryPolicy(client.RetryPolicy{Budget: 2}))
	sentOf(t, s, c, 100)
	if got := sentOf(t, s, c, 10); got != 12 {
		t.Errorf("10 calls sent %d requests, want 12", got)
	}
}
