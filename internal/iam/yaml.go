package iam

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// members are the values of a mapping by their keys.
type members map[string]*yaml.Node

// membersOf answers the members of a mapping, which may have the keys that are allowed only, each of them once.
func membersOf(node *yaml.Node, allowed ...string) (members, error) {
	if node.Kind != yaml.MappingNode {
		return nil, problem(node, "not a mapping of %s", strings.Join(allowed, ", "))
	}
	m := members{}
	for i := 0; i < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		if key.Kind != yaml.ScalarNode || !slices.Contains(allowed, key.Value) {
			return nil, problem(key, "an unknown key; the keys here are %s", strings.Join(allowed, ", "))
		}
		if m[key.Value] != nil {
			return nil, problem(key, "%s stands twice", key.Value)
		}
		m[key.Value] = value
	}
	return m, nil
}

// text answers the value of a key of the mapping node as it is written: digits alone are a text, too.
func (m members) text(node *yaml.Node, key string) (string, error) {
	value := m[key]
	if value == nil {
		return "", problem(node, "%s is needed", key)
	}
	if value.Kind != yaml.ScalarNode || value.Value == "" || value.Tag == "!!null" {
		return "", problem(value, "%s is not a text", key)
	}
	return value.Value, nil
}

// eachOf calls do for each element of a list, which may be absent.
func eachOf(list *yaml.Node, do func(*yaml.Node) error) error {
	if list == nil {
		return nil
	}
	if list.Kind != yaml.SequenceNode {
		return problem(list, "not a list")
	}
	for _, element := range list.Content {
		if err := do(element); err != nil {
			return err
		}
	}
	return nil
}

// problem answers an error about what stands at a node.
func problem(node *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("line %d: "+format, append([]any{node.Line}, args...)...)
}
