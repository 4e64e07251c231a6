package e2e_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/e2e/harness"
)

// errorBody is what the error bodies of both roots have in common.
type errorBody struct {
	code   string
	fields []string
}

// parseError parses an error body and checks that it has all members of its
// root.
func parseError(t *testing.T, got harness.Response, vpcStyle bool) errorBody {
	t.Helper()
	var body struct {
		Code, Message string
		Details       []client.Violation

		ErrorID         string `json:"error_id"`
		ErrorName       string `json:"error_name"`
		ErrorCause      string `json:"error_cause"`
		ErrorSuggestion string `json:"error_suggestion"`
		ErrorJSONOpt    string `json:"error_json_opt"`
		ErrorTime       int64  `json:"error_time"`

		RequestID string `json:"request_id"`
	}
	if err := json.Unmarshal([]byte(got.Body), &body); err != nil {
		t.Fatalf("got %d %q: %v", got.Status, got.Body, err)
	}
	if body.RequestID != got.Header.Get("X-Request-Id") {
		t.Errorf("the request id is %q in the body and %q in the header", body.RequestID, got.Header.Get("X-Request-Id"))
	}
	if vpcStyle {
		if body.Code == "" || body.Message == "" || body.ErrorID != "" {
			t.Errorf("not an error of the VPC root: %s", got.Body)
		}
		return errorBody{code: body.Code, fields: fieldsOf(body.Details)}
	}
	if body.ErrorID == "" || body.ErrorName == "" || body.ErrorCause == "" || body.ErrorSuggestion == "" ||
		body.ErrorTime == 0 || body.Code != "" {
		t.Errorf("not an error of the CS root: %s", got.Body)
	}
	var details []client.Violation
	if err := json.Unmarshal([]byte(body.ErrorJSONOpt), &details); err != nil || len(details) == 0 {
		t.Errorf("error_json_opt is %q: %v", body.ErrorJSONOpt, err)
	}
	return errorBody{code: body.ErrorID, fields: fieldsOf(details)}
}

// fieldsOf returns the location and the name of each invalid field.
func fieldsOf(details []client.Violation) []string {
	var fields []string
	for _, d := range details {
		if d != (client.Violation{}) {
			fields = append(fields, string(d.In)+" "+d.Field)
		}
	}
	return fields
}

// wantErrorBody checks the status, the code and the root of an error, and that it
// names the field, or no field if field is empty.
func wantErrorBody(t *testing.T, got harness.Response, vpcStyle bool, status int, code, field string) {
	t.Helper()
	e := parseError(t, got, vpcStyle)
	if got.Status != status || e.code != code {
		t.Errorf("got %d %s, want %d %s: %s", got.Status, e.code, status, code, got.Body)
	}
	if field == "" && len(e.fields) > 0 {
		t.Errorf("the error names the fields %q, want none", e.fields)
	}
	if field != "" && !slices.Contains(e.fields, field) {
		t.Errorf("the error names the fields %q, want %q", e.fields, field)
	}
	if len(got.Body) > 8<<10 {
		t.Errorf("the error body has %d bytes, want at most 8192", len(got.Body))
	}
}
