package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
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
		want      failure
	}{
		{"no credentials", answering(t, 401, `{"code":"VPC.0008","message":"m"}`, "X-Request-Id", "r"), exitForbidden,
			failure{Kind: "forbidden", Code: "VPC.0008", Message: "m", Status: 401, RequestID: "r"}},
		{"not there", answering(t, 404, `{"code":"VPC.2204","message":"m"}`), exitNotFound,
			failure{Kind: "not_found", Code: "VPC.2204", Message: "m", Status: 404}},
		{"a conflict", answering(t, 409, `{"code":"VPC.22105","message":"m"}`), exitConflict,
			failure{Kind: "conflict", Code: "VPC.22105", Message: "m", Status: 409}},
		{"a quota", answering(t, 409, `{"code":"VPC.0114","message":"m"}`), exitConflict,
			failure{Kind: "conflict", Code: "VPC.0114", Message: "m", Status: 409}},
		{"a value that is wrong", answering(t, 400, `{"code":"VPC.22101","message":"m","details":[{"in":"body","field":"/name","reason":"r"}]}`), exitUsage,
			failure{Kind: "usage", Code: "VPC.22101", Message: "m", Status: 400}},
		{"too much", answering(t, 429, `{"code":"VPC.0429","message":"m"}`, "Retry-After", hour), exitUnavailable,
			failure{Kind: "unavailable", Code: "VPC.0429", Message: "m", Status: 429, RetryAfter: 3600}},
		{"no store", answering(t, 503, `{"code":"VPC.22108","message":"m"}`, "Retry-After", hour), exitUnavailable,
			failure{Kind: "unavailable", Code: "VPC.22108", Message: "m", Status: 503, RetryAfter: 3600}},
		{"no service of this kind", answering(t, 404, `<html>`), exitFailure, failure{Kind: "failure", Message: "Not Found", Status: 404}},
	} {
		for _, f := range formats {
			t.Run(tt.name+" as "+f, func(t *testing.T) {
				out, errs := &lockedBuffer{}, &lockedBuffer{}
				args := []string{"rename", noID, "n", "--endpoint", tt.url, "--project", project, "-o", f}
				code := run(t.Context(), args, out, errs, noEnv)
				wantOutput(t, code, errs.String(), tt.code, []string{tt.want.Code, tt.want.Message})
				if out.String() != "" {
					t.Errorf("printed %s", out)
				}
				got, ok := printedError(t, format(f), errs.String())
				got.Violations = nil
				if ok && fmt.Sprint(got) != fmt.Sprint(tt.want) {
					t.Errorf("printed %+v, want %+v", got, tt.want)
				}
			})
		}
	}
}

// printedError reads an error as a program does; a table is for nobody to read.
func printedError(t *testing.T, f format, text string) (failure, bool) {
	t.Helper()
	var object struct{ Error failure }
	switch f {
	case formatJSON:
		if err := json.Unmarshal([]byte(text), &object); err != nil {
			t.Fatal(err)
		}
	case formatYAML:
		var read any
		if err := yaml.Unmarshal([]byte(text), &read); err != nil {
			t.Fatal(err)
		}
		asJSON, err := json.Marshal(read)
		if err != nil {
			t.Fatal(err)
		}
		return printedError(t, formatJSON, string(asJSON))
	default:
		if !strings.HasPrefix(text, "peering: ") {
			t.Errorf("printed %s", text)
		}
		return failure{}, false
	}
	return object.Error, true
}

// TestTerminalsAreNotObeyed has a service answer with what a terminal would obey.
func TestTerminalsAreNotObeyed(t *testing.T) {
	const hostile = `\u001b]0;title\u0007\u009b31m`
	url := answering(t, 200, `{"peering":{"id":"i","name":"`+hostile+`","status":"`+hostile+`"}}`)
	refusing := answering(t, 409, `{"code":"VPC.1","message":"`+hostile+`"}`)
	for _, f := range formats {
		for _, endpoint := range []string{url, refusing} {
			out := &lockedBuffer{}
			p := &program{stdout: out, stderr: out, getenv: noEnv, terminal: func(io.Writer) bool { return true }}
			p.run(t.Context(), []string{"show", noID, "--endpoint", endpoint, "--project", project, "-o", f})
			if strings.ContainsAny(out.String(), "\x1b\a\u009b") {
				t.Errorf("as %s: printed %q", f, out)
			}
		}
	}
}

// TestYAMLIsReadAsItWasMeant prints texts that readers of YAML take for something else where they are not quoted.
func TestYAMLIsReadAsItWasMeant(t *testing.T) {
	for _, text := range []string{
		"", "no", "Yes", "on", "null", "~", "12", "1e3", "0x1f", "1_000", "12:30:45", "2026-11-24", "2026-11-24T08:00:00",
		"a: b", "# c", "- d", "{e", "[f", "*g", "&h", "!i", "%j", "@k", "`l", "'m", "\"n", "o\n", " p", "|", ">", "?", "\u0085", "\u2028", "\x7f", "é", "😀",
	} {
		var written strings.Builder
		if err := writeYAML(&written, map[string]string{"text": text}); err != nil {
			t.Fatal(err)
		}
		var read struct{ Text string }
		var loose map[string]any
		if err := yaml.Unmarshal([]byte(written.String()), &read); err != nil || read.Text != text {
			t.Errorf("%q is written as %q and read as %q, %v", text, &written, read.Text, err)
		}
		if err := yaml.Unmarshal([]byte(written.String()), &loose); err != nil || loose["text"] != text {
			t.Errorf("%q is written as %q and read as %#v, %v", text, &written, loose["text"], err)
		}
	}
	for _, text := range []string{"no", "on", "12:30:45", "2026-11-24", "2026-11-24T08:00:00"} {
		var written strings.Builder
		if err := writeYAML(&written, text); err != nil || !strings.HasPrefix(written.String(), `"`) {
			t.Errorf("%q is written as %q, which YAML 1.1 reads otherwise; %v", text, &written, err)
		}
	}
}
