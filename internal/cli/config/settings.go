// Package config gathers the settings of the commands that call a service from
// flags, the environment and the contexts of a configuration file.
package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/peering/peering/client"
)

// Help explains in a command's help where settings come from.
const Help = `Commands that call a service take each setting from its flag, else from the environment (PEERING_ENDPOINT for
--endpoint, and so on), else from the current context of $XDG_CONFIG_HOME/peering/config.yaml or
~/.config/peering/config.yaml:

  current_context: staging
  contexts:
    staging:
      endpoint: https://peering.example.com
      project: 4f30b9215e054c908d18f2b150131646
      token_file: staging.token    # relative to this file; use 'token: …' only if no other user can read the file

--context selects another context, which then takes precedence over the environment. Callers authenticate with a token or
with an access key and a secret key; all credentials come from the same place. Other users of the machine can read command
lines, and shells keep them, so prefer --token-file to --token ('-' reads standard input).`

// A Setting is one that commands which call a service take. Its name in a
// context is Name; see Flag and Variable for the others.
type Setting struct {
	Name, usage string
	// Secret values are never shown.
	Secret bool
	// File values are paths, in a context relative to the configuration file.
	File bool
	// credential settings are taken together from one place.
	credential bool
}

// The names of the settings.
const (
	Endpoint      = "endpoint"
	Project       = "project"
	Token         = "token"
	TokenFile     = "token_file"
	AccessKey     = "access_key"
	SecretKey     = "secret_key"
	SecretKeyFile = "secret_key_file"
	CACert        = "cacert"
	Cert          = "cert"
	Key           = "key"
)

// All lists the settings in the order in which they are shown.
var All = []Setting{
	{Name: Endpoint, usage: "URL of the service (default " + client.DefaultEndpoint + ")"},
	{Name: Project, usage: "project ID of the caller; optional with credentials, except for clusters"},
	{Name: Token, usage: "token of the caller; prefer --token-file, as other users can read command lines", Secret: true, credential: true},
	{Name: TokenFile, usage: "file that holds only the token; - reads standard input", credential: true, File: true},
	{Name: AccessKey, usage: "access key of the caller", credential: true},
	{Name: SecretKey, usage: "secret key; prefer --secret-key-file, as other users can read command lines", Secret: true, credential: true},
	{Name: SecretKeyFile, usage: "file that holds only the secret key; - reads standard input", credential: true, File: true},
	{Name: CACert, usage: "PEM file of the CA of the service's certificate (default the system's CAs)", File: true},
	{Name: Cert, usage: "PEM file of the client certificate", File: true},
	{Name: Key, usage: "PEM file of the client certificate's key", File: true},
}

// Flag returns the name of the setting's flag.
func (s Setting) Flag() string {
	return strings.ReplaceAll(s.Name, "_", "-")
}

// Variable returns the name of the setting's environment variable.
func (s Setting) Variable() string {
	return "PEERING_" + strings.ToUpper(s.Name)
}

func isSetting(name string) bool {
	return slices.ContainsFunc(All, func(s Setting) bool { return s.Name == name })
}

func settingNames() string {
	names := make([]string, len(All))
	for i, s := range All {
		names[i] = s.Name
	}
	return strings.Join(names, ", ")
}

// Value is the value of a setting and its origin, such as "--endpoint",
// "PEERING_ENDPOINT" or "context staging of config.yaml".
type Value struct {
	Text, From string
}

// Settings holds the settings that have a value, by name.
type Settings map[string]Value

// Text returns the value of a setting, "" without one.
func (s Settings) Text(name string) string {
	return s[name].Text
}

// source returns the value that one place has for a setting.
type source func(Setting) Value

// Register adds a flag for each setting and the flag --context.
func Register(flags *pflag.FlagSet) {
	for _, s := range All {
		flags.String(s.Flag(), "", s.usage+" ("+s.Variable()+")")
	}
	flags.String("context", "", "context of the configuration file (PEERING_CONTEXT; default its current_context)")
}

// Gather returns the settings in force: flags take precedence over the
// environment, and the environment over the configuration file. Its errors are
// usage errors that name the place.
func Gather(flags *pflag.FlagSet, getenv func(string) string) (Settings, error) {
	context, byFlag := selectedContext(flags, getenv)
	fromContext, err := contextSource(context, getenv)
	if err != nil {
		return nil, err
	}
	sources := []source{
		func(s Setting) Value { return Value{flags.Lookup(s.Flag()).Value.String(), "--" + s.Flag()} },
		func(s Setting) Value { return Value{getenv(s.Variable()), s.Variable()} },
		fromContext,
	}
	if byFlag {
		sources[1], sources[2] = sources[2], sources[1]
	}
	return merge(sources), nil
}

// selectedContext returns the context that the command line or the environment
// selects, and reports whether a flag does.
func selectedContext(flags *pflag.FlagSet, getenv func(string) string) (name string, byFlag bool) {
	if name := flags.Lookup("context").Value.String(); name != "" {
		return name, true
	}
	return getenv("PEERING_CONTEXT"), false
}

// merge takes each setting from the first source that has it, and all
// credentials from the first source that has any.
func merge(sources []source) Settings {
	merged := Settings{}
	for _, from := range sources {
		hasCredentials := slices.ContainsFunc(All, func(s Setting) bool { return s.credential && merged.Text(s.Name) != "" })
		for _, s := range All {
			if s.credential && hasCredentials || merged.Text(s.Name) != "" {
				continue
			}
			if found := from(s); found.Text != "" {
				merged[s.Name] = found
			}
		}
	}
	if merged.Text(Endpoint) == "" {
		merged[Endpoint] = Value{client.DefaultEndpoint, "default"}
	}
	return merged
}

// contextSource returns the settings of a context, the current one without a
// name.
func contextSource(name string, getenv func(string) string) (source, error) {
	file, err := Read(getenv)
	if err != nil {
		return nil, err
	}
	if name == "" {
		if err := file.CheckCurrent(); err != nil {
			return nil, err
		}
		name = file.Current
	}
	if name == "" {
		return func(Setting) Value { return Value{} }, nil
	}
	context, err := file.Context(name)
	if err != nil {
		return nil, err
	}
	from := fmt.Sprintf("context %s of %s", name, file.path)
	return func(s Setting) Value { return Value{file.resolve(s, context.Settings[s.Name]), from} }, nil
}
