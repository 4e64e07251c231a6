package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/peering/peering/internal/cli/command"
	"github.com/peering/peering/internal/iam"
	"github.com/peering/peering/server"
)

// authFlags select how callers authenticate.
type authFlags struct {
	auth  string
	cache time.Duration
}

// authNone is the value of --auth that disables authentication.
const authNone = "none"

func (f *authFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.auth, "auth", authNone,
		"how callers authenticate: none (loopback addresses only), file:PATH or keystone:URL")
	flags.DurationVar(&f.cache, "keystone-cache", iam.MaxKeystoneCacheTTL,
		"how long a valid token is cached; the default is the maximum")
}

const authHelp = `--auth selects how callers authenticate:
  none           they do not; allowed on loopback addresses only
  file:PATH      with the tokens and access keys in a YAML file, see 'peering token --help'
  keystone:URL   with tokens of an OpenStack identity service. The service's own credentials are in
                 PEERING_KEYSTONE_USERNAME, PEERING_KEYSTONE_PASSWORD, PEERING_KEYSTONE_PROJECT_NAME,
                 PEERING_KEYSTONE_USER_DOMAIN_NAME and PEERING_KEYSTONE_PROJECT_DOMAIN_NAME (default "Default" for both)`

// open returns the authenticator that the flags select and a function that
// closes it.
func (f *authFlags) open(ctx context.Context, getenv func(string) string, log *slog.Logger) (server.Authenticator, func() error, error) {
	noClose := func() error { return nil }
	method, target, _ := strings.Cut(f.auth, ":")
	switch {
	case f.auth == authNone:
		return iam.NoAuth{}, noClose, nil
	case method == "file" && target != "":
		file, err := iam.OpenFile(target, time.Now, log)
		if err != nil {
			return nil, nil, fmt.Errorf("--auth: %w", err)
		}
		return file, file.Close, nil
	case method == "keystone":
		config, err := f.keystone(target, getenv)
		if err != nil {
			return nil, nil, err
		}
		config.Log, config.Now = log, time.Now
		keystone, err := iam.NewKeystone(ctx, config)
		if err != nil {
			// The text only: the command line takes a url.Error for an unreachable
			// peering service.
			return nil, nil, errors.New("--auth: " + err.Error())
		}
		return keystone, noClose, nil
	default:
		return nil, nil, command.Usagef("--auth must be none, file:PATH or keystone:URL, got %q", f.auth)
	}
}

// keystone returns the URL of Keystone and the service's own credentials, or a
// usage error. The error does not repeat the URL, which may hold a password.
func (f *authFlags) keystone(target string, getenv func(string) string) (iam.KeystoneConfig, error) {
	config := iam.KeystoneConfig{URL: target, CacheTTL: f.cache}
	u, err := url.Parse(target)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return config, command.Usagef("--auth keystone: needs a URL without a user, such as keystone:https://keystone.example.com:5000")
	}
	if f.cache <= 0 || f.cache > iam.MaxKeystoneCacheTTL {
		return config, command.Usagef("--keystone-cache must be positive and at most %s, got %s", iam.MaxKeystoneCacheTTL, f.cache)
	}
	for _, v := range []struct {
		name     string
		value    *string
		required bool
	}{
		{"USERNAME", &config.Username, true},
		{"PASSWORD", &config.Password, true},
		{"PROJECT_NAME", &config.ProjectName, true},
		{"USER_DOMAIN_NAME", &config.UserDomainName, false},
		{"PROJECT_DOMAIN_NAME", &config.ProjectDomainName, false},
	} {
		name := "PEERING_KEYSTONE_" + v.name
		if *v.value = getenv(name); *v.value == "" && v.required {
			return config, command.Usagef("--auth keystone: set %s in the environment; the service needs credentials of its own", name)
		}
	}
	return config, nil
}

// allows returns a usage error if the API must not listen at an address, given
// as --listen. It logs a warning if credentials would cross the network in plain
// text.
func (f *authFlags) allows(address net.Addr, listen string, withTLS bool, log *slog.Logger) error {
	if tcp, ok := address.(*net.TCPAddr); ok && tcp.IP.IsLoopback() {
		return nil
	}
	if f.auth == authNone {
		return command.Usagef(
			"--listen %s must be a loopback address such as 127.0.0.1:8080: with --auth none every client can act for any tenant", listen)
	}
	if withTLS {
		return nil
	}
	log.Warn("credentials are sent to this address in plain text; set --tls-cert or put a TLS proxy in front",
		"listen", address.String())
	return nil
}

// header returns the header that authenticates a caller, for a shell; "" without
// authentication.
func (f *authFlags) header() string {
	if f.auth == authNone {
		return ""
	}
	return "X-Auth-Token: $PEERING_TOKEN"
}
