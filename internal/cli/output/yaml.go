package output

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"

	"go.yaml.in/yaml/v3"
)

// timeLike matches texts that YAML 1.1 parsers take for timestamps.
var timeLike = regexp.MustCompile(`^\d{4}-\d\d?-\d\d?([Tt \t]|$)`)

// writeYAML writes a value as YAML, with the names and the order of its JSON.
func writeYAML(w io.Writer, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	node, err := yamlNode(decoder)
	if err != nil {
		return err
	}
	encoder := yaml.NewEncoder(w)
	encoder.SetIndent(2)
	return errors.Join(encoder.Encode(node), encoder.Close())
}

// yamlNode converts the next JSON value.
func yamlNode(d *json.Decoder) (*yaml.Node, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch token := token.(type) {
	case json.Delim:
		return yamlCollection(d, token)
	case json.Number:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: token.String()}, nil
	default:
		node := &yaml.Node{}
		// Encode quotes texts that YAML parsers take for other types, such as no.
		err := node.Encode(token)
		if text, ok := token.(string); ok && timeLike.MatchString(text) {
			node.Style = yaml.DoubleQuotedStyle
		}
		return node, err
	}
}

// yamlCollection converts the rest of a JSON object or array. Names and values
// alternate in the content of a mapping node.
func yamlCollection(d *json.Decoder, open json.Delim) (*yaml.Node, error) {
	node := &yaml.Node{Kind: yaml.SequenceNode}
	if open == '{' {
		node.Kind = yaml.MappingNode
	}
	for d.More() {
		item, err := yamlNode(d)
		if err != nil {
			return nil, err
		}
		node.Content = append(node.Content, item)
	}
	if len(node.Content) == 0 {
		node.Style = yaml.FlowStyle
	}
	if _, err := d.Token(); err != nil {
		return nil, fmt.Errorf("end of %v: %w", open, err)
	}
	return node, nil
}
