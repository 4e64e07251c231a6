package main

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/peering/peering/client"
)

// settingsHelp says where the settings of the client commands come from.
const settingsHelp = `The commands that call a service take each setting from its flag, else from the environment (PEERING_ENDPOINT for
--endpoint, and so on), else from the current context of $XDG_CONFIG_HOME/peering/config.yaml or
~/.config/peering/config.yaml:

  current_context: staging
  contexts:
    staging:
      endpoint: https://peering.example.com
      project: 4f30b9215e054c908d18f2b150131646
      token_file: staging.token    # beside this file; 'token: …' only in a file that nobody else can open

--context names another context, which then stands above the environment. A caller is known by a token or by an access key
with a secret key; they are taken together from one of these places. Command lines can be read by others on the same
machine and stay in histories, so secrets are better given by --token-file, which takes '-' for standard input.`

// clientSetting is a setting of the commands that call a service. Its name is that in a context; that of its flag has dashes, and
// that of its variable is in capitals and starts with PEERING_.
type clientSetting struct {
	name, usage string
	// secret values are never shown.
	secret bool
	// credential settings are taken together from one place.
	credential bool
	// file settings are paths, in a context relative to the file.
	file bool
}

// The names of the settings.
const (
	settingEndpoint      = "endpoint"
	settingProject       = "project"
	settingToken         = "token"
	settingTokenFile     = "token_file"
	settingAccessKey     = "access_key"
	settingSecretKey     = "secret_key"
	settingSecretKeyFile = "secret_key_file"
	settingCACert        = "cacert"
	settingCert          = "cert"
	settingKey           = "key"
)

var clientSettings = []clientSetting{
	{name: settingEndpoint, usage: "URL of the service (default " + client.DefaultEndpoint + ")"},
	{name: settingProject, usage: "id of the project that calls; not needed beside credentials, but for clusters"},
	{name: settingToken, usage: "token of the caller; others can read a command line, so rather use --token-file", secret: true, credential: true},
	{name: settingTokenFile, usage: "file with the token alone; - is standard input", credential: true, file: true},
	{name: settingAccessKey, usage: "access key of the caller", credential: true},
	{name: settingSecretKey, usage: "its secret key; others can read a command line, so rather use --secret-key-file", secret: true, credential: true},
	{name: settingSecretKeyFile, usage: "file with the secret key alone; - is standard input", credential: true, file: true},
	{name: settingCACert, usage: "PEM file of the CA that signs the service's certificate (default the system's CAs)", file: true},
	{name: settingCert, usage: "PEM file of the certificate to show to the service", file: true},
	{name: settingKey, usage: "PEM file of its key", file: true},
}

func (s clientSetting) flag() string {
	return strings.ReplaceAll(s.name, "_", "-")
}

func (s clientSetting) variable() string {
	return "PEERING_" + strings.ToUpper(s.name)
}

func settingNames() string {
	names := make([]string, len(clientSettings))
	for i, s := range clientSettings {
		names[i] = s.name
	}
	return strings.Join(names, ", ")
}

// setting is a value and where it comes from.
type setting struct {
	value, from string
}

// settings are all settings that have a value, by their names.
type settings map[string]setting

func (s settings) value(name string) string {
	return s[name].value
}

// layer is one place that settings come from.
type layer func(clientSetting) setting

// registerSettings adds a flag for each setting, and that of the context.
func registerSettings(flags *pflag.FlagSet) {
	for _, s := range clientSettings {
		flags.String(s.flag(), "", s.usage+" ("+s.variable()+")")
	}
	flags.String("context", "", "context of the configuration file (PEERING_CONTEXT; default its current_context)")
}

// gather answers the settings: flags over environment over the configuration file.
func gather(flags *pflag.FlagSet, getenv func(string) string) (settings, error) {
	named, byFlag := chosenContext(flags, getenv)
	fromContext, err := contextLayer(named, getenv)
	if err != nil {
		return nil, err
	}
	layers := []layer{
		func(s clientSetting) setting { return setting{flags.Lookup(s.flag()).Value.String(), "--" + s.flag()} },
		func(s clientSetting) setting { return setting{getenv(s.variable()), s.variable()} },
		fromContext,
	}
	if byFlag {
		layers[1], layers[2] = layers[2], layers[1]
	}
	return merge(layers), nil
}

// chosenContext answers the context that the command line or the environment names, and whether it is a flag that does.
func chosenContext(flags *pflag.FlagSet, getenv func(string) string) (name string, byFlag bool) {
	if name := flags.Lookup("context").Value.String(); name != "" {
		return name, true
	}
	return getenv("PEERING_CONTEXT"), false
}

// merge takes each setting from the first layer that has it, and the credentials together from the first that has any.
func merge(layers []layer) settings {
	merged := settings{}
	for _, from := range layers {
		layered := settings{}
		for _, s := range clientSettings {
			if found := from(s); found.value != "" {
				layered[s.name] = found
			}
		}
		known := slices.ContainsFunc(clientSettings, func(s clientSetting) bool { return s.credential && merged.value(s.name) != "" })
		for _, s := range clientSettings {
			if s.credential && known {
				continue
			}
			if found, ok := layered[s.name]; ok && merged.value(s.name) == "" {
				merged[s.name] = found
			}
		}
	}
	if merged.value(settingEndpoint) == "" {
		merged[settingEndpoint] = setting{client.DefaultEndpoint, "default"}
	}
	return merged
}

// contextLayer answers what a context says; without a name it is the current one.
func contextLayer(named string, getenv func(string) string) (layer, error) {
	config, err := readConfig(getenv)
	if err != nil {
		return nil, err
	}
	if named == "" {
		if err := config.checkCurrent(); err != nil {
			return nil, err
		}
	}
	name := cmp.Or(named, config.current)
	if name == "" {
		return func(clientSetting) setting { return setting{} }, nil
	}
	context := config.context(name)
	if context == nil {
		return nil, config.noContext(name)
	}
	from := fmt.Sprintf("context %s of %s", name, config.path)
	return func(s clientSetting) setting {
		value := context.values[s.name]
		if s.file && value != "" && !filepath.IsAbs(value) {
			value = filepath.Join(filepath.Dir(config.path), value)
		}
		return setting{value, from}
	}, nil
}

// noContext is the error for a context that there is not.
func (c *configFile) noContext(name string) error {
	if c.text == nil {
		return usageError{fmt.Errorf("there is no context %q: there is no file %s", name, cmp.Or(c.path, "config.yaml, as HOME is not set"))}
	}
	return usageError{fmt.Errorf("there is no context %q in %s; %s", name, c.path, c.known())}
}
