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

// timeLike are texts that readers of YAML 1.1 take for times, also without a zone.
var timeLike = regexp.MustCompile(`^\d{4}-\d\d?-\d\d?([Tt \t]|$)`)

// writeYAML writes a value as YAML with the names and the order that it has as JSON.
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

// yamlNode answers the next JSON value as YAML.
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
		// It quotes texts that a reader of YAML could take for something else, such as no.
		err := node.Encode(token)
		if text, ok := token.(string); ok && timeLike.MatchString(text) {
			node.Style = yaml.DoubleQuotedStyle
		}
		return node, err
	}
}

// yamlCollection answers the rest of a JSON object or array as YAML: names and values stand one after the other.
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
