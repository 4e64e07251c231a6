package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/peering/peering/internal/cli/command"
	"github.com/peering/peering/internal/cli/config"
	"github.com/peering/peering/internal/cli/output"
)

func contextCommand(env *command.Env) *cobra.Command {
	cmd := command.Group(&cobra.Command{
		Use:     "context",
		Short:   "Manage the contexts of the configuration file",
		Long:    "Manage the contexts of the configuration file. A context names a service and the caller.\n\n" + config.Help,
		Example: "  peering context list\n  peering context use staging\n  peering context show",
	})
	cmd.AddCommand(listContextsCommand(env), useContextCommand(env))
	cmd.AddCommand(sessions(env, showContextCommand)...)
	return cmd
}

// contextOutput is a context as it is printed, without credentials.
type contextOutput struct {
	Name     string `json:"name"`
	Current  bool   `json:"current"`
	Endpoint string `json:"endpoint"`
	Project  string `json:"project"`
}

func outputOf(c config.Context, current string) contextOutput {
	return contextOutput{
		Name: c.Name, Current: c.Name == current,
		Endpoint: c.Settings[config.Endpoint], Project: c.Settings[config.Project],
	}
}

var contextColumns = output.Columns[contextOutput]{
	Header: output.Row{"CURRENT", "NAME", "ENDPOINT", "PROJECT"},
	Row: func(_ *output.Printer, c contextOutput) output.Row {
		mark := ""
		if c.Current {
			mark = "*"
		}
		return output.Row{mark, c.Name, c.Endpoint, c.Project}
	},
}

func listContextsCommand(env *command.Env) *cobra.Command {
	return &cobra.Command{
		Use:               "list",
		Short:             "List the contexts",
		Example:           "  peering context list",
		Args:              command.Arguments(),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: command.Run(func(context.Context, []string) error {
			file, err := config.Read(env.Getenv)
			if err != nil {
				return err
			}
			found := []contextOutput{}
			for _, c := range file.Contexts {
				found = append(found, outputOf(c, file.Current))
			}
			return output.ShowAll(env.Printer, found, contextColumns, file.CheckCurrent())
		}),
	}
}

func useContextCommand(env *command.Env) *cobra.Command {
	return &cobra.Command{
		Use:               "use NAME",
		Short:             "Make a context the current one",
		Long:              "Make a context the current one. The rest of the configuration file stays as it is, comments included.",
		Example:           "  peering context use staging",
		Args:              command.Arguments("NAME"),
		ValidArgsFunction: command.CompleteFirst(completeContexts(env)),
		RunE: command.Run(func(_ context.Context, args []string) error {
			file, err := config.Read(env.Getenv)
			if err != nil {
				return err
			}
			if err := file.Use(args[0]); err != nil {
				return err
			}
			c, err := file.Context(args[0])
			if err != nil {
				return err
			}
			return output.Show(env.Printer, outputOf(*c, file.Current), contextColumns, nil)
		}),
	}
}

// settingOutput is a setting as it is printed.
type settingOutput struct {
	Setting string `json:"setting"`
	Value   string `json:"value"`
	From    string `json:"from"`
}

var settingColumns = output.Columns[settingOutput]{
	Header: output.Row{"SETTING", "VALUE", "FROM"},
	Row:    func(_ *output.Printer, s settingOutput) output.Row { return output.Row{s.Setting, s.Value, s.From} },
}

func showContextCommand(s *session) *cobra.Command {
	return &cobra.Command{
		Use:               "show",
		Short:             "Show the settings in force and the origin of each",
		Long:              "Show the settings in force and the origin of each. Secrets are not shown.",
		Example:           "  peering context show\n  peering context show --context staging",
		Args:              command.Arguments(),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: command.Run(func(context.Context, []string) error {
			settings, err := config.Gather(s.flags, s.Getenv)
			if err != nil {
				return err
			}
			found := []settingOutput{}
			for _, setting := range config.All {
				value, ok := settings[setting.Name]
				if !ok {
					continue
				}
				if setting.Secret {
					value.Text = "(not shown)"
				}
				found = append(found, settingOutput{Setting: setting.Name, Value: value.Text, From: value.From})
			}
			return output.ShowAll(s.Printer, found, settingColumns, config.CheckCredentials(settings))
		}),
	}
}
