package main

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
)

// sdkNode runs every operation of the VPC root with the Node SDK.
func sdkNode(ctx context.Context, t *checker, _ *runner, endpoint string) {
	runScript(ctx, t, "node", filepath.Join("node", "lifecycle.js"), endpoint)
}

// sdkPython runs every operation of the VPC root with the Python SDK.
func sdkPython(ctx context.Context, t *checker, r *runner, endpoint string) {
	runScript(ctx, t, r.tools.python, filepath.Join("python", "lifecycle.py"), endpoint)
}

// runScript runs an SDK's script. The script fails at its first difference,
// otherwise its last line is a JSON object with its counts.
func runScript(ctx context.Context, t *checker, program, file, endpoint string) {
	printed, err := output(ctx, command{name: program, args: []string{file, endpoint}, env: loopbackEnv()})
	t.noError(file, err)
	lines := strings.Split(strings.TrimSpace(printed), "\n")
	var counts struct{ Requests, Checks int }
	t.noError("counts of "+file, json.Unmarshal([]byte(lines[len(lines)-1]), &counts))
	t.requests += counts.Requests
	t.checks += counts.Checks
}
