package client_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/peering/peering/client"
)

func TestIsOutcomeUnknownAndIsRetryable(t *testing.T) {
	forbidden := respond(403, `{"code":"VPC.2701","message":"m"}`)
	for _, tt := range []struct {
		name                       string
		method                     string
		steps                      []step
		wantUnknown, wantRetryable bool
	}{
		{"conflict", "POST", []step{respond(409, `{"code":"VPC.22104","message":"m"}`)}, false, false},
		{"not found after a lost response", "PUT", []step{resetConnection, respondNotFound}, false, false},
		{"forbidden after a lost response", "PUT", []step{resetConnection, forbidden}, true, false},
		{"connection error", "POST", []step{refuseConnection, refuseConnection}, false, true},
		{"connection error after a lost response", "POST", []step{resetConnection, refuseConnection}, true, true},
		{"rate limit", "POST", []step{respondRateLimited, respondRateLimited}, false, true},
		{"rate limit after a lost response", "POST", []step{resetConnection, respondRateLimited}, true, true},
		{"lost responses", "POST", []step{resetConnection, resetConnection}, true, true},
		{"lost responses to a read", "GET", []step{resetConnection, resetConnection}, false, true},
		{"unavailable", "POST", []step{respondUnavailable, respondUnavailable}, true, true},
		{"unavailable for a read", "GET", []step{respondUnavailable, respondUnavailable}, false, true},
		{"lost response to a PATCH", "PATCH", []step{resetConnection}, true, false},
		{"unavailable for a PATCH", "PATCH", []step{respondUnavailable}, true, false},
		{"rate limit for a PATCH", "PATCH", []step{respondRateLimited, respondRateLimited}, false, true},
		{"connection error for a PATCH", "PATCH", []step{refuseConnection, refuseConnection}, false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &scriptedTransport{steps: tt.steps}
			c, _ := newScriptedClient(t, s, client.WithRetryPolicy(client.RetryPolicy{Attempts: 2}))
			err := callsByMethod[tt.method](t.Context(), c)
			if err == nil || s.attempts() != len(tt.steps) {
				t.Fatalf("returned %v after %d attempts, want an error after %d", err, s.attempts(), len(tt.steps))
			}
			err = fmt.Errorf("wrapped: %w", err)
			unknown, retryable := client.IsOutcomeUnknown(err), client.IsRetryable(err)
			if unknown != tt.wantUnknown || retryable != tt.wantRetryable {
				t.Errorf("IsOutcomeUnknown %t, IsRetryable %t: %v", unknown, retryable, err)
			}
			if e, ok := errors.AsType[*client.Error](err); ok && e.Retryable() != tt.wantRetryable {
				t.Errorf("Retryable returned %t", e.Retryable())
			}
			if len(tt.steps) > 1 != strings.Contains(err.Error(), "after 2 attempts") {
				t.Errorf("%q has the wrong number of attempts", err)
			}
		})
	}
	for _, err := range []error{nil, errors.New("x"), client.ErrNoProject} {
		if client.IsOutcomeUnknown(err) || client.IsRetryable(err) {
			t.Errorf("%v is classified as an error of a request", err)
		}
	}
}

func TestErrorPredicates(t *testing.T) {
	predicates := map[string]func(error) bool{
		"IsNotFound":      client.IsNotFound,
		"IsConflict":      client.IsConflict,
		"IsUnauthorized":  client.IsUnauthorized,
		"IsForbidden":     client.IsForbidden,
		"IsUnavailable":   client.IsUnavailable,
		"IsRateLimited":   client.IsRateLimited,
		"IsInvalid":       client.IsInvalid,
		"IsQuotaExceeded": client.IsQuotaExceeded,
		"IsKeyReused":     client.IsKeyReused,
	}
	for _, tt := range []struct {
		err  error
		want string
	}{
		{&client.Error{Status: 404, Code: "VPC.2204"}, "IsNotFound"},
		{&client.Error{Status: 400, Code: "CS.22103"}, "IsNotFound"},
		{&client.Error{Status: 400, Code: "CS.20005"}, "IsNotFound"},
		{&client.Error{Status: 409, Code: "VPC.22105"}, "IsConflict"},
		{&client.Error{Status: 400, Code: "CS.22104"}, "IsConflict"},
		{&client.Error{Status: 400, Code: "CS.22109"}, "IsConflict"},
		{&client.Error{Status: 400, Code: "CS.22110"}, "IsNotFound"},
		{&client.Error{Status: 401}, "IsUnauthorized"},
		{&client.Error{Status: 403}, "IsForbidden"},
		{&client.Error{Status: 503}, "IsUnavailable"},
		{&client.Error{Status: 429, Code: "VPC.22115"}, "IsRateLimited"},
		{&client.Error{Status: 400, Code: "CS.10004"}, "IsInvalid"},
		{&client.Error{Status: 400, Code: "CS.22101"}, "IsInvalid"},
		{&client.Error{Status: 400, Code: "CS.22102"}, "IsInvalid"},
		{&client.Error{Status: 400, Code: "CS.22112"}, "IsInvalid"},
		{&client.Error{Status: 400, Code: "VPC.22101"}, "IsInvalid"},
		{&client.Error{Status: 400, Code: "VPC.22102"}, "IsInvalid"},
		{&client.Error{Status: 413, Code: "CS.22106"}, "IsInvalid"},
		{&client.Error{Status: 414}, "IsInvalid"},
		{&client.Error{Status: 415}, "IsInvalid"},
		{&client.Error{Status: 400, Code: "CS.22113"}, "IsQuotaExceeded"},
		{&client.Error{Status: 409, Code: "VPC.0114"}, "IsQuotaExceeded"},
		{&client.Error{Status: 400, Code: "CS.22114"}, "IsKeyReused"},
		{&client.Error{Status: 422, Code: "VPC.22114"}, "IsKeyReused"},
		{&client.Error{Status: 404, Code: "CS.10003"}, ""},
		{&client.Error{Status: 404, Code: "VPC.22109"}, ""},
		{&client.Error{Status: 404}, ""},
		{errors.New("no response"), ""},
		{nil, ""},
	} {
		for name, is := range predicates {
			if got := is(fmt.Errorf("wrapped: %w", tt.err)); got != (name == tt.want) {
				t.Errorf("%s(%v) returned %t", name, tt.err, got)
			}
		}
	}
}
