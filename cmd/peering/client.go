package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/peering/peering/client"
)

const (
	// defaultTimeout and waitTimeout are what --timeout is without it, the latter with --wait.
	defaultTimeout = 30 * time.Second
	waitTimeout    = 10 * time.Minute
)

// session is what the flags that all client commands share say.
type session struct {
	*program

	flags   *pflag.FlagSet
	timeout time.Duration
	// wait is --wait; told is then what tells how it goes.
	wait bool
	told *progress
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
		cmd := construct(s)
		s.register(cmd)
		commands[i] = cmd
	}
	return commands
}

// register adds the flags that all client commands share.
func (s *session) register(cmd *cobra.Command) {
	s.flags = cmd.Flags()
	shared := pflag.NewFlagSet(cmd.Name(), pflag.ContinueOnError)
	registerSettings(shared)
	shared.DurationVar(&s.timeout, "timeout", 0, fmt.Sprintf("how long the command may take (default %s, with --wait %s)", defaultTimeout, waitTimeout))
	shared.VisitAll(func(f *pflag.Flag) {
		f.Annotations = map[string][]string{sharedFlag: nil}
		s.flags.AddFlag(f)
	})
	s.completeSettings(cmd)
}

// waitFlag adds the flag that makes a command wait for what it began.
func (s *session) waitFlag(cmd *cobra.Command, what string) {
	cmd.Flags().BoolVar(&s.wait, "wait", false, "wait until "+what+"; standard error tells what the command waits for")
}

// action answers the RunE of a command that calls the service.
func (s *session) action(do func(ctx context.Context, c *client.Client, args []string) error) func(*cobra.Command, []string) error {
	return s.program.action(func(ctx context.Context, args []string) error {
		ctx, cancel := context.WithTimeout(ctx, s.bound())
		defer cancel()
		if s.flags.Changed("timeout") && s.timeout <= 0 {
			return usageError{fmt.Errorf("--timeout %s is not longer than nothing", s.timeout)}
		}
		c, err := s.connect(s.stdin, client.WithWaitPolicy(client.WaitPolicy{OnPoll: s.polled}))
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

// bound answers how long the command may take.
func (s *session) bound() time.Duration {
	switch {
	case s.flags.Changed("timeout"):
		return s.timeout
	case s.wait:
		return waitTimeout
	default:
		return defaultTimeout
	}
}

// connect answers a client as the settings say, and the options. It sends nothing.
func (s *session) connect(stdin io.Reader, options ...client.Option) (*client.Client, error) {
	cfg, err := gather(s.flags, s.getenv)
	if err != nil {
		return nil, err
	}
	shown, err := credentialsOf(cfg, stdin)
	if err != nil {
		return nil, err
	}
	project := cfg.value(settingProject)
	if project == "" && shown == (credentials{}) {
		return nil, usageError{errors.New("no project: name the one that calls with --project or PEERING_PROJECT, or give credentials with --token-file, in the environment or in a context")}
	}
	options = append(options, client.WithUserAgent("peering/"+built().Version),
		client.WithProject(project), client.WithToken(shown.token), client.WithCredentials(shown.accessKey, shown.secretKey))
	encryption, err := clientTLS(cfg)
	if err != nil {
		return nil, err
	}
	if encryption != nil {
		options = append(options, client.WithTLSConfig(encryption))
	}
	c, err := client.New(cfg.value(settingEndpoint), options...)
	if err != nil {
		return nil, usageError{fmt.Errorf("%s: %w", cfg[settingEndpoint].from, err)}
	}
	return c, nil
}
