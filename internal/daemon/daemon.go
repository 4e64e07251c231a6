// Package daemon runs the service: it reads the flags of serve, wires the
// store, the domain and the HTTP server together, and runs the listeners and
// the background workers. It also has the commands that work on a store.
package daemon

import (
	"github.com/spf13/cobra"

	"github.com/peering/peering/internal/cli/command"
)

// Commands returns the commands serve, backup and restore.
func Commands(env *command.Env) []*cobra.Command {
	return []*cobra.Command{serveCommand(env), backupCommand(env), restoreCommand(env)}
}
