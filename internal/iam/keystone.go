package iam

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack"
	"github.com/gophercloud/gophercloud/v2/openstack/identity/v3/tokens"
	"golang.org/x/sync/singleflight"

	"github.com/peering/peering/internal/peering"
)

const (
	// MaxKeystoneCache is how long a token may be believed without asking Keystone again, at most and by default.
	MaxKeystoneCache = time.Minute
	// DefaultKeystoneTimeout is how long Keystone has for an answer.
	DefaultKeystoneTimeout = 3 * time.Second
)

// KeystoneConfig says where Keystone is and as whom the service asks it. The service has either a user with a password and a
// project, or an application credential; it needs the role service or admin, or whichever other Keystone's policy lets
// validate the tokens of others.
type KeystoneConfig struct {
	// URL is that of the identity service, with or without /v3 at its end.
	URL string

	Username, Password string
	// ProjectName is the project of the service itself.
	ProjectName string
	// UserDomainName and ProjectDomainName are Default where they are empty.
	UserDomainName, ProjectDomainName string

	ApplicationCredentialID, ApplicationCredentialSecret string

	// Roles says what the roles of Keystone allow here; all others allow nothing. By default admin, manager and member are
	// Admin, and reader is Reader.
	Roles map[string]peering.Role
	// Cache is how long a token that Keystone knew is believed, and so how long one that was revoked goes on to be. It is
	// MaxKeystoneCache by default and at most. A token is never believed beyond its expiry.
	Cache time.Duration
	// Timeout is how long an answer of Keystone may take; DefaultKeystoneTimeout by default.
	Timeout time.Duration

	// Now is needed, and so is Log, which is told of all that keeps Keystone from being asked.
	Now func() time.Time
	Log *slog.Logger
}

// Keystone knows the tokens that an OpenStack identity service issued for a project. It asks once for any number of requests
// that come with one token at a time. While Keystone fails, tokens that are not known are answered Unavailable, after some
// failures without asking, but for one request every few seconds that tries whether it is back.
type Keystone struct {
	client  *gophercloud.ServiceClient
	roles   map[string]peering.Role
	cache   time.Duration
	timeout time.Duration
	now     func() time.Time
	log     *slog.Logger

	known   *knownTokens
	flights singleflight.Group
	circuit circuit
}

// NewKeystone answers a Keystone when the service has got a token of its own there, or why it did not.
func NewKeystone(ctx context.Context, cfg KeystoneConfig) (*Keystone, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("keystone: %w", err)
	}
	provider, err := openstack.NewClient(cfg.URL)
	if err != nil {
		return nil, errors.New("keystone: the URL can't be used")
	}
	provider.HTTPClient = httpClient()
	client, err := openstack.NewIdentityV3(provider, gophercloud.EndpointOpts{})
	if err != nil {
		return nil, errors.New("keystone: the URL can't be used")
	}
	ctx, cancel := context.WithTimeout(ctx, cfg.Timeout)
	defer cancel()
	if err := openstack.AuthenticateV3(ctx, provider, cfg.options(), gophercloud.EndpointOpts{}); err != nil {
		return nil, fmt.Errorf("keystone: get a token for the service: %w", reason(err))
	}
	return &Keystone{
		client:  client,
		roles:   cfg.Roles,
		cache:   cfg.Cache,
		timeout: cfg.Timeout,
		now:     cfg.Now,
		log:     cfg.Log,
		known:   newKnownTokens(maxKnown),
	}, nil
}

// withDefaults answers the configuration with its defaults, or what is wrong with it.
func (cfg KeystoneConfig) withDefaults() (KeystoneConfig, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return cfg, errors.New("the URL must be one such as https://keystone.example.com:5000, without user and password")
	}
	byPassword := cfg.Username != "" && cfg.Password != "" && cfg.ProjectName != ""
	byCredential := cfg.ApplicationCredentialID != "" && cfg.ApplicationCredentialSecret != ""
	anything := cfg.Username + cfg.Password + cfg.ProjectName
	switch {
	case byCredential && anything != "":
		return cfg, errors.New("the service has a user and an application credential; it needs one of them")
	case !byPassword && !byCredential:
		return cfg, errors.New("the service needs a user name, a password and a project name, or the id and the secret of an application credential")
	case cfg.Cache < 0 || cfg.Cache > MaxKeystoneCache:
		return cfg, fmt.Errorf("tokens can't be believed for %s; at most for %s", cfg.Cache, MaxKeystoneCache)
	case cfg.Timeout < 0:
		return cfg, fmt.Errorf("a time-out of %s is none", cfg.Timeout)
	}
	if u.Scheme == "http" && !loopback(u.Hostname()) {
		cfg.Log.Warn("passwords and tokens go to Keystone unencrypted; its URL should start with https", "host", u.Host)
	}
	if cfg.UserDomainName == "" {
		cfg.UserDomainName = "Default"
	}
	if cfg.ProjectDomainName == "" {
		cfg.ProjectDomainName = "Default"
	}
	if cfg.Roles == nil {
		cfg.Roles = map[string]peering.Role{
			"admin": peering.Admin, "manager": peering.Admin, "member": peering.Admin, "reader": peering.Reader,
		}
	}
	if cfg.Cache == 0 {
		cfg.Cache = MaxKeystoneCache
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = DefaultKeystoneTimeout
	}
	return cfg, nil
}

func loopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// options answers how the service gets a token, and gets another when that has expired.
func (cfg KeystoneConfig) options() *tokens.AuthOptions {
	if cfg.ApplicationCredentialID != "" {
		return &tokens.AuthOptions{
			ApplicationCredentialID:     cfg.ApplicationCredentialID,
			ApplicationCredentialSecret: cfg.ApplicationCredentialSecret,
			AllowReauth:                 true,
		}
	}
	return &tokens.AuthOptions{
		Username:    cfg.Username,
		Password:    cfg.Password,
		DomainName:  cfg.UserDomainName,
		Scope:       tokens.Scope{ProjectName: cfg.ProjectName, DomainName: cfg.ProjectDomainName},
		AllowReauth: true,
	}
}

// httpClient answers a client that follows no redirection: it would take the tokens along.
func httpClient() http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 32
	return http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Authenticate knows a caller by a token; signatures are none of Keystone's business.
func (k *Keystone) Authenticate(r *http.Request, _ peering.ID) (peering.Caller, error) {
	token, err := tokenOf(r)
	if err != nil {
		return peering.Caller{}, refuse("%w", err)
	}
	sum := sha256.Sum256([]byte(token))
	if known, ok := k.known.get(sum, k.now()); ok {
		return known.callerAt(k.now())
	}
	// The check belongs to all who wait for it, so it does not end with the first of them.
	ctx := context.WithoutCancel(r.Context())
	checked := k.flights.DoChan(string(sum[:]), func() (any, error) { return k.check(ctx, sum, token) })
	select {
	case result := <-checked:
		caller, _ := result.Val.(peering.Caller)
		return caller, result.Err
	case <-r.Context().Done():
		return peering.Caller{}, unavailable(r.Context().Err())
	}
}
