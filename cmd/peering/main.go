// Command peering is the VPC peering service and its command line client in
// one binary.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/peering/peering/internal/cli"
	"github.com/peering/peering/internal/cli/command"
	"github.com/peering/peering/internal/daemon"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	// A second signal ends the process at once.
	context.AfterFunc(ctx, stop)
	env := command.NewEnv(os.Stdin, os.Stdout, os.Stderr, os.Getenv)
	os.Exit(cli.Run(ctx, env, os.Args[1:], daemon.Commands))
}
