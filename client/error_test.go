package client_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/peering/peering/client"
)

func TestErrorsAreParsedOnBothRoots(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status int
		body   string
		want   client.Error
	}{
		{
			"CS error", 400,
			`{"error_id":"CS.22103","error_name":"n","error_cause":"gone","error_suggestion":"s",` +
				`"error_json_opt":"[{}]","error_time":1}`,
			client.Error{Status: 400, Code: "CS.22103", Message: "gone"},
		},
		{
			"CS error with violations", 400,
			`{"error_id":"CS.10004","error_cause":"bad",` +
				`"error_json_opt":"[{\"in\":\"body\",\"field\":\"/name\",\"reason\":\"is required\"}]"}`,
			client.Error{
				Status: 400, Code: "CS.10004", Message: "bad",
				Violations: []client.Violation{{In: "body", Field: "/name", Reason: "is required"}},
			},
		},
		{
			"VPC error with violations", 409,
			`{"code":"VPC.22104","message":"peered","details":[{"in":"path","field":"x","reason":"y"}]}`,
			client.Error{
				Status: 409, Code: "VPC.22104", Message: "peered",
				Violations: []client.Violation{{In: "path", Field: "x", Reason: "y"}},
			},
		},
		{"HTML page of a proxy", 502, `<html>`, client.Error{Status: 502, Message: "Bad Gateway"}},
		{"empty body", 500, ``, client.Error{Status: 500, Message: "Internal Server Error"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newStaticClient(t, tt.status, map[string]string{"X-Request-Id": "r1", "Retry-After": "3"}, tt.body)
			_, err := c.ShowVPCPeering(t.Context(), "7e974044-bcc1-4f25-aff8-5f10cb347b0f")
			got, ok := errors.AsType[*client.Error](err)
			tt.want.RequestID, tt.want.RetryAfter = "r1", 3*time.Second
			if !ok || toJSON(t, *got) != toJSON(t, tt.want) {
				t.Errorf("got %+v, want %+v", err, tt.want)
			}
		})
	}
}

func toJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
