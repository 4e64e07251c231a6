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

// authFlags say how callers are known.
type authFlags struct {
	auth  string
	cache time.Duration
}

// authNone is the --auth that believes every caller.
const authNone = "none"

func (f *authFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.auth, "auth", authNone,
		"how callers are known: none believes them, on a loopback address only; file:PATH; keystone:URL")
	flags.DurationVar(&f.cache, "keystone-cache", iam.MaxKeystoneCacheTTL,
		"how long a token is believed before Keystone is asked again; the default is the maximum")
}

const authHelp = `Callers are known by --auth:
  none           whoever calls is believed, which is allowed on loopback addresses only
  file:PATH      by the tokens and access keys that a YAML file lists, see 'peering token --help'
  keystone:URL   by tokens of the OpenStack identity service there. The service's own credentials are in
                 PEERING_KEYSTONE_USERNAME, PEERING_KEYSTONE_PASSWORD, PEERING_KEYSTONE_PROJECT_NAME,
                 PEERING_KEYSTONE_USER_DOMAIN_NAME and PEERING_KEYSTONE_PROJECT_DOMAIN_NAME (both Default by default)`

// open answers what knows callers as the flags say, and what ends it.
func (f *authFlags) open(ctx context.Context, getenv func(string) string, log *slog.Logger) (server.Authenticator, func() error, error) {
	nothing := func() error { return nil }
	way, where, _ := strings.Cut(f.auth, ":")
	switch {
	case f.auth == authNone:
		return iam.NoAuth{}, nothing, nil
	case way == "file" && where != "":
		file, err := iam.OpenFile(where, time.Now, log)
		if err != nil {
			return nil, nil, fmt.Errorf("--auth: %w", err)
		}
		return file, file.Close, nil
	case way == "keystone":
		config, err := f.keystone(where, getenv)
		if err != nil {
			return nil, nil, err
		}
		config.Log, config.Now = log, time.Now
		keystone, err := iam.NewKeystone(ctx, config)
		if err != nil {
			// Its text alone: a cause of type url.Error is taken for a service that does not answer its client.
			return nil, nil, errors.New("--auth: " + err.Error())
		}
		return keystone, nothing, nil
	default:
		return nil, nil, command.Usagef("--auth %q is not none, file:PATH or keystone:URL", f.auth)
	}
}

// keystone answers where Keystone is and as whom to ask it, or what is wrong with that. The URL is not repeated: a password
// may have got into it.
func (f *authFlags) keystone(where string, getenv func(string) string) (iam.KeystoneConfig, error) {
	config := iam.KeystoneConfig{URL: where, CacheTTL: f.cache}
	u, err := url.Parse(where)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return config, command.UsageError{Err: errors.New("--auth keystone: needs a URL such as keystone:https://keystone.example.com:5000, without a user")}
	}
	if f.cache <= 0 || f.cache > iam.MaxKeystoneCacheTTL {
		return config, command.Usagef("--keystone-cache %s is not more than 0 and at most %s", f.cache, iam.MaxKeystoneCacheTTL)
	}
	for _, v := range []struct {
		name   string
		value  *string
		needed bool
	}{
		{"USERNAME", &config.Username, true},
		{"PASSWORD", &config.Password, true},
		{"PROJECT_NAME", &config.ProjectName, true},
		{"USER_DOMAIN_NAME", &config.UserDomainName, false},
		{"PROJECT_DOMAIN_NAME", &config.ProjectDomainName, false},
	} {
		name := "PEERING_KEYSTONE_" + v.name
		if *v.value = getenv(name); *v.value == "" && v.needed {
			return config, command.Usagef("--auth keystone: needs credentials of the service's own; put them into the environment, here %s", name)
		}
	}
	return config, nil
}

// allows answers why the API must not listen at an address, which --listen asks for, or nil. It warns of one at which credentials can be overheard.
func (f *authFlags) allows(address net.Addr, listen string, encrypted bool, log *slog.Logger) error {
	if tcp, ok := address.(*net.TCPAddr); ok && tcp.IP.IsLoopback() {
		return nil
	}
	if f.auth == authNone {
		return command.Usagef(
			"--listen %s is not a loopback address such as 127.0.0.1:8080; with --auth none anybody who reaches it could act for any tenant", listen)
	}
	if encrypted {
		return nil
	}
	log.Warn("credentials come to this address over plain HTTP; whoever is on the way can read and use them, unless --tls-cert or a proxy encrypts it",
		"listen", address.String())
	return nil
}

// header is one by which the service knows the caller, as a shell writes it; empty where it needs none.
func (f *authFlags) header() string {
	if f.auth == authNone {
		return ""
	}
	return "X-Auth-Token: $PEERING_TOKEN"
}
