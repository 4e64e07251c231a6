package etcd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"go.etcd.io/etcd/client/pkg/v3/fileutil"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
	"go.etcd.io/etcd/server/v3/etcdserver/api/v3client"
	"go.uber.org/zap"
)

// openEmbedded starts an etcd of one member in this process. It listens nowhere: the client calls it in memory.
func openEmbedded(ctx context.Context, cfg Config) (*clientv3.Client, func() error, error) {
	unlock, err := lock(cfg.DataDir)
	if err != nil {
		return nil, nil, err
	}
	server, err := embed.StartEtcd(embeddedConfig(cfg))
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("start etcd in %s: %w", cfg.DataDir, err), unlock())
	}
	stop := func() error {
		server.Close()
		return unlock()
	}
	select {
	case <-server.Server.ReadyNotify():
	case err := <-server.Err():
		return nil, nil, errors.Join(fmt.Errorf("start etcd in %s: %w", cfg.DataDir, err), stop())
	case <-ctx.Done():
		return nil, nil, errors.Join(fmt.Errorf("start etcd in %s: %w", cfg.DataDir, ctx.Err()), stop())
	}
	client := v3client.New(server.Server)
	return client, func() error {
		_ = client.Close() // a client in memory has nothing to close; it only answers that it is closed
		return stop()
	}, nil
}

func embeddedConfig(cfg Config) *embed.Config {
	c := embed.NewConfig()
	c.Dir = filepath.Join(cfg.DataDir, "etcd")
	c.ListenPeerUrls, c.ListenClientUrls = nil, nil
	// A single member waits for one election time-out before it leads itself. There is nobody whose heartbeat could
	// come late, so the time-out can be short.
	c.TickMs, c.ElectionMs = 10, 100
	c.ZapLoggerBuilder = embed.NewZapLoggerBuilder(zap.New(logCore{log: cfg.Log.With("component", "etcd")}))
	return c
}

// lock takes the data directory for this process until unlock is called. The kernel gives it back when the process ends,
// however it ends.
func lock(dir string) (unlock func() error, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data directory: %w", err)
	}
	file, err := fileutil.TryLockFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if errors.Is(err, fileutil.ErrLocked) {
		return nil, fmt.Errorf("the data directory %s is in use by another process; stop that one or name another directory", dir)
	}
	if err != nil {
		return nil, fmt.Errorf("lock the data directory: %w", err)
	}
	return file.Close, nil
}
