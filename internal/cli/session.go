package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/cli/command"
	"github.com/peering/peering/internal/cli/config"
)

const (
	// defaultTimeout is the default of --timeout.
	defaultTimeout = 30 * time.Second
	// defaultWaitTimeout is the default of --timeout with --wait.
	defaultWaitTimeout = 10 * time.Minute
)

// session is one run of a command that calls the service.
type session struct {
	*command.Env

	flags   *pflag.FlagSet
	timeout time.Duration
	wait    bool
	// progress reports what --wait waits for, nil before it waits.
	progress *progress
}

// sessions returns commands that call the service, each with a session of its
// own.
func sessions(env *command.Env, constructors ...func(*session) *cobra.Command) []*cobra.Command {
	commands := make([]*cobra.Command, len(constructors))
	for i, construct := range constructors {
		s := &session{Env: env}
		cmd := construct(s)
		s.register(cmd)
		commands[i] = cmd
	}
	return commands
}

// register adds the flags that all commands which call the service share.
func (s *session) register(cmd *cobra.Command) {
	s.flags = cmd.Flags()
	shared := pflag.NewFlagSet(cmd.Name(), pflag.ContinueOnError)
	config.Register(shared)
	shared.DurationVar(&s.timeout, "timeout", 0,
		fmt.Sprintf("how long the command may take (default %s, with --wait %s)", defaultTimeout, defaultWaitTimeout))
	shared.VisitAll(func(f *pflag.Flag) {
		f.Annotations = map[string][]string{sharedFlag: nil}
		s.flags.AddFlag(f)
	})
	s.completeShared(cmd)
}

// addWait adds the flag --wait to a command.
func (s *session) addWait(cmd *cobra.Command, until string) {
	cmd.Flags().BoolVar(&s.wait, "wait", false, "wait until "+until+"; progress goes to standard error")
}

// run returns the RunE of a command that calls the service.
func (s *session) run(do func(ctx context.Context, c *client.Client, args []string) error) func(*cobra.Command, []string) error {
	return command.Run(func(ctx context.Context, args []string) error {
		timeout, err := s.effectiveTimeout()
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		c, err := s.connect(s.Stdin, client.WithWaitPolicy(client.WaitPolicy{OnPoll: s.onPoll}))
		if err != nil {
			return err
		}
		err = do(ctx, c, args)
		if errors.Is(err, client.ErrNoProject) {
			return command.Usagef("%w: set --project or PEERING_PROJECT", err)
		}
		return err
	})
}

func (s *session) effectiveTimeout() (time.Duration, error) {
	switch {
	case s.flags.Changed("timeout") && s.timeout <= 0:
		return 0, command.Usagef("--timeout must be positive, got %s", s.timeout)
	case s.flags.Changed("timeout"):
		return s.timeout, nil
	case s.wait:
		return defaultWaitTimeout, nil
	default:
		return defaultTimeout, nil
	}
}

// connect returns a client with the settings in force and the options. It sends
// no request.
func (s *session) connect(stdin io.Reader, options ...client.Option) (*client.Client, error) {
	settings, err := config.Gather(s.flags, s.Getenv)
	if err != nil {
		return nil, err
	}
	credentials, err := config.ReadCredentials(settings, stdin)
	if err != nil {
		return nil, err
	}
	project := settings.Text(config.Project)
	if project == "" && credentials == (config.Credentials{}) {
		return nil, command.Usagef("no project: set --project or PEERING_PROJECT, or credentials with --token-file, in the environment or in a context")
	}
	options = append(options, client.WithUserAgent("peering/"+buildVersion().Version), client.WithProject(project),
		client.WithToken(credentials.Token), client.WithCredentials(credentials.AccessKey, credentials.SecretKey))
	tlsConfig, err := config.TLS(settings)
	if err != nil {
		return nil, err
	}
	if tlsConfig != nil {
		options = append(options, client.WithTLSConfig(tlsConfig))
	}
	c, err := client.New(settings.Text(config.Endpoint), options...)
	if err != nil {
		return nil, command.Usagef("%s: %w", settings[config.Endpoint].From, err)
	}
	return c, nil
}
