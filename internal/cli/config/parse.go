package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/peering/peering/client"
)

// parse reads the text. Unlike a decoder it refuses unknown and duplicate
// names, and its errors have the line.
func (f *File) parse() error {
	var document yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(f.text))
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
		return nil
	} else if err != nil {
		return f.syntaxError(err)
	}
	if err := decoder.Decode(&yaml.Node{}); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: more than one YAML document; keep the first", f.path)
	}
	members, err := f.members(document.Content[0], "the file")
	if err != nil {
		return err
	}
	for _, m := range members {
		switch m.name {
		case "current_context":
			if f.Current, err = f.scalar(m); err != nil {
				return err
			}
			f.currentNode = m.value
		case "contexts":
			if err := f.parseContexts(m.value); err != nil {
				return err
			}
		default:
			return f.errorAt(m.key, "unknown name %q; the file may have current_context and contexts", m.name)
		}
	}
	return nil
}

func (f *File) parseContexts(node *yaml.Node) error {
	contexts, err := f.members(node, "contexts")
	if err != nil {
		return err
	}
	for _, m := range contexts {
		settings, err := f.members(m.value, "context "+m.name)
		if err != nil {
			return err
		}
		parsed := Context{Name: m.name, Settings: map[string]string{}}
		for _, s := range settings {
			if !isSetting(s.name) {
				return f.errorAt(s.key, "unknown setting %q; the settings of a context are %s", s.name, settingNames())
			}
			if parsed.Settings[s.name], err = f.scalar(s); err != nil {
				return err
			}
		}
		f.Contexts = append(f.Contexts, parsed)
	}
	return nil
}

// member is a name and its value in a mapping.
type member struct {
	name       string
	key, value *yaml.Node
}

// members returns the members of a mapping; null is an empty one.
func (f *File) members(node *yaml.Node, what string) ([]member, error) {
	node = dereference(node)
	if node.Kind == yaml.ScalarNode && node.Tag == "!!null" {
		return nil, nil
	}
	if node.Kind != yaml.MappingNode {
		return nil, f.errorAt(node, "%s must be a mapping, such as 'endpoint: %s'", what, client.DefaultEndpoint)
	}
	var found []member
	for pair := range slices.Chunk(node.Content, 2) {
		m := member{name: pair[0].Value, key: pair[0], value: pair[1]}
		if pair[0].Kind != yaml.ScalarNode {
			return nil, f.errorAt(pair[0], "a name in %s is not a text", what)
		}
		if slices.ContainsFunc(found, func(other member) bool { return other.name == m.name }) {
			return nil, f.errorAt(m.key, "duplicate name %q in %s; keep one", m.name, what)
		}
		found = append(found, m)
	}
	return found, nil
}

// scalar returns the text of a member.
func (f *File) scalar(m member) (string, error) {
	value := dereference(m.value)
	if value.Kind != yaml.ScalarNode || value.Tag == "!!null" || value.Value == "" {
		return "", f.errorAt(m.value, "%q must be a non-empty text; set it or remove the line", m.name)
	}
	return value.Value, nil
}

// dereference returns the node that an alias refers to.
func dereference(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}

func (f *File) errorAt(node *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %w", f.path, node.Line, fmt.Errorf(format, args...))
}

var syntaxLine = regexp.MustCompile(`^yaml: line (\d+): `)

// syntaxError names the file and the line in the form of errorAt.
func (f *File) syntaxError(err error) error {
	if found := syntaxLine.FindStringSubmatch(err.Error()); found != nil {
		return fmt.Errorf("%s:%s: invalid YAML: %s", f.path, found[1], err.Error()[len(found[0]):])
	}
	return fmt.Errorf("%s: invalid YAML: %s", f.path, strings.TrimPrefix(err.Error(), "yaml: "))
}
