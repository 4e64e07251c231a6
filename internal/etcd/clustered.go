package etcd

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/coreos/go-semver/semver"
	"go.etcd.io/etcd/client/pkg/v3/transport"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
)

// minVersion is the oldest etcd that a cluster may run: earlier ones can answer stale reads after their process was
// paused (etcd issue 20418).
const minVersion = "3.6.9"

// openCluster connects to an etcd cluster. All endpoints that answer have to run minVersion, and one has to answer. An
// error says of each endpoint what is wrong there.
func openCluster(ctx context.Context, cfg Config) (*clientv3.Client, *access, error) {
	encryption, err := encryption(cfg)
	if err != nil {
		return nil, nil, err
	}
	config := clientv3.Config{
		Context:              context.WithoutCancel(ctx),
		Endpoints:            cfg.Endpoints,
		TLS:                  encryption,
		DialTimeout:          cfg.Timeout,
		DialOptions:          []grpc.DialOption{grpc.WithConnectParams(reconnect)},
		DialKeepAliveTime:    10 * time.Second,
		DialKeepAliveTimeout: 3 * time.Second,
		Logger:               zap.New(logCore{log: cfg.Log.With("component", "etcd")}),
	}
	access := newAccess(cfg, config)
	if cfg.User != "" {
		// A login that fails does not say why there is no connection, so that is found out before.
		if err := access.reach(ctx); err != nil {
			return nil, nil, err
		}
		config.Username, config.Password = cfg.User, cfg.Password
	}
	client, err := clientv3.New(config)
	if err != nil {
		return nil, nil, access.explainLogin(err)
	}
	if err := checkVersions(ctx, client, config, cfg.Log); err != nil {
		return nil, nil, errors.Join(err, client.Close())
	}
	client.KV = led{client.KV}
	return client, access, nil
}

// reconnect has an etcd that comes back found within a second or so; by default it may take two minutes.
var reconnect = grpc.ConnectParams{
	Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: time.Second},
	MinConnectTimeout: time.Second,
}

// encryption answers the TLS configuration for https endpoints, nil where there are none.
func encryption(cfg Config) (*tls.Config, error) {
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

// checkVersions answers why the endpoints can't be used, or nil. One of them that does not answer is logged.
func checkVersions(ctx context.Context, client *clientv3.Client, config clientv3.Config, log *slog.Logger) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var silent []error
	answers := askAll(ctx, client, config)
	for range config.Endpoints {
		a := <-answers
		if a.err != nil {
			silent = append(silent, a.err)
			continue
		}
		if err := supported(a.version); err != nil {
			return fmt.Errorf("etcd at %s: %w", a.endpoint, err)
		}
	}
	if len(silent) == len(config.Endpoints) {
		return errors.Join(silent...)
	}
	for _, err := range silent {
		log.WarnContext(ctx, "an endpoint can't be used", "error", err)
	}
	return nil
}

// supported answers why an etcd of that version can't be used, or nil.
func supported(version string) error {
	v, err := semver.NewVersion(version)
	if err != nil {
		return fmt.Errorf("version %q can't be read: %w", version, err)
	}
	if v.LessThan(*semver.New(minVersion)) {
		return fmt.Errorf("version %s is too old; %s or later is needed", version, minVersion)
	}
	return nil
}
