package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	const passing = `{"Action":"output","Package":"p","Test":"TestFast","Output":"=== RUN   TestFast\n"}
{"Action":"output","Package":"p","Test":"TestFast","Output":"chatter\n"}
{"Action":"pass","Package":"p","Test":"TestFast","Elapsed":0.1}
{"Action":"pass","Package":"p","Test":"TestSlow/sub","Elapsed":2}
{"Action":"pass","Package":"p","Test":"TestSlow","Elapsed":2.5}
{"Action":"output","Package":"p","Output":"PASS\n"}
{"Action":"output","Package":"p","Output":"ok  \tp\t2.6s\n"}
{"Action":"pass","Package":"p","Elapsed":2.6}
`
	const failing = `{"Action":"output","Package":"p","Test":"TestBroken","Output":"=== RUN   TestBroken\n"}
{"Action":"output","Package":"p","Test":"TestBroken","Output":"    broken\n"}
{"Action":"fail","Package":"p","Test":"TestBroken","Elapsed":0.1}
`
	for _, tt := range []struct {
		name, in   string
		failed     bool
		want, omit string
	}{
		{"passing", passing, false, "ok  \tp\t2.6s\n\nslowest tests:\n     2.5s  TestSlow  p\n     0.1s  TestFast  p\n", "chatter"},
		{"failing test", passing + failing, true, "    broken\n", "=== RUN"},
		{"failing build", `{"Action":"build-output","Output":"syntax error\n"}` + "\n" + `{"Action":"build-fail"}`, true, "syntax error\n", "{"},
		{"no tests", "go: no such tool\n", true, "go: no such tool\n", "{"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			failed, err := run(strings.NewReader(tt.in), &out)
			if err != nil || failed != tt.failed {
				t.Errorf("failed is %t, want %t: %v", failed, tt.failed, err)
			}
			if got := out.String(); !strings.Contains(got, tt.want) || strings.Contains(got, tt.omit) {
				t.Errorf("got %q, want it with %q and without %q", got, tt.want, tt.omit)
			}
		})
	}
}
