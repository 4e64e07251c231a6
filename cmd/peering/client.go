package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/peering/peering/client"
)

const defaultEndpoint = "http://127.0.0.1:8080"

// session is what the flags that all client commands share say.
type session struct {
	program  *program
	endpoint string
	project  string
	output   string
	timeout  time.Duration
	tls      clientTLS
}

// clientCommands answers the commands that call the service.
func (p *program) clientCommands() []*cobra.Command {
	return append(
		p.sessions(createCommand, listCommand, showCommand, deleteCommand, acceptCommand, rejectCommand, renameCommand),
		p.routeCommand(), p.clusterCommand())
}

// sessions makes commands, each with flags of its own.
func (p *program) sessions(constructors ...func(*session) *cobra.Command) []*cobra.Command {
	commands := make([]*cobra.Command, len(constructors))
	for i, construct := range constructors {
		s := &session{program: p}
		commands[i] = construct(s)
		s.flags(commands[i].Flags())
	}
	return commands
}

func (s *session) flags(flags *pflag.FlagSet) {
	flags.StringVar(&s.endpoint, "endpoint", "", "URL of the service (PEERING_ENDPOINT; default "+defaultEndpoint+")")
	flags.StringVar(&s.project, "project", "", "id of the project that calls (PEERING_PROJECT)")
	flags.StringVarP(&s.output, "output", "o", "table", "table or json")
	s.tls.register(flags)
	flags.DurationVar(&s.timeout, "timeout", 30*time.Second, "how long the command may take")
}

// action answers the RunE of a command that calls the service.
func (s *session) action(do func(ctx context.Context, c *client.Client, args []string) error) func(*cobra.Command, []string) error {
	return s.program.action(func(ctx context.Context, args []string) error {
		ctx, cancel := context.WithTimeout(ctx, s.timeout)
		defer cancel()
		c, err := s.connect()
		if err != nil {
			return err
		}
		return do(ctx, c, args)
	})
}

func (s *session) connect() (*client.Client, error) {
	if s.output != "table" && s.output != "json" {
		return nil, usageError{fmt.Errorf("--output %q is not table or json", s.output)}
	}
	project := first(s.project, s.program.getenv("PEERING_PROJECT"))
	if project == "" {
		return nil, usageError{errors.New("no project: name the one that calls with --project or PEERING_PROJECT")}
	}
	options := []client.Option{client.WithProject(project)}
	encryption, err := s.tls.config(s.program.getenv)
	if err != nil {
		return nil, err
	}
	if encryption != nil {
		options = append(options, client.WithTLSConfig(encryption))
	}
	c, err := client.New(first(s.endpoint, s.program.getenv("PEERING_ENDPOINT"), defaultEndpoint), options...)
	if err != nil {
		return nil, usageError{err}
	}
	return c, nil
}

// first answers the first text that is not empty.
func first(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}
