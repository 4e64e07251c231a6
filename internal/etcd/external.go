package etcd

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coreos/go-semver/semver"
	"go.etcd.io/etcd/client/pkg/v3/transport"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
)

// minVersion is the oldest supported version of an external etcd. Earlier ones
// can return stale reads after their process was paused:
// https://github.com/etcd-io/etcd/issues/20418.
const minVersion = "3.6.9"

// external is the connection to an external etcd cluster.
type external struct {
	// anonymous is the client configuration without the user.
	anonymous clientv3.Config
	// endpoints, user and keys describe the connection in errors.
	endpoints, user, keys string
	// denied records that etcd denied a change for lack of permission. Ready has
	// to check it, because a read does not reveal it.
	denied atomic.Bool
}

func newExternal(cfg Config, anonymous clientv3.Config) *external {
	x := &external{
		anonymous: anonymous, endpoints: strings.Join(cfg.Endpoints, ", "),
		user: fmt.Sprintf("user %q", cfg.User), keys: cfg.Prefix + root,
	}
	if cfg.User == "" {
		x.user = "a client without a user"
		if cfg.Cert != "" {
			x.user = "the holder of the certificate " + cfg.Cert
		}
	}
	return x
}

// openExternal connects to an etcd cluster. At least one endpoint must respond,
// and every endpoint that responds must run minVersion. Errors give the reason
// for each endpoint.
func openExternal(ctx context.Context, cfg Config) (*clientv3.Client, *external, error) {
	tlsConfig, err := newTLSConfig(cfg)
	if err != nil {
		return nil, nil, err
	}
	config := clientv3.Config{
		Context:              context.WithoutCancel(ctx),
		Endpoints:            cfg.Endpoints,
		TLS:                  tlsConfig,
		DialTimeout:          cfg.Timeout,
		DialOptions:          []grpc.DialOption{grpc.WithConnectParams(reconnect)},
		DialKeepAliveTime:    10 * time.Second,
		DialKeepAliveTimeout: 3 * time.Second,
		Logger:               newZapLogger(cfg.Log),
	}
	x := newExternal(cfg, config)
	if cfg.User != "" {
		// A login that fails does not give the reason why there is no connection,
		// so that is checked first.
		if err := x.reachable(ctx); err != nil {
			return nil, nil, err
		}
		config.Username, config.Password = cfg.User, cfg.Password
	}
	client, err := clientv3.New(config)
	if err != nil {
		return nil, nil, x.loginError(err)
	}
	if err := checkVersions(ctx, client, config, cfg.Log); err != nil {
		return nil, nil, errors.Join(err, client.Close())
	}
	client.KV = requireLeaderKV{client.KV}
	return client, x, nil
}

// reconnect makes the client notice within about a second that an endpoint is
// back. By default that can take two minutes.
var reconnect = grpc.ConnectParams{
	Backoff: backoff.Config{
		BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: time.Second,
	},
	MinConnectTimeout: time.Second,
}

// newTLSConfig returns the TLS configuration for https endpoints, or nil if
// there are none.
func newTLSConfig(cfg Config) (*tls.Config, error) {
	if !slices.ContainsFunc(cfg.Endpoints, UsesTLS) {
		return nil, nil
	}
	info := transport.TLSInfo{CertFile: cfg.Cert, KeyFile: cfg.Key, TrustedCAFile: cfg.CACert}
	config, err := info.ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("TLS for etcd: %w", err)
	}
	return config, nil
}

// reachable returns nil as soon as one endpoint responds, and otherwise the
// reason for each endpoint. It needs neither a quorum nor permissions.
func (x *external) reachable(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	client, err := clientv3.New(x.anonymous)
	if err != nil {
		return fmt.Errorf("etcd at %s: %w", x.endpoints, err)
	}
	defer client.Close() //nolint:errcheck // nothing was written
	statuses := queryEndpoints(ctx, client, x.anonymous)
	errs := make([]error, len(x.anonymous.Endpoints))
	for i := range errs {
		if errs[i] = (<-statuses).err; errs[i] == nil || errors.Is(errs[i], errNeedsUser) {
			return nil
		}
	}
	return errors.Join(errs...)
}

// checkVersions returns an error if an endpoint runs an unsupported version or
// none responds. It logs an endpoint that does not respond.
func checkVersions(ctx context.Context, client *clientv3.Client, config clientv3.Config, log *slog.Logger) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var errs []error
	statuses := queryEndpoints(ctx, client, config)
	for range config.Endpoints {
		s := <-statuses
		if s.err != nil {
			errs = append(errs, s.err)
			continue
		}
		if err := checkVersion(s.version); err != nil {
			return fmt.Errorf("etcd at %s: %w", s.endpoint, err)
		}
	}
	if len(errs) == len(config.Endpoints) {
		return errors.Join(errs...)
	}
	for _, err := range errs {
		log.WarnContext(ctx, "an endpoint can't be used", "error", err)
	}
	return nil
}

// checkVersion returns an error if a version of etcd is not supported.
func checkVersion(version string) error {
	v, err := semver.NewVersion(version)
	if err != nil {
		return fmt.Errorf("version %q is invalid: %w", version, err)
	}
	if v.LessThan(*semver.New(minVersion)) {
		return fmt.Errorf("version %s is too old; %s or later is required", version, minVersion)
	}
	return nil
}
