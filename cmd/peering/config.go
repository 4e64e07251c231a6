package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/peering/peering/client"
)

// maxConfig is how long a configuration file may be, in bytes.
const maxConfig = 1 << 20

// configFile is what the configuration file says. One that is not there says nothing.
type configFile struct {
	path     string
	text     []byte
	current  string
	contexts []configContext
	// currentAt is where the name of the current context stands; nil where it stands nowhere.
	currentAt *yaml.Node
}

// configContext is a named set of settings.
type configContext struct {
	name   string
	values map[string]string
}

func (c configContext) is(other configContext) bool {
	return c.name == other.name && maps.Equal(c.values, other.values)
}

// configPath answers where the configuration file is; empty where the environment says nothing of it.
func configPath(getenv func(string) string) string {
	// The specification of XDG_CONFIG_HOME has relative paths ignored.
	if dir := getenv("XDG_CONFIG_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "peering", "config.yaml")
	}
	if home := cmp.Or(getenv("HOME"), getenv("USERPROFILE")); home != "" {
		return filepath.Join(home, ".config", "peering", "config.yaml")
	}
	return ""
}

// readConfig reads the configuration file. Its errors name the file, the line and what to do.
func readConfig(getenv func(string) string) (*configFile, error) {
	c := &configFile{path: configPath(getenv)}
	if c.path == "" {
		return c, nil
	}
	info, err := os.Stat(c.path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s: not a regular file", c.path)
	}
	if err != nil {
		return nil, usageError{err}
	}
	if c.text, err = readUpTo(c.path, maxConfig); err != nil {
		return nil, usageError{err}
	}
	if err := c.parse(); err != nil {
		return nil, usageError{err}
	}
	if c.holdsSecrets() && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, usageError{fmt.Errorf("%s: it holds secrets, but others than its owner may open it (mode %04o); 'chmod 600 %s' mends that",
			c.path, info.Mode().Perm(), c.path)}
	}
	return c, nil
}

func readUpTo(path string, limit int64) (text []byte, err error) {
	file, err := os.Open(path) //nolint:gosec // whoever runs the program names the file
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	text, err = io.ReadAll(io.LimitReader(file, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = fmt.Errorf("%s: longer than %d bytes", path, limit)
	}
	return text, err
}

// parse reads the text. It is stricter than a decoder, and knows the line of what it refuses.
func (c *configFile) parse() error {
	var document yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(c.text))
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
		return nil
	} else if err != nil {
		return c.syntaxError(err)
	}
	if err := decoder.Decode(&yaml.Node{}); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: more than one YAML document; keep the first", c.path)
	}
	members, err := c.members(document.Content[0], "the file")
	if err != nil {
		return err
	}
	for _, m := range members {
		switch m.name {
		case "current_context":
			if c.current, err = c.scalar(m); err != nil {
				return err
			}
			c.currentAt = m.value
		case "contexts":
			if err := c.parseContexts(m.value); err != nil {
				return err
			}
		default:
			return c.at(m.key, "%q is not known; the file has current_context and contexts", m.name)
		}
	}
	return nil
}

// checkCurrent answers an error where the file names a current context that it does not have.
func (c *configFile) checkCurrent() error {
	if c.current == "" || c.context(c.current) != nil {
		return nil
	}
	return usageError{c.at(c.currentAt, "there is no context %q, %s; 'peering context use NAME' takes another", c.current, c.known())}
}

func (c *configFile) parseContexts(node *yaml.Node) error {
	named, err := c.members(node, "contexts")
	if err != nil {
		return err
	}
	for _, m := range named {
		settings, err := c.members(m.value, "the context "+m.name)
		if err != nil {
			return err
		}
		read := configContext{name: m.name, values: map[string]string{}}
		for _, s := range settings {
			if !slices.ContainsFunc(clientSettings, func(known clientSetting) bool { return known.name == s.name }) {
				return c.at(s.key, "%q is not a setting of a context; there are %s", s.name, settingNames())
			}
			text, err := c.scalar(s)
			if err != nil {
				return err
			}
			read.values[s.name] = text
		}
		c.contexts = append(c.contexts, read)
	}
	return nil
}

// entry is a name and its value in a mapping.
type entry struct {
	name       string
	key, value *yaml.Node
}

// members answers what a mapping holds; nothing is an empty one.
func (c *configFile) members(node *yaml.Node, what string) ([]entry, error) {
	node = behind(node)
	if node.Kind == yaml.ScalarNode && node.Tag == "!!null" {
		return nil, nil
	}
	if node.Kind != yaml.MappingNode {
		return nil, c.at(node, "%s has to be names with values, such as 'endpoint: %s'", what, client.DefaultEndpoint)
	}
	var found []entry
	for pair := range slices.Chunk(node.Content, 2) {
		m := entry{name: pair[0].Value, key: pair[0], value: pair[1]}
		if pair[0].Kind != yaml.ScalarNode {
			return nil, c.at(pair[0], "%s has something that is no name", what)
		}
		if slices.ContainsFunc(found, func(other entry) bool { return other.name == m.name }) {
			return nil, c.at(m.key, "%q stands twice in %s; keep one", m.name, what)
		}
		found = append(found, m)
	}
	return found, nil
}

// scalar answers the one text that a name has.
func (c *configFile) scalar(m entry) (string, error) {
	value := behind(m.value)
	if value.Kind != yaml.ScalarNode || value.Tag == "!!null" || value.Value == "" {
		return "", c.at(m.value, "%q has to have one text; write one, or take the line out", m.name)
	}
	return value.Value, nil
}

// behind answers what an alias stands for.
func behind(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}

func (c *configFile) at(node *yaml.Node, how string, args ...any) error {
	return fmt.Errorf("%s:%d: %w", c.path, node.Line, fmt.Errorf(how, args...))
}

var syntaxLine = regexp.MustCompile(`^yaml: line (\d+): `)

// syntaxError names the file and the line as the other errors do.
func (c *configFile) syntaxError(err error) error {
	if found := syntaxLine.FindStringSubmatch(err.Error()); found != nil {
		return fmt.Errorf("%s:%s: not YAML: %s", c.path, found[1], err.Error()[len(found[0]):])
	}
	return fmt.Errorf("%s: not YAML: %s", c.path, strings.TrimPrefix(err.Error(), "yaml: "))
}

// context answers the context of a name, or nil.
func (c *configFile) context(name string) *configContext {
	i := slices.IndexFunc(c.contexts, func(known configContext) bool { return known.name == name })
	if i < 0 {
		return nil
	}
	return &c.contexts[i]
}

// known says which contexts there are.
func (c *configFile) known() string {
	if len(c.contexts) == 0 {
		return "there are none"
	}
	names := make([]string, len(c.contexts))
	for i, known := range c.contexts {
		names[i] = known.name
	}
	return "there are " + strings.Join(names, ", ")
}

func (c *configFile) holdsSecrets() bool {
	return slices.ContainsFunc(c.contexts, func(known configContext) bool {
		return slices.ContainsFunc(clientSettings, func(s clientSetting) bool { return s.secret && known.values[s.name] != "" })
	})
}
