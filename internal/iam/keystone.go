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
	// MaxKeystoneCacheTTL is the maximum and the default of
	// KeystoneConfig.CacheTTL.
	MaxKeystoneCacheTTL = time.Minute
	// DefaultKeystoneTimeout is the default of KeystoneConfig.Timeout.
	DefaultKeystoneTimeout = 3 * time.Second
)

// KeystoneConfig configures access to Keystone. The service authenticates there
// with either a user name, a password and a project name, or an application
// credential. It needs the role service or admin, or another one that
// Keystone's policy permits to validate tokens of other users.
type KeystoneConfig struct {
	// URL is the base URL of the identity service, with or without /v3.
	URL string

	Username, Password string
	// ProjectName is the service's own project.
	ProjectName string
	// UserDomainName and ProjectDomainName are Default by default.
	UserDomainName, ProjectDomainName string

	ApplicationCredentialID, ApplicationCredentialSecret string

	// Roles maps the names of Keystone's roles to roles in this service. Other
	// roles permit nothing. By default admin, manager and member map to Admin,
	// and reader to Reader.
	Roles map[string]peering.Role
	// CacheTTL is the time for which a valid token is cached, and so the longest
	// time for which a revoked token is still accepted. Its default and maximum
	// is MaxKeystoneCacheTTL. A cached token still expires on time.
	CacheTTL time.Duration
	// Timeout limits the time for a response of Keystone. The default is
	// DefaultKeystoneTimeout.
	Timeout time.Duration

	// Now is required.
	Now func() time.Time
	// Log is required. It gets an error whenever Keystone is unavailable.
	Log *slog.Logger
}

// Keystone authenticates requests by project-scoped tokens of an OpenStack
// identity service. Concurrent requests with the same token cause one
// validation. While Keystone fails, tokens that aren't cached get the error
// Unavailable; after several failures in a row, Keystone gets only one request
// every few seconds until it responds.
type Keystone struct {
	client   *gophercloud.ServiceClient
	roles    map[string]peering.Role
	cacheTTL time.Duration
	timeout  time.Duration
	now      func() time.Time
	log      *slog.Logger

	cache   *tokenCache
	lookUps singleflight.Group
	breaker circuitBreaker
}

// NewKeystone gets a token for the service itself and returns a Keystone. It
// returns an error if the configuration is invalid or Keystone doesn't issue the
// token.
func NewKeystone(ctx context.Context, cfg KeystoneConfig) (*Keystone, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("keystone: %w", err)
	}
	provider, err := openstack.NewClient(cfg.URL)
	if err != nil {
		return nil, errors.New("keystone: the URL is invalid")
	}
	provider.HTTPClient = newHTTPClient()
	client, err := openstack.NewIdentityV3(provider, gophercloud.EndpointOpts{})
	if err != nil {
		return nil, errors.New("keystone: the URL is invalid")
	}
	ctx, cancel := context.WithTimeout(ctx, cfg.Timeout)
	defer cancel()
	if err := openstack.AuthenticateV3(ctx, provider, cfg.authOptions(), gophercloud.EndpointOpts{}); err != nil {
		return nil, fmt.Errorf("keystone: get a token for the service: %w", redacted(err))
	}
	return &Keystone{
		client:   client,
		roles:    cfg.Roles,
		cacheTTL: cfg.CacheTTL,
		timeout:  cfg.Timeout,
		now:      cfg.Now,
		log:      cfg.Log,
		cache:    newTokenCache(maxCachedTokens),
	}, nil
}

// withDefaults validates the configuration and returns it with defaults filled
// in.
func (cfg KeystoneConfig) withDefaults() (KeystoneConfig, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil || !isBaseURL(u) {
		return cfg, errors.New("the URL must look like https://keystone.example.com:5000, without a user and password")
	}
	byPassword := cfg.Username != "" && cfg.Password != "" && cfg.ProjectName != ""
	byCredential := cfg.ApplicationCredentialID != "" && cfg.ApplicationCredentialSecret != ""
	switch {
	case byCredential && cfg.Username+cfg.Password+cfg.ProjectName != "":
		return cfg, errors.New("both a user and an application credential are set; set one of them")
	case !byPassword && !byCredential:
		return cfg, errors.New("a user name, a password and a project name are required, " +
			"or the id and the secret of an application credential")
	case cfg.CacheTTL < 0 || cfg.CacheTTL > MaxKeystoneCacheTTL:
		return cfg, fmt.Errorf("the cache time must be positive and at most %s, got %s", MaxKeystoneCacheTTL, cfg.CacheTTL)
	case cfg.Timeout < 0:
		return cfg, fmt.Errorf("the timeout must be positive, got %s", cfg.Timeout)
	}
	if u.Scheme == "http" && !isLoopback(u.Hostname()) {
		cfg.Log.Warn("passwords and tokens are sent to Keystone unencrypted; use an https URL", "host", u.Host)
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
	if cfg.CacheTTL == 0 {
		cfg.CacheTTL = MaxKeystoneCacheTTL
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = DefaultKeystoneTimeout
	}
	return cfg, nil
}

// isBaseURL reports whether u is an HTTP URL without credentials, query and
// fragment.
func isBaseURL(u *url.URL) bool {
	return (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil && u.RawQuery == "" && u.Fragment == ""
}

func isLoopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// authOptions returns how the service gets its own token and renews it.
func (cfg KeystoneConfig) authOptions() *tokens.AuthOptions {
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

// newHTTPClient returns a client that doesn't follow redirects, which would
// disclose tokens to the target.
func newHTTPClient() http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 32
	return http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Authenticate returns the caller of a request with a token. Signatures are not
// supported.
func (k *Keystone) Authenticate(r *http.Request, _ peering.ID) (peering.Caller, error) {
	token, err := requestToken(r)
	if err != nil {
		return peering.Caller{}, unauthenticated("%w", err)
	}
	sum := sha256.Sum256([]byte(token))
	if cached, ok := k.cache.get(sum, k.now()); ok {
		return cached.callerAt(k.now())
	}
	// The requests that wait for the same token share the validation, so it must
	// outlive the first of them.
	ctx := context.WithoutCancel(r.Context())
	done := k.lookUps.DoChan(string(sum[:]), func() (any, error) { return k.lookUp(ctx, sum, token) })
	select {
	case result := <-done:
		caller, _ := result.Val.(peering.Caller)
		return caller, result.Err
	case <-r.Context().Done():
		return peering.Caller{}, unavailable(r.Context().Err())
	}
}
