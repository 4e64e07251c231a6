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

var updateScripts = flag.Bool("scripts.update", false, "write what the commands print into the scripts of testdata/script")

// scripts are the scripts of testdata/script, which run the program in this process against one server.
type scripts struct {
	mu sync.Mutex
	// seen are the commands that have run, with their format and whether they failed.
	seen map[string]bool
}

// notInScripts are commands that scripts can't show, and the test that does.
var notInScripts = map[string]string{
	"peering serve": "TestServeAnnouncesInEveryFormat",
}

// TestScripts runs every command in every format. Scripts have, beside the usual commands:
//
//	peering ARGS…   runs the program; with ! it has to fail
//	exits CODE      checks the last exit code
//	input FILE      is the standard input of the next peering
//	setid NAME      sets a variable to the id in the JSON that was printed last, or in the first of a list
//
// What differs from run to run is shown as something that does not: ids, times and clusters that were made.
func TestScripts(t *testing.T) {
	dir := t.TempDir()
	s := harness.Start(t, dir)
	h := &scripts{seen: map[string]bool{}}
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
		h.wantAll(t)
	}
}

// scriptRun is what one script knows.
type scriptRun struct {
	code   int
	stdout string
	stdin  string
}

type scriptKey struct{}

func runOf(ts *testscript.TestScript) *scriptRun {
	return ts.Value(scriptKey{}).(*scriptRun)
}

func (h *scripts) peering(ts *testscript.TestScript, fails bool, args []string) {
	r := runOf(ts)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	out, errs := &harness.Buffer{}, &harness.Buffer{}
	env := command.NewEnv(strings.NewReader(r.stdin), out, errs, ts.Getenv)
	r.code, r.stdin = cli.Run(ctx, env, args, daemon.Commands), ""
	r.stdout = out.String()
	for to, from := range map[io.Writer]string{ts.Stdout(): r.stdout, ts.Stderr(): errs.String()} {
		_, _ = io.WriteString(to, masked(strings.ReplaceAll(from, ts.Getenv("WORK"), "$WORK"))) // it is a buffer
	}
	if (r.code != cli.ExitOK) != fails {
		ts.Fatalf("exited with %d", r.code)
	}
	if cmd, _, err := cli.New(env, daemon.Commands).Find(args); err == nil {
		h.mu.Lock()
		h.seen[shown(cmd.CommandPath(), output.FormatOf(args), fails)] = true
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
	var made struct {
		ID        string `json:"id"`
		ClusterID int64  `json:"cluster_id"`
	}
	// A decoder stops behind the first of a list.
	ts.Check(json.NewDecoder(strings.NewReader(strings.TrimPrefix(runOf(ts).stdout, "["))).Decode(&made))
	if made.ID == "" {
		made.ID = strconv.FormatInt(made.ClusterID, 10)
	}
	ts.Setenv(args[0], made.ID)
}

var (
	anyUUID    = regexp.MustCompile(`\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b`)
	anyTime    = regexp.MustCompile(`\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\b`)
	anyMillis  = regexp.MustCompile(`\b1\d{12}\b`)
	anyCluster = regexp.MustCompile(`\b1\d{6}\b`)
	anyToken   = regexp.MustCompile(`[A-Za-z0-9_-]+`)
	anyHash    = regexp.MustCompile(`\b[0-9a-f]{64}\b`)
)

// masked answers a text with all that differs from run to run in one form, of the same width.
func masked(text string) string {
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

func shown(command string, f output.Format, failed bool) string {
	if failed {
		return command + " as " + string(f) + ", failed"
	}
	return command + " as " + string(f)
}

// wantAll checks that scripts have shown every command in every format, with an answer and with an error.
func (h *scripts) wantAll(t *testing.T) {
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
				if want := shown(cmd.CommandPath(), output.Format(f), failed); !h.seen[want] {
					t.Errorf("no script shows %s", want)
				}
			}
		}
	})
}
