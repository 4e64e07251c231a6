package etcd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/coreos/go-semver/semver"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
)

// minVersion is the oldest etcd that a cluster may run: earlier ones can answer stale reads after their process was
// paused (etcd issue 20418).
const minVersion = "3.6.9"

// openCluster connects to an etcd cluster. All endpoints that answer have to run minVersion, and one has to answer.
func openCluster(ctx context.Context, cfg Config) (*clientv3.Client, func() error, error) {
	client, err := clientv3.New(clientv3.Config{
		Endpoints:            cfg.Endpoints,
		DialKeepAliveTime:    10 * time.Second,
		DialKeepAliveTimeout: 3 * time.Second,
		Logger:               zap.New(logCore{log: cfg.Log.With("component", "etcd")}),
	})
	if err != nil {
		return nil, nil, fmt.Errorf("etcd endpoints: %w", err)
	}
	if err := checkVersions(ctx, client, cfg); err != nil {
		return nil, nil, errors.Join(err, client.Close())
	}
	return client, client.Close, nil
}

func checkVersions(ctx context.Context, client *clientv3.Client, cfg Config) error {
	var silent []error
	for _, endpoint := range cfg.Endpoints {
		version, err := serverVersion(ctx, client, endpoint, cfg.Timeout)
		if err != nil {
			silent = append(silent, fmt.Errorf("etcd at %s does not answer: %w", endpoint, err))
			continue
		}
		if err := supported(version); err != nil {
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
