package config

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/peering/peering/internal/cli/command"
)

// Use makes a context the current one and saves the file. Nothing else in the
// file changes, comments included.
func (f *File) Use(name string) error {
	if _, err := f.Context(name); err != nil {
		return err
	}
	text, err := f.withCurrent(name)
	if err != nil {
		return command.UsageError{Err: err}
	}
	if err := replaceFile(f.path, text); err != nil {
		return fmt.Errorf("change the current context: %w", err)
	}
	f.Current = name
	return nil
}

// withCurrent returns the text with another current context.
func (f *File) withCurrent(name string) ([]byte, error) {
	encoded := yaml.Node{}
	if err := encoded.Encode(name); err != nil {
		return nil, err
	}
	value, err := yaml.Marshal(&encoded)
	if err != nil {
		return nil, err
	}
	value = bytes.TrimSuffix(value, []byte("\n"))
	var changed []byte
	if f.currentNode == nil {
		changed = append(append(append([]byte("current_context: "), value...), '\n'), f.text...)
	} else if changed, err = f.withValue(f.currentNode, value); err != nil {
		return nil, err
	}
	check := File{path: f.path, text: changed}
	if err := check.parse(); err != nil || check.Current != name || !slices.EqualFunc(check.Contexts, f.Contexts, Context.equal) {
		return nil, f.uneditable(name)
	}
	return changed, nil
}

// withValue returns the text with another value for a node that is on one line
// with its name.
func (f *File) withValue(node *yaml.Node, value []byte) ([]byte, error) {
	lines := bytes.SplitAfter(f.text, []byte("\n"))
	line := []rune(string(lines[node.Line-1])) // yaml counts columns in runes
	start := node.Column - 1
	end := start + len([]rune(node.Value))
	if node.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
		end += len(`""`)
	}
	if end > len(line) || !strings.Contains(string(line[start:end]), node.Value) {
		return nil, f.uneditable(string(value))
	}
	lines[node.Line-1] = []byte(string(line[:start]) + string(value) + string(line[end:]))
	return bytes.Join(lines, nil), nil
}

func (f *File) uneditable(name string) error {
	return fmt.Errorf("%s: current_context can't be changed automatically; write 'current_context: %s' on a line of its own", f.path, name)
}

// replaceFile replaces a file atomically by one that only its owner can read.
// It follows symbolic links.
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
