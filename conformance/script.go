package main

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
)

// sdkNode walks through all operations of the VPC root with the Node SDK.
func sdkNode(ctx context.Context, t *trial, _ *bench, endpoint string) {
	script(ctx, t, "node", filepath.Join("node", "cycle.js"), endpoint)
}

// sdkPython walks through all operations of the VPC root with the Python SDK.
func sdkPython(ctx context.Context, t *trial, b *bench, endpoint string) {
	script(ctx, t, b.tools.python, filepath.Join("python", "cycle.py"), endpoint)
}

// script runs a client's script, which fails at the first difference and otherwise prints its counts as its last line.
func script(ctx context.Context, t *trial, program, file, endpoint string) {
	printed, err := capture(ctx, command{name: program, args: []string{file, endpoint}, env: loopback()})
	t.must(file, err)
	lines := strings.Split(strings.TrimSpace(printed), "\n")
	var counts struct{ Requests, Checks int }
	t.must("counts of "+file, json.Unmarshal([]byte(lines[len(lines)-1]), &counts))
	t.requests += counts.Requests
	t.checks += counts.Checks
}
