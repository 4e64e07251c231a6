package client_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/peering/peering/client"
)

const project = "4f30b9215e054c908d18f2b150131646"

// answering answers a client whose every request gets the same answer.
func answering(t *testing.T, status int, header map[string]string, body string) *client.Client {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for name, value := range header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(s.Close)
	c, err := client.New(s.URL, client.WithProject(project), once)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// once sends no request a second time.
var once = client.WithRetryPolicy(client.RetryPolicy{Attempts: 1})

func TestErrorsOfBothRoots(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status int
		body   string
		want   client.Error
	}{
		{
			"CS", 400, `{"error_id":"CS.22103","error_name":"n","error_cause":"gone","error_suggestion":"s","error_json_opt":"[{}]","error_time":1}`,
			client.Error{Status: 400, Code: "CS.22103", Message: "gone", RequestID: "r1", RetryAfter: 3 * time.Second},
		},
		{
			"CS with violations", 400, `{"error_id":"CS.10004","error_cause":"bad","error_json_opt":"[{\"in\":\"body\",\"field\":\"/name\",\"reason\":\"is required\"}]"}`,
			client.Error{
				Status: 400, Code: "CS.10004", Message: "bad", RequestID: "r1", RetryAfter: 3 * time.Second,
				Violations: []client.Violation{{In: "body", Field: "/name", Reason: "is required"}},
			},
		},
		{
			"VPC", 409, `{"code":"VPC.22104","message":"peered","details":[{"in":"path","field":"x","reason":"y"}]}`,
			client.Error{
				Status: 409, Code: "VPC.22104", Message: "peered", RequestID: "r1", RetryAfter: 3 * time.Second,
				Violations: []client.Violation{{In: "path", Field: "x", Reason: "y"}},
			},
		},
		{"a proxy's page", 502, `<html>`, client.Error{Status: 502, Message: "Bad Gateway", RequestID: "r1", RetryAfter: 3 * time.Second}},
		{"nothing", 500, ``, client.Error{Status: 500, Message: "Internal Server Error", RequestID: "r1", RetryAfter: 3 * time.Second}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := answering(t, tt.status, map[string]string{"X-Request-Id": "r1", "Retry-After": "3"}, tt.body)
			_, err := c.ShowVPCPeering(t.Context(), "7e974044-bcc1-4f25-aff8-5f10cb347b0f")
			got, ok := errors.AsType[*client.Error](err)
			if !ok || asJSON(t, *got) != asJSON(t, tt.want) {
				t.Errorf("got %+v, want %+v", err, tt.want)
			}
		})
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestKindsOfErrors(t *testing.T) {
	kinds := map[string]func(error) bool{
		"not found":   client.IsNotFound,
		"conflict":    client.IsConflict,
		"unknown":     client.IsUnauthorized,
		"forbidden":   client.IsForbidden,
		"unavailable": client.IsUnavailable,
		"limited":     client.IsRateLimited,
		"invalid":     client.IsInvalid,
		"quota":       client.IsQuotaExceeded,
		"key":         client.IsKeyReused,
	}
	for _, tt := range []struct {
		err  error
		want string
	}{
		{&client.Error{Status: 404, Code: "VPC.2204"}, "not found"},
		{&client.Error{Status: 400, Code: "CS.22103"}, "not found"},
		{&client.Error{Status: 400, Code: "CS.20005"}, "not found"},
		{&client.Error{Status: 409, Code: "VPC.22105"}, "conflict"},
		{&client.Error{Status: 400, Code: "CS.22104"}, "conflict"},
		{&client.Error{Status: 400, Code: "CS.22109"}, "conflict"},
		{&client.Error{Status: 400, Code: "CS.22110"}, "not found"},
		{&client.Error{Status: 401}, "unknown"},
		{&client.Error{Status: 403}, "forbidden"},
		{&client.Error{Status: 503}, "unavailable"},
		{&client.Error{Status: 429, Code: "VPC.22115"}, "limited"},
		{&client.Error{Status: 400, Code: "CS.10004"}, "invalid"},
		{&client.Error{Status: 400, Code: "CS.22101"}, "invalid"},
		{&client.Error{Status: 400, Code: "CS.22102"}, "invalid"},
		{&client.Error{Status: 400, Code: "CS.22112"}, "invalid"},
		{&client.Error{Status: 400, Code: "VPC.22101"}, "invalid"},
		{&client.Error{Status: 400, Code: "VPC.22102"}, "invalid"},
		{&client.Error{Status: 413, Code: "CS.22106"}, "invalid"},
		{&client.Error{Status: 414}, "invalid"},
		{&client.Error{Status: 415}, "invalid"},
		{&client.Error{Status: 400, Code: "CS.22113"}, "quota"},
		{&client.Error{Status: 409, Code: "VPC.0114"}, "quota"},
		{&client.Error{Status: 400, Code: "CS.22114"}, "key"},
		{&client.Error{Status: 422, Code: "VPC.22114"}, "key"},
		{&client.Error{Status: 404, Code: "CS.10003"}, ""},
		{&client.Error{Status: 404, Code: "VPC.22109"}, ""},
		{&client.Error{Status: 404}, ""},
		{errors.New("no answer"), ""},
		{nil, ""},
	} {
		for kind, is := range kinds {
			if got := is(fmt.Errorf("wrapped: %w", tt.err)); got != (kind == tt.want) {
				t.Errorf("%v is %s: %t", tt.err, kind, got)
			}
		}
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	for _, body := range []string{``, `{"peering":`, `[]`} {
		if _, err := answering(t, http.StatusOK, nil, body).ShowVPCPeering(t.Context(), "x"); err == nil {
			t.Errorf("took %q for a peering", body)
		}
	}
}

func TestEndpointsThatAreNone(t *testing.T) {
	for _, endpoint := range []string{"", "127.0.0.1:8080", "localhost", "ftp://127.0.0.1", "http://", "http://[", "/v2.0"} {
		if _, err := client.New(endpoint); err == nil {
			t.Errorf("took %q for an endpoint", endpoint)
		}
	}
}

func TestProjectGoesAlong(t *testing.T) {
	requests := make(chan *http.Request, 2)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests <- r
		_, _ = w.Write([]byte(`{"peerings":[]}`))
	}))
	t.Cleanup(s.Close)
	c, err := client.New(s.URL+"/prefix", client.WithProject(project))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.ListPeerings(t.Context(), "1"); err != nil {
		t.Error(err)
	}
	if got, want := (<-requests).URL.Path, "/prefix/v1.0/"+project+"/reserved_cluster/1/peering"; got != want {
		t.Errorf("path %s, want %s", got, want)
	}
	if _, err := c.ListVPCPeerings(t.Context(), client.VPCPeeringQuery{Name: "a b&c"}); err != nil {
		t.Error(err)
	}
	r := <-requests
	if r.Header.Get("X-Project-Id") != project || r.URL.Query().Get("name") != "a b&c" || len(r.URL.Query()) != 1 {
		t.Errorf("project %q, query %q", r.Header.Get("X-Project-Id"), r.URL.RawQuery)
	}
}

// newVPC answers the id of a VPC that nobody has.
func newVPC() string { return uuid.NewString() }
