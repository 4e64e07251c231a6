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

// credentialsHelp says how the client commands show who calls. There are no flags for it.
const credentialsHelp = `The commands that call a service show it who calls by a token in PEERING_TOKEN, or by the keys in
PEERING_ACCESS_KEY and PEERING_SECRET_KEY. There are no flags for these: a command line can be read by others.`

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
	flags.StringVar(&s.project, "project", "", "id of the project that calls (PEERING_PROJECT); not needed beside credentials, but for clusters")
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
		err = do(ctx, c, args)
		if errors.Is(err, client.ErrNoProject) {
			return usageError{fmt.Errorf("%w: name it with --project or PEERING_PROJECT", err)}
		}
		return err
	})
}

func (s *session) connect() (*client.Client, error) {
	if s.output != "table" && s.output != "json" {
		return nil, usageError{fmt.Errorf("--output %q is not table or json", s.output)}
	}
	getenv := s.program.getenv
	project, token := first(s.project, getenv("PEERING_PROJECT")), getenv("PEERING_TOKEN")
	accessKey, secretKey := getenv("PEERING_ACCESS_KEY"), getenv("PEERING_SECRET_KEY")
	if project == "" && token+accessKey == "" {
		return nil, usageError{errors.New("no project: name the one that calls with --project or PEERING_PROJECT, or put credentials into the environment")}
	}
	options := []client.Option{client.WithProject(project), client.WithToken(token), client.WithCredentials(accessKey, secretKey)}
	encryption, err := s.tls.config(getenv)
	if err != nil {
		return nil, err
	}
	if encryption != nil {
		options = append(options, client.WithTLSConfig(encryption))
	}
	c, err := client.New(first(s.endpoint, getenv("PEERING_ENDPOINT"), defaultEndpoint), options...)
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
