package cli_test

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/peering/peering/internal/cli"
	"github.com/peering/peering/internal/cli/command"
	"github.com/peering/peering/internal/daemon"
	"github.com/peering/peering/internal/e2e/harness"
)

func TestHelpStartsWithExamples(t *testing.T) {
	var paths [][]string
	env := command.NewEnv(strings.NewReader(""), &harness.Buffer{}, &harness.Buffer{}, harness.NoEnv)
	cli.Walk(cli.New(env, daemon.Commands), func(cmd *cobra.Command) {
		paths = append(paths, strings.Fields(cmd.CommandPath())[1:])
	})
	for _, path := range paths {
		t.Run(strings.Join(append([]string{"peering"}, path...), " "), func(t *testing.T) {
			out := &harness.Buffer{}
			if code := harness.Run(t.Context(), append(path, "--help"), out, out, harness.NoEnv); code != cli.ExitOK {
				t.Errorf("exited with %d", code)
			}
			text := out.String()
			if !strings.HasPrefix(text, "Examples:\n  peering ") && !strings.HasPrefix(text, "Examples:\n  source <(peering ") {
				t.Errorf("starts with %.60q", text)
			}
			if examples, _, _ := strings.Cut(text, "\n\nUsage:\n"); !strings.Contains(examples, strings.Join(path, " ")) {
				t.Errorf("no example has the command: %.200q", text)
			}
			if strings.Contains(text, "Flags:") && strings.Index(text, "Flags:") < strings.Index(text, "Usage:") {
				t.Error("the flags stand before the usage")
			}
		})
	}
	if len(paths) < 20 {
		t.Errorf("there are %d commands", len(paths))
	}
}
