package etcd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"go.etcd.io/etcd/client/pkg/v3/fileutil"
	"go.etcd.io/etcd/server/v3/embed"
	"go.etcd.io/etcd/server/v3/etcdserver/api/v3client"
	"go.uber.org/zap"
)

// etcdDir is the folder of etcd in the data directory.
const etcdDir = "etcd"

// openEmbedded starts an etcd of one member in this process. It listens nowhere: the client calls it in memory.
func openEmbedded(ctx context.Context, cfg Config) (*member, func() error, error) {
	unlock, err := lock(cfg.DataDir)
	if err != nil {
		return nil, nil, err
	}
	server, err := start(ctx, cfg)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("start etcd in %s: %w", cfg.DataDir, err), unlock())
	}
	m := &member{
		etcd: server, client: v3client.New(server.Server), log: cfg.Log,
		limits: cfg.limits, dataDir: cfg.DataDir, free: cfg.free,
	}
	stopBackups := m.serveBackups()
	return m, func() error {
		stopBackups()
		_ = m.client.Close() // a client in memory has nothing to close; it only answers that it is closed
		server.Close()
		return unlock()
	}, nil
}

// start answers an etcd that is ready.
func start(ctx context.Context, cfg Config) (*embed.Etcd, error) {
	if err := beginFirstStart(cfg.DataDir); err != nil {
		return nil, err
	}
	server, err := embed.StartEtcd(embeddedConfig(cfg))
	if err != nil {
		return nil, err
	}
	select {
	case <-server.Server.ReadyNotify():
		err = endFirstStart(cfg.DataDir)
	case err = <-server.Err():
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		server.Close()
		return nil, err
	}
	return server, nil
}

// firstStart is a file in the data directory from before etcd starts in it for the first time until it is ready. An etcd
// that ends in between can leave a log in which it is not a member yet, and every later one would wait for a leader for
// ever.
const firstStart = "first-start"

// beginFirstStart marks a data directory that is new. What a first start that did not come to its end has left is
// removed: it holds nothing that was answered.
func beginFirstStart(dir string) error {
	mark, data := filepath.Join(dir, firstStart), filepath.Join(dir, etcdDir)
	if _, err := os.Stat(mark); err == nil {
		return os.RemoveAll(data)
	}
	if _, err := os.Stat(data); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.WriteFile(mark, nil, 0o600); err != nil {
		return err
	}
	return syncDir(dir)
}

// endFirstStart takes the mark away for good, before anything is answered.
func endFirstStart(dir string) error {
	err := os.Remove(filepath.Join(dir, firstStart))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return syncDir(dir)
}

// syncDir returns when the disk knows which files a directory has.
func syncDir(path string) error {
	dir, err := os.Open(path) //nolint:gosec // the operator names the data directory
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func embeddedConfig(cfg Config) *embed.Config {
	c := embed.NewConfig()
	c.Dir = filepath.Join(cfg.DataDir, etcdDir)
	c.ListenPeerUrls, c.ListenClientUrls = nil, nil
	// A single member waits for one election time-out before it leads itself. There is nobody whose heartbeat could
	// come late, so the time-out can be short.
	c.TickMs, c.ElectionMs = 10, 100
	c.QuotaBackendBytes = cfg.limits.quota
	c.ZapLoggerBuilder = embed.NewZapLoggerBuilder(zap.New(logCore{log: cfg.Log.With("component", "etcd")}))
	return c
}

var errInUse = errors.New("in use by another process")

// lock takes the data directory for this process until unlock is called. The kernel gives it back when the process ends,
// however it ends.
func lock(dir string) (unlock func() error, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data directory: %w", err)
	}
	file, err := fileutil.TryLockFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if errors.Is(err, fileutil.ErrLocked) {
		return nil, fmt.Errorf("the data directory %s is %w; stop that one or name another directory", dir, errInUse)
	}
	if err != nil {
		return nil, fmt.Errorf("lock the data directory: %w", err)
	}
	return file.Close, nil
}
