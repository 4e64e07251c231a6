package iam

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A mapping holds the values of a YAML mapping by key.
type mapping map[string]*yaml.Node

// decodeMapping returns the values of a mapping. It rejects duplicate keys and
// keys that are not allowed.
func decodeMapping(node *yaml.Node, allowed ...string) (mapping, error) {
	if node.Kind != yaml.MappingNode {
		return nil, errorAt(node, "not a mapping of %s", strings.Join(allowed, ", "))
	}
	m := mapping{}
	for i := 0; i < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		if key.Kind != yaml.ScalarNode || !slices.Contains(allowed, key.Value) {
			return nil, errorAt(key, "unknown key; allowed are %s", strings.Join(allowed, ", "))
		}
		if m[key.Value] != nil {
			return nil, errorAt(key, "%s is set twice", key.Value)
		}
		m[key.Value] = value
	}
	return m, nil
}

// text returns the value of a required key of the mapping at node as written,
// so a string of digits needs no quotes.
func (m mapping) text(node *yaml.Node, key string) (string, error) {
	value := m[key]
	if value == nil {
		return "", errorAt(node, "%s is required", key)
	}
	if value.Kind != yaml.ScalarNode || value.Value == "" || value.Tag == "!!null" {
		return "", errorAt(value, "%s must be a non-empty string", key)
	}
	return value.Value, nil
}

// forEach calls do for each element of a list, which may be nil.
func forEach(list *yaml.Node, do func(*yaml.Node) error) error {
	if list == nil {
		return nil
	}
	if list.Kind != yaml.SequenceNode {
		return errorAt(list, "not a list")
	}
	for _, element := range list.Content {
		if err := do(element); err != nil {
			return err
		}
	}
	return nil
}

// errorAt returns an error that gives the line of a node.
func errorAt(node *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("line %d: "+format, append([]any{node.Line}, args...)...)
}
