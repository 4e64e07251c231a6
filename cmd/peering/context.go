package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"
)

// contextCommand answers the command that holds those for the contexts of the configuration file.
func (p *program) contextCommand() *cobra.Command {
	cmd := group(&cobra.Command{
		Use:     "context",
		Short:   "Contexts of the configuration file: services and who calls them",
		Long:    "Contexts of the configuration file: services and who calls them.\n\n" + settingsHelp,
		Example: "  peering context list\n  peering context use staging\n  peering context show",
	})
	cmd.AddCommand(p.listContextsCommand(), p.useContextCommand())
	cmd.AddCommand(p.sessions(showContextCommand)...)
	return cmd
}

// shownContext is a context as it is printed: without its credentials.
type shownContext struct {
	Name     string `json:"name"`
	Current  bool   `json:"current"`
	Endpoint string `json:"endpoint"`
	Project  string `json:"project"`
}

func (c *configFile) shown(known configContext) shownContext {
	return shownContext{
		Name: known.name, Current: known.name == c.current,
		Endpoint: known.values[settingEndpoint], Project: known.values[settingProject],
	}
}

// contextRows are shown in these columns.
var contextRows = columns[shownContext]{
	header: table.Row{"CURRENT", "NAME", "ENDPOINT", "PROJECT"},
	row: func(_ *program, c shownContext) table.Row {
		mark := ""
		if c.Current {
			mark = "*"
		}
		return table.Row{mark, c.Name, c.Endpoint, c.Project}
	},
}

func (p *program) listContextsCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "list",
		Short:             "List the contexts",
		Example:           "  peering context list",
		Args:              arguments(),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: p.action(func(context.Context, []string) error {
			config, err := readConfig(p.getenv)
			if err != nil {
				return err
			}
			found := []shownContext{}
			for _, known := range config.contexts {
				found = append(found, config.shown(known))
			}
			return showAll(p, found, contextRows, config.checkCurrent())
		}),
	}
}

func (p *program) useContextCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "use NAME",
		Short:             "Make a context the current one",
		Long:              "Make a context the current one. Nothing else changes in the configuration file, comments included.",
		Example:           "  peering context use staging",
		Args:              arguments("NAME"),
		ValidArgsFunction: onlyFirst(p.contexts),
		RunE: p.action(func(_ context.Context, args []string) error {
			config, err := readConfig(p.getenv)
			if err != nil {
				return err
			}
			if err := config.use(args[0]); err != nil {
				return err
			}
			return show(p, config.shown(*config.context(args[0])), contextRows, nil)
		}),
	}
}

// shownSetting is a setting as it is printed.
type shownSetting struct {
	Setting string `json:"setting"`
	Value   string `json:"value"`
	From    string `json:"from"`
}

// settingRows are shown in these columns.
var settingRows = columns[shownSetting]{
	header: table.Row{"SETTING", "VALUE", "FROM"},
	row:    func(_ *program, s shownSetting) table.Row { return table.Row{s.Setting, s.Value, s.From} },
}

func showContextCommand(s *session) *cobra.Command {
	return &cobra.Command{
		Use:               "show",
		Short:             "Show the settings in force, and where each comes from",
		Long:              "Show the settings in force, and where each comes from. Secrets are not shown.",
		Example:           "  peering context show\n  peering context show --context staging",
		Args:              arguments(),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: s.program.action(func(context.Context, []string) error {
			cfg, err := gather(s.flags, s.getenv)
			if err != nil {
				return err
			}
			found := []shownSetting{}
			for _, known := range clientSettings {
				got, ok := cfg[known.name]
				if !ok {
					continue
				}
				if known.secret {
					got.value = "(not shown)"
				}
				found = append(found, shownSetting{Setting: known.name, Value: got.value, From: got.from})
			}
			return showAll(s.program, found, settingRows, checkedSettings(cfg))
		}),
	}
}

func checkedSettings(cfg settings) error {
	if err := checkCredentials(cfg); err != nil {
		return usageError{err}
	}
	return nil
}

// use makes a context the current one, in the file too.
func (c *configFile) use(name string) error {
	if c.context(name) == nil {
		return c.noContext(name)
	}
	text, err := c.withCurrent(name)
	if err != nil {
		return usageError{err}
	}
	if err := replaceFile(c.path, text); err != nil {
		return fmt.Errorf("change the current context: %w", err)
	}
	c.current = name
	return nil
}

// withCurrent answers the text with another current context. Only the one value changes.
func (c *configFile) withCurrent(name string) ([]byte, error) {
	written := yaml.Node{}
	if err := written.Encode(name); err != nil {
		return nil, err
	}
	value, err := yaml.Marshal(&written)
	if err != nil {
		return nil, err
	}
	value = bytes.TrimSuffix(value, []byte("\n"))
	var changed []byte
	if c.currentAt == nil {
		changed = append(append(append([]byte("current_context: "), value...), '\n'), c.text...)
	} else if changed, err = c.replaced(c.currentAt, value); err != nil {
		return nil, err
	}
	again := configFile{path: c.path, text: changed}
	if err := again.parse(); err != nil || again.current != name || !slices.EqualFunc(again.contexts, c.contexts, configContext.is) {
		return nil, c.unchangeable(name)
	}
	return changed, nil
}

// replaced answers the text with another value in place of one that stands on a line alone with its name.
func (c *configFile) replaced(node *yaml.Node, value []byte) ([]byte, error) {
	lines := bytes.SplitAfter(c.text, []byte("\n"))
	line := []rune(string(lines[node.Line-1])) // columns are letters
	start := node.Column - 1
	end := start + len([]rune(node.Value))
	if node.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
		end += len(`""`)
	}
	if end > len(line) || !strings.Contains(string(line[start:end]), node.Value) {
		return nil, c.unchangeable(string(value))
	}
	lines[node.Line-1] = []byte(string(line[:start]) + string(value) + string(line[end:]))
	return bytes.Join(lines, nil), nil
}

func (c *configFile) unchangeable(name string) error {
	return fmt.Errorf("%s: current_context is written in a way that can't be changed here; write 'current_context: %s' on a line of its own", c.path, name)
}

// replaceFile puts a file in place of another one, at once and readable by its owner only. Where the path is a link, what
// it leads to is replaced.
func replaceFile(path string, text []byte) error {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".config-*.yaml")
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err = errors.Join(err, file.Sync(), file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}
