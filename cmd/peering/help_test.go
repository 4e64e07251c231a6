package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestHelpStartsWithExamples(t *testing.T) {
	var paths [][]string
	p := &program{stdout: &lockedBuffer{}, stderr: &lockedBuffer{}, getenv: noEnv}
	walk(p.rootCommand(), func(cmd *cobra.Command) {
		paths = append(paths, strings.Fields(cmd.CommandPath())[1:])
	})
	for _, path := range paths {
		t.Run(strings.Join(append([]string{"peering"}, path...), " "), func(t *testing.T) {
			out := &lockedBuffer{}
			if code := run(t.Context(), append(path, "--help"), out, out, noEnv); code != exitOK {
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
