package config

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/peering/peering/internal/cli/command"
)

// maxFile is the maximum length of a configuration file in bytes.
const maxFile = 1 << 20

// File is a configuration file. A file that does not exist is empty.
type File struct {
	// Current is the name of the current context, "" without one.
	Current  string
	Contexts []Context

	path string
	text []byte
	// currentNode is the value of current_context, nil without one.
	currentNode *yaml.Node
}

// Context is a named set of settings.
type Context struct {
	Name string
	// Settings are the values by the settings' names.
	Settings map[string]string
}

func (c Context) equal(other Context) bool {
	return c.Name == other.Name && maps.Equal(c.Settings, other.Settings)
}

// path returns the path of the configuration file, "" when the environment
// does not define one.
func path(getenv func(string) string) string {
	// The XDG Base Directory Specification ignores relative paths.
	if dir := getenv("XDG_CONFIG_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "peering", "config.yaml")
	}
	if home := cmp.Or(getenv("HOME"), getenv("USERPROFILE")); home != "" {
		return filepath.Join(home, ".config", "peering", "config.yaml")
	}
	return ""
}

// Read reads the configuration file. Its errors are usage errors that name the
// file, the line and what to do. A file that holds secrets and that other users
// can read is refused.
func Read(getenv func(string) string) (*File, error) {
	f := &File{path: path(getenv)}
	if f.path == "" {
		return f, nil
	}
	info, err := os.Stat(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return f, nil
	}
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s: not a regular file", f.path)
	}
	if err != nil {
		return nil, command.UsageError{Err: err}
	}
	if f.text, err = readUpTo(f.path, maxFile); err != nil {
		return nil, command.UsageError{Err: err}
	}
	if err := f.parse(); err != nil {
		return nil, command.UsageError{Err: err}
	}
	if f.holdsSecrets() && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, command.Usagef("%s: the file holds secrets, but other users can read it (mode %04o); run 'chmod 600 %s'",
			f.path, info.Mode().Perm(), f.path)
	}
	return f, nil
}

func readUpTo(path string, limit int64) (text []byte, err error) {
	file, err := os.Open(path) //nolint:gosec // the user names the file
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

// CheckCurrent returns a usage error if the file lacks its current context.
func (f *File) CheckCurrent() error {
	if f.Current == "" || f.find(f.Current) != nil {
		return nil
	}
	return command.UsageError{Err: f.errorAt(f.currentNode,
		"there is no context %q; %s; 'peering context use NAME' selects another one", f.Current, f.contextNames())}
}

// Context returns the context of a name, or a usage error.
func (f *File) Context(name string) (*Context, error) {
	if found := f.find(name); found != nil {
		return found, nil
	}
	if f.text == nil {
		return nil, command.Usagef("there is no context %q: %s does not exist", name, cmp.Or(f.path, "config.yaml (HOME is not set)"))
	}
	return nil, command.Usagef("there is no context %q in %s; %s", name, f.path, f.contextNames())
}

func (f *File) find(name string) *Context {
	i := slices.IndexFunc(f.Contexts, func(c Context) bool { return c.Name == name })
	if i < 0 {
		return nil
	}
	return &f.Contexts[i]
}

func (f *File) contextNames() string {
	if len(f.Contexts) == 0 {
		return "it defines none"
	}
	names := make([]string, len(f.Contexts))
	for i, c := range f.Contexts {
		names[i] = c.Name
	}
	return "it defines " + strings.Join(names, ", ")
}

func (f *File) holdsSecrets() bool {
	return slices.ContainsFunc(f.Contexts, func(c Context) bool {
		return slices.ContainsFunc(All, func(s Setting) bool { return s.Secret && c.Settings[s.Name] != "" })
	})
}

// resolve returns the value of a setting in a context; relative paths are
// relative to the configuration file.
func (f *File) resolve(s Setting, value string) string {
	if s.File && value != "" && !filepath.IsAbs(value) {
		return filepath.Join(filepath.Dir(f.path), value)
	}
	return value
}
