package daemon_test

import (
	"context"
	"strings"
	"testing"

	"github.com/peering/peering/internal/cli"
	"github.com/peering/peering/internal/cli/output"
	"github.com/peering/peering/internal/daemon"
	"github.com/peering/peering/internal/e2e/harness"
	"github.com/peering/peering/internal/peering"
)

func TestAnnouncedCurlCommand(t *testing.T) {
	for header, sent := range map[string]string{"": "", "X-Auth-Token: $PEERING_TOKEN": ` -H "X-Auth-Token: $PEERING_TOKEN"`} {
		got, err := daemon.CurlCommand("http://127.0.0.1:8080", peering.ClusterRef{Project: harness.Project, ID: harness.ClusterID}, header)
		want := `curl -i -X POST http://127.0.0.1:8080/v1.0/4f30b9215e054c908d18f2b150131646/reserved_cluster/1000000/peering ` +
			`-H 'Content-Type: application/json'` + sent + ` -d '{"name":"myVpc","vpc_id":"f4da5a55-fcd9-4a93-8b86-5b81585e14bb"}'`
		if err != nil || got != want {
			t.Errorf("got %s, %v\nwant %s", got, err, want)
		}
	}
}

func TestServeAnnouncesItsListeners(t *testing.T) {
	for _, f := range output.Formats {
		t.Run(f, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			out, log := &harness.Buffer{}, &harness.Buffer{}
			stopOnOutput := writerFunc(func(text []byte) (int, error) {
				defer cancel()
				return out.Write(text)
			})
			if code := harness.Run(ctx, append(harness.ServeArgs("--data-dir", t.TempDir()), "-o", f), stopOnOutput, log, harness.NoEnv); code != cli.ExitOK {
				t.Fatalf("exited with %d: %s", code, log)
			}
			for _, want := range map[string][]string{
				"table": {"peering is ready at http://127.0.0.1:", "admin endpoints at http://127.0.0.1:", "curl -i"},
				"json":  {`"endpoint": "http://127.0.0.1:`, `"admin": "http://127.0.0.1:`, `"example": "curl -i`},
				"yaml":  {"endpoint: http://127.0.0.1:", "admin: http://127.0.0.1:", "example: 'curl -i"},
			}[f] {
				if !strings.Contains(out.String(), want) {
					t.Errorf("printed %s, want %q in it", out, want)
				}
			}
		})
	}
}

// writerFunc is an io.Writer from a function.
type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
