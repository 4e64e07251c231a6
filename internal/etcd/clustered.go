package etcd

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
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

// openCluster connects to an etcd cluster. All endpoints that answer have to run minVersion, and one has to answer.
func openCluster(ctx context.Context, cfg Config) (*clientv3.Client, func() error, error) {
	encryption, err := encryption(cfg)
	if err != nil {
		return nil, nil, err
	}
	client, err := clientv3.New(clientv3.Config{
		Context:              context.WithoutCancel(ctx),
		Endpoints:            cfg.Endpoints,
		TLS:                  encryption,
		Username:             cfg.User,
		Password:             cfg.Password,
		DialTimeout:          cfg.Timeout,
		DialOptions:          []grpc.DialOption{grpc.WithConnectParams(reconnect)},
		DialKeepAliveTime:    10 * time.Second,
		DialKeepAliveTimeout: 3 * time.Second,
		Logger:               zap.New(logCore{log: cfg.Log.With("component", "etcd")}),
	})
	if err != nil {
		return nil, nil, fmt.Errorf("connect to etcd at %s: %w", strings.Join(cfg.Endpoints, ", "), err)
	}
	if err := checkVersions(ctx, client, cfg); err != nil {
		return nil, nil, errors.Join(err, client.Close())
	}
	return client, client.Close, nil
}

// reconnect has an etcd that comes back found within a second or so; by default it may take two minutes.
var reconnect = grpc.ConnectParams{
	Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: time.Second},
	MinConnectTimeout: time.Second,
}

// Encrypted tells whether an endpoint asks for TLS.
func Encrypted(endpoint string) bool {
	scheme, _, _ := strings.Cut(endpoint, ":")
	return strings.EqualFold(scheme, "https") || strings.EqualFold(scheme, "unixs")
}

// encryption answers the TLS configuration for https endpoints, nil where there are none.
func encryption(cfg Config) (*tls.Config, error) {
	if !slices.ContainsFunc(cfg.Endpoints, Encrypted) {
		return nil, nil
	}
	info := transport.TLSInfo{CertFile: cfg.Cert, KeyFile: cfg.Key, TrustedCAFile: cfg.CACert}
	config, err := info.ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("TLS for etcd: %w", err)
	}
	return config, nil
}

func checkVersions(ctx context.Context, client *clientv3.Client, cfg Config) error {
	versions, errs := make([]string, len(cfg.Endpoints)), make([]error, len(cfg.Endpoints))
	var asked sync.WaitGroup
	for i, endpoint := range cfg.Endpoints {
		asked.Go(func() { versions[i], errs[i] = serverVersion(ctx, client, endpoint, cfg.Timeout) })
	}
	asked.Wait()
	var silent []error
	for i, endpoint := range cfg.Endpoints {
		if errs[i] != nil {
			silent = append(silent, fmt.Errorf("etcd at %s does not answer: %w", endpoint, errs[i]))
			continue
		}
		if err := supported(versions[i]); err != nil {
			return fmt.Errorf("etcd at %s: %w", endpoint, err)
		}
	}
	if len(silent) == len(cfg.Endpoints) {
		return errors.Join(silent...)
	}
	return nil
}

func serverVersion(ctx context.Context, client *clientv3.Client, endpoint string, timeout time.Duration) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	status, err := client.Status(ctx, endpoint)
	if err != nil {
		return "", err
	}
	return status.Version, nil
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
