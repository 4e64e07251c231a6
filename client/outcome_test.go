package client_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/peering/peering/client"
)

// TestOutcomes looks at what is said of calls that fail: whether a change may have been made, and whether the call is worth
// making again.
func TestOutcomes(t *testing.T) {
	forbidden := reply(403, `{"code":"VPC.2701","message":"m"}`)
	for _, tt := range []struct {
		name               string
		method             string
		steps              []step
		unknown, retryable bool
	}{
		{"a refusal", "POST", []step{reply(409, `{"code":"VPC.22104","message":"m"}`)}, false, false},
		{"a refusal after a lost answer", "PUT", []step{lost, notThere}, false, false},
		{"no permission after a lost answer", "PUT", []step{lost, forbidden}, true, false},
		{"no connection", "POST", []step{refused, refused}, false, true},
		{"no connection after a lost answer", "POST", []step{lost, refused}, true, true},
		{"too many requests", "POST", []step{limited, limited}, false, true},
		{"too many requests after a lost answer", "POST", []step{lost, limited}, true, true},
		{"lost answers", "POST", []step{lost, lost}, true, true},
		{"lost answers, reading", "GET", []step{lost, lost}, false, true},
		{"unavailable", "POST", []step{busy, busy}, true, true},
		{"unavailable, reading", "GET", []step{busy, busy}, false, true},
		{"a lost answer to what is not repeated", "PATCH", []step{lost}, true, false},
		{"unavailable for what is not repeated", "PATCH", []step{busy}, true, false},
		{"too many requests for what is not repeated", "PATCH", []step{limited, limited}, false, true},
		{"no connection for what is not repeated", "PATCH", []step{refused, refused}, false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &script{steps: tt.steps}
			c, _ := scripted(t, s, client.WithRetryPolicy(client.RetryPolicy{Attempts: 2}))
			err := doings[tt.method](t.Context(), c)
			if err == nil || len(s.sent) != len(tt.steps) {
				t.Fatalf("sent %d times: %v", len(s.sent), err)
			}
			err = fmt.Errorf("wrapped: %w", err)
			if client.IsOutcomeUnknown(err) != tt.unknown || client.IsRetryable(err) != tt.retryable {
				t.Errorf("unknown %t, retryable %t: %v", client.IsOutcomeUnknown(err), client.IsRetryable(err), err)
			}
			if e, ok := errors.AsType[*client.Error](err); ok && e.Retryable() != tt.retryable {
				t.Errorf("the error says that it is retryable: %t", e.Retryable())
			}
			if len(tt.steps) > 1 != strings.Contains(err.Error(), "after 2 attempts") {
				t.Errorf("%q does not count attempts right", err)
			}
		})
	}
	for _, err := range []error{nil, errors.New("x"), client.ErrNoProject} {
		if client.IsOutcomeUnknown(err) || client.IsRetryable(err) {
			t.Errorf("%v is taken for an answer", err)
		}
	}
}
