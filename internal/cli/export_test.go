package cli

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/cli/command"
)

// Internals that tests look at.
type (
	ErrorOutput   = errorOutput
	SettingOutput = settingOutput
)

var (
	Statuses     = statuses
	TokenCommand = tokenCommand
	NewToken     = newToken
	TokenHash    = tokenHash
)

const (
	ExitCodeHelp   = exitCodeHelp
	MaxCompletions = maxCompletions
)

// ReportPoll shows one poll of a wait for "peering x" to become ACTIVE.
func ReportPoll(stderr io.Writer, poll client.Poll) {
	env := command.NewEnv(nil, io.Discard, stderr, func(string) string { return "" })
	w := startProgress(env.Printer, "peering x", client.Active)
	defer w.end()
	w.report(poll)
}

// Walk visits a command and all commands below it.
func Walk(cmd *cobra.Command, visit func(*cobra.Command)) {
	visit(cmd)
	for _, sub := range cmd.Commands() {
		Walk(sub, visit)
	}
}

// ExitCode returns the exit code for an error of a command.
func ExitCode(err error) int {
	cause, _ := command.Classify(err)
	return exitCode(cause)
}
