package cli_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/peering/peering/internal/cli"
	"github.com/peering/peering/internal/cli/command"
	"github.com/peering/peering/internal/cli/output"
	"github.com/peering/peering/internal/e2e/harness"
)

// serveResponse starts a service that returns one response to every request, and
// returns its URL.
func serveResponse(t *testing.T, status int, body string, headers ...string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, body)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// TestErrorOutput checks the exit code and the printed error in each format.
func TestErrorOutput(t *testing.T) {
	const hour = "3600" // longer than the SDK waits
	for _, tt := range []struct {
		name, url string
		code      int
		want      cli.ErrorOutput
	}{
		{"no credentials", serveResponse(t, 401, `{"code":"VPC.0008","message":"m"}`, "X-Request-Id", "r"), cli.ExitForbidden,
			cli.ErrorOutput{Kind: "forbidden", Code: "VPC.0008", Message: "m", Status: 401, RequestID: "r"}},
		{"not found", serveResponse(t, 404, `{"code":"VPC.2204","message":"m"}`), cli.ExitNotFound,
			cli.ErrorOutput{Kind: "not_found", Code: "VPC.2204", Message: "m", Status: 404}},
		{"conflict", serveResponse(t, 409, `{"code":"VPC.22105","message":"m"}`), cli.ExitConflict,
			cli.ErrorOutput{Kind: "conflict", Code: "VPC.22105", Message: "m", Status: 409}},
		{"quota exceeded", serveResponse(t, 409, `{"code":"VPC.0114","message":"m"}`), cli.ExitConflict,
			cli.ErrorOutput{Kind: "conflict", Code: "VPC.0114", Message: "m", Status: 409}},
		{"invalid value", serveResponse(t, 400, `{"code":"VPC.22101","message":"m","details":[{"in":"body","field":"/name","reason":"r"}]}`), cli.ExitUsage,
			cli.ErrorOutput{Kind: "usage", Code: "VPC.22101", Message: "m", Status: 400}},
		{"rate limited", serveResponse(t, 429, `{"code":"VPC.0429","message":"m"}`, "Retry-After", hour), cli.ExitUnavailable,
			cli.ErrorOutput{Kind: "unavailable", Code: "VPC.0429", Message: "m", Status: 429, RetryAfter: 3600}},
		{"unavailable", serveResponse(t, 503, `{"code":"VPC.22108","message":"m"}`, "Retry-After", hour), cli.ExitUnavailable,
			cli.ErrorOutput{Kind: "unavailable", Code: "VPC.22108", Message: "m", Status: 503, RetryAfter: 3600}},
		{"not this service", serveResponse(t, 404, `<html>`), cli.ExitFailure, cli.ErrorOutput{Kind: "failure", Message: "Not Found", Status: 404}},
	} {
		for _, f := range output.Formats {
			t.Run(tt.name+" as "+f, func(t *testing.T) {
				out, errs := &harness.Buffer{}, &harness.Buffer{}
				args := []string{"rename", harness.UnknownID, "n", "--endpoint", tt.url, "--project", harness.Project, "-o", f}
				code := harness.Run(t.Context(), args, out, errs, harness.NoEnv)
				harness.WantOutput(t, code, errs.String(), tt.code, []string{tt.want.Code, tt.want.Message})
				if out.String() != "" {
					t.Errorf("printed %s", out)
				}
				got, ok := parseError(t, output.Format(f), errs.String())
				got.Violations = nil
				if ok && fmt.Sprint(got) != fmt.Sprint(tt.want) {
					t.Errorf("printed %+v, want %+v", got, tt.want)
				}
			})
		}
	}
}

// parseError parses a printed error; ok is false for a table, which is not
// meant for programs.
func parseError(t *testing.T, f output.Format, text string) (parsed cli.ErrorOutput, ok bool) {
	t.Helper()
	var object struct{ Error cli.ErrorOutput }
	switch f {
	case output.JSON:
		if err := json.Unmarshal([]byte(text), &object); err != nil {
			t.Fatal(err)
		}
	case output.YAML:
		var read any
		if err := yaml.Unmarshal([]byte(text), &read); err != nil {
			t.Fatal(err)
		}
		asJSON, err := json.Marshal(read)
		if err != nil {
			t.Fatal(err)
		}
		return parseError(t, output.JSON, string(asJSON))
	default:
		if !strings.HasPrefix(text, "peering: ") {
			t.Errorf("printed %s", text)
		}
		return cli.ErrorOutput{}, false
	}
	return object.Error, true
}

// TestControlCharactersAreNotPrinted checks that a service can't send escape
// sequences to the terminal.
func TestControlCharactersAreNotPrinted(t *testing.T) {
	const hostile = `\u001b]0;title\u0007\u009b31m`
	url := serveResponse(t, 200, `{"peering":{"id":"i","name":"`+hostile+`","status":"`+hostile+`"}}`)
	failing := serveResponse(t, 409, `{"code":"VPC.1","message":"`+hostile+`"}`)
	for _, f := range output.Formats {
		for _, endpoint := range []string{url, failing} {
			out := &harness.Buffer{}
			env := command.NewEnv(strings.NewReader(""), out, out, harness.NoEnv)
			env.IsTerminal = func(io.Writer) bool { return true }
			cli.Run(t.Context(), env, []string{"show", harness.UnknownID, "--endpoint", endpoint, "--project", harness.Project, "-o", f}, nil)
			if strings.ContainsAny(out.String(), "\x1b\a\u009b") {
				t.Errorf("as %s: printed %q", f, out)
			}
		}
	}
}
