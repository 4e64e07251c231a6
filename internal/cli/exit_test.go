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

// answering answers the URL of a service that has one answer for everything.
func answering(t *testing.T, status int, body string, headers ...string) string {
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

// TestKindsOfErrors looks at the exit code and at the error that is printed, in each format, for each kind of answer.
func TestKindsOfErrors(t *testing.T) {
	const hour = "3600" // nobody waits for that
	for _, tt := range []struct {
		name, url string
		code      int
		want      cli.ErrorOutput
	}{
		{"no credentials", answering(t, 401, `{"code":"VPC.0008","message":"m"}`, "X-Request-Id", "r"), cli.ExitForbidden,
			cli.ErrorOutput{Kind: "forbidden", Code: "VPC.0008", Message: "m", Status: 401, RequestID: "r"}},
		{"not there", answering(t, 404, `{"code":"VPC.2204","message":"m"}`), cli.ExitNotFound,
			cli.ErrorOutput{Kind: "not_found", Code: "VPC.2204", Message: "m", Status: 404}},
		{"a conflict", answering(t, 409, `{"code":"VPC.22105","message":"m"}`), cli.ExitConflict,
			cli.ErrorOutput{Kind: "conflict", Code: "VPC.22105", Message: "m", Status: 409}},
		{"a quota", answering(t, 409, `{"code":"VPC.0114","message":"m"}`), cli.ExitConflict,
			cli.ErrorOutput{Kind: "conflict", Code: "VPC.0114", Message: "m", Status: 409}},
		{"a value that is wrong", answering(t, 400, `{"code":"VPC.22101","message":"m","details":[{"in":"body","field":"/name","reason":"r"}]}`), cli.ExitUsage,
			cli.ErrorOutput{Kind: "usage", Code: "VPC.22101", Message: "m", Status: 400}},
		{"too much", answering(t, 429, `{"code":"VPC.0429","message":"m"}`, "Retry-After", hour), cli.ExitUnavailable,
			cli.ErrorOutput{Kind: "unavailable", Code: "VPC.0429", Message: "m", Status: 429, RetryAfter: 3600}},
		{"no store", answering(t, 503, `{"code":"VPC.22108","message":"m"}`, "Retry-After", hour), cli.ExitUnavailable,
			cli.ErrorOutput{Kind: "unavailable", Code: "VPC.22108", Message: "m", Status: 503, RetryAfter: 3600}},
		{"no service of this kind", answering(t, 404, `<html>`), cli.ExitFailure, cli.ErrorOutput{Kind: "failure", Message: "Not Found", Status: 404}},
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
				got, ok := printedError(t, output.Format(f), errs.String())
				got.Violations = nil
				if ok && fmt.Sprint(got) != fmt.Sprint(tt.want) {
					t.Errorf("printed %+v, want %+v", got, tt.want)
				}
			})
		}
	}
}

// printedError reads an error as a program does; a table is for nobody to read.
func printedError(t *testing.T, f output.Format, text string) (cli.ErrorOutput, bool) {
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
		return printedError(t, output.JSON, string(asJSON))
	default:
		if !strings.HasPrefix(text, "peering: ") {
			t.Errorf("printed %s", text)
		}
		return cli.ErrorOutput{}, false
	}
	return object.Error, true
}

// TestTerminalsAreNotObeyed has a service answer with what a terminal would obey.
func TestTerminalsAreNotObeyed(t *testing.T) {
	const hostile = `\u001b]0;title\u0007\u009b31m`
	url := answering(t, 200, `{"peering":{"id":"i","name":"`+hostile+`","status":"`+hostile+`"}}`)
	refusing := answering(t, 409, `{"code":"VPC.1","message":"`+hostile+`"}`)
	for _, f := range output.Formats {
		for _, endpoint := range []string{url, refusing} {
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
