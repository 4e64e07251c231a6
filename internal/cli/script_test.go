package cli_test

import (
	"context"
	"encoding/json"
	"flag"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"

	"github.com/peering/peering/internal/cli"
	"github.com/peering/peering/internal/cli/command"
	"github.com/peering/peering/internal/cli/output"
	"github.com/peering/peering/internal/daemon"
	"github.com/peering/peering/internal/e2e/harness"
)

var updateScripts = flag.Bool("scripts.update", false, "update the expected output in testdata/script")

// scriptRunner runs the scripts of testdata/script against one server.
type scriptRunner struct {
	mu sync.Mutex
	// covered are the commands that ran, with their format and outcome.
	covered map[string]bool
}

// notInScripts maps commands that scripts can't run to the test that does.
var notInScripts = map[string]string{
	"peering serve": "TestServeAnnouncesItsListeners",
}

// TestScripts runs every command in every format. Scripts have these commands
// beside those of package testscript:
//
//	peering ARGS…   runs the program; with ! it must fail
//	exits CODE      checks the last exit code
//	input FILE      sets the standard input of the next peering
//	setid NAME      sets a variable to the id in the last JSON output, or in the first element of a list
//
// Ids, times and other values that differ from run to run are replaced by fixed
// ones.
func TestScripts(t *testing.T) {
	dir := t.TempDir()
	s := harness.Start(t, dir)
	h := &scriptRunner{covered: map[string]bool{}}
	t.Run("script", func(t *testing.T) {
		testscript.Run(t, testscript.Params{
			Dir: "testdata/script",
			Setup: func(env *testscript.Env) error {
				env.Setenv("PEERING_ENDPOINT", s.Endpoint)
				env.Setenv("data", dir)
				env.Setenv("none", harness.UnknownID)
				env.Values[scriptKey{}] = &scriptRun{}
				return nil
			},
			Cmds: map[string]func(*testscript.TestScript, bool, []string){
				"peering": h.peering, "exits": exits, "input": input, "setid": setID,
			},
			UpdateScripts:       *updateScripts,
			RequireUniqueNames:  true,
			RequireExplicitExec: true,
		})
	})
	if !t.Failed() && !strings.Contains(flag.Lookup("test.run").Value.String(), "/") {
		h.checkCoverage(t)
	}
}

// scriptRun is the state of one script.
type scriptRun struct {
	code   int
	stdout string
	stdin  string
}

type scriptKey struct{}

func runOf(ts *testscript.TestScript) *scriptRun {
	return ts.Value(scriptKey{}).(*scriptRun)
}

func (h *scriptRunner) peering(ts *testscript.TestScript, fails bool, args []string) {
	r := runOf(ts)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	out, errs := &harness.Buffer{}, &harness.Buffer{}
	env := command.NewEnv(strings.NewReader(r.stdin), out, errs, ts.Getenv)
	r.code, r.stdin = cli.Run(ctx, env, args, daemon.Commands), ""
	r.stdout = out.String()
	for to, from := range map[io.Writer]string{ts.Stdout(): r.stdout, ts.Stderr(): errs.String()} {
		_, _ = io.WriteString(to, mask(strings.ReplaceAll(from, ts.Getenv("WORK"), "$WORK"))) // a buffer returns no error
	}
	if (r.code != cli.ExitOK) != fails {
		ts.Fatalf("exited with %d", r.code)
	}
	if cmd, _, err := cli.New(env, daemon.Commands).Find(args); err == nil {
		h.mu.Lock()
		h.covered[coverageKey(cmd.CommandPath(), output.FormatOf(args), fails)] = true
		h.mu.Unlock()
	}
}

func exits(ts *testscript.TestScript, _ bool, args []string) {
	if want, err := strconv.Atoi(args[0]); err != nil || runOf(ts).code != want {
		ts.Fatalf("exited with %d", runOf(ts).code)
	}
}

func input(ts *testscript.TestScript, _ bool, args []string) {
	runOf(ts).stdin = ts.ReadFile(args[0])
}

func setID(ts *testscript.TestScript, _ bool, args []string) {
	var created struct {
		ID        string `json:"id"`
		ClusterID int64  `json:"cluster_id"`
	}
	// Decode stops after the first element of a list.
	ts.Check(json.NewDecoder(strings.NewReader(strings.TrimPrefix(runOf(ts).stdout, "["))).Decode(&created))
	if created.ID == "" {
		created.ID = strconv.FormatInt(created.ClusterID, 10)
	}
	ts.Setenv(args[0], created.ID)
}

var (
	anyUUID    = regexp.MustCompile(`\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b`)
	anyTime    = regexp.MustCompile(`\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\b`)
	anyMillis  = regexp.MustCompile(`\b1\d{12}\b`)
	anyCluster = regexp.MustCompile(`\b1\d{6}\b`)
	anyToken   = regexp.MustCompile(`[A-Za-z0-9_-]+`)
	anyHash    = regexp.MustCompile(`\b[0-9a-f]{64}\b`)
)

// mask replaces what differs from run to run by values of the same width.
func mask(text string) string {
	text = anyUUID.ReplaceAllStringFunc(text, func(id string) string {
		if slices.Contains([]string{harness.PeerVPC, harness.OtherVPC, harness.UnknownID, harness.ClusterVPC}, id) {
			return id
		}
		return "11111111-1111-1111-1111-111111111111"
	})
	text = anyTime.ReplaceAllString(text, "2006-01-02T15:04:05")
	text = anyMillis.ReplaceAllString(text, "1136214245000")
	text = anyHash.ReplaceAllStringFunc(text, func(hash string) string {
		if hash == hashOfABC {
			return hash
		}
		return "SHA256"
	})
	text = anyToken.ReplaceAllStringFunc(text, func(word string) string {
		if len(word) == len(cli.NewToken()) {
			return "TOKEN"
		}
		return word
	})
	return anyCluster.ReplaceAllString(text, "1000001")
}

func coverageKey(command string, f output.Format, failed bool) string {
	if failed {
		return command + " as " + string(f) + ", failed"
	}
	return command + " as " + string(f)
}

// checkCoverage checks that the scripts ran every command in every format, with
// success and with failure.
func (h *scriptRunner) checkCoverage(t *testing.T) {
	env := command.NewEnv(strings.NewReader(""), &harness.Buffer{}, &harness.Buffer{}, harness.NoEnv)
	cli.Walk(cli.New(env, daemon.Commands), func(cmd *cobra.Command) {
		if cmd.HasSubCommands() {
			return
		}
		for _, f := range output.Formats {
			for _, failed := range []bool{false, true} {
				if notInScripts[cmd.CommandPath()] != "" && !failed {
					continue
				}
				if want := coverageKey(cmd.CommandPath(), output.Format(f), failed); !h.covered[want] {
					t.Errorf("no script runs %s", want)
				}
			}
		}
	})
}
