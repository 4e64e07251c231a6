package etcd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"go.etcd.io/etcd/client/pkg/v3/fileutil"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
	"go.etcd.io/etcd/server/v3/etcdserver/api/v3client"
)

// embedded is the etcd in this process.
type embedded struct {
	server  *embed.Etcd
	client  *clientv3.Client
	log     *slog.Logger
	dataDir string
	// quota is the maximum size of the database file in bytes.
	quota int64
	// freeBytes returns the free space of a directory's file system.
	freeBytes func(dir string) (uint64, error)

	maintenance      maintenanceConfig
	maintenanceMutex sync.Mutex
	// compacted is the revision of the last compaction, defragmented the current
	// revision at the last defragmentation.
	compacted, defragmented int64
}

// openEmbedded starts an etcd with a single member in this process. It listens
// on no address; the client calls it in memory.
func openEmbedded(ctx context.Context, cfg Config) (*embedded, func() error, error) {
	unlock, err := lockDataDir(cfg.DataDir)
	if err != nil {
		return nil, nil, err
	}
	server, err := startServer(ctx, cfg)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("start etcd in %s: %w", cfg.DataDir, err), unlock())
	}
	e := &embedded{
		server: server, client: v3client.New(server.Server), log: cfg.Log, dataDir: cfg.DataDir,
		quota: cfg.Quota, freeBytes: cfg.freeBytes, maintenance: cfg.maintenance,
	}
	stopBackups := e.serveBackups()
	return e, func() error {
		stopBackups()
		_ = e.client.Close() // its only error is that it is closed
		server.Close()
		return unlock()
	}, nil
}

// startServer starts etcd and waits until it is ready.
func startServer(ctx context.Context, cfg Config) (*embed.Etcd, error) {
	if err := markFirstStart(cfg.DataDir); err != nil {
		return nil, err
	}
	server, err := embed.StartEtcd(embeddedConfig(cfg))
	if err != nil {
		return nil, err
	}
	select {
	case <-server.Server.ReadyNotify():
		err = unmarkFirstStart(cfg.DataDir)
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

const (
	// etcdDir is the directory of etcd in the data directory.
	etcdDir = "etcd"
	// firstStartFile exists in the data directory from before etcd starts in it
	// for the first time until it is ready. If etcd stops in between, it may leave
	// a log in which it is not a member yet, and would then wait for a leader
	// forever.
	firstStartFile = "first-start"
)

// markFirstStart marks a new data directory. If an earlier first start did not
// complete, it removes what that has left, which holds no data.
func markFirstStart(dir string) error {
	mark, data := filepath.Join(dir, firstStartFile), filepath.Join(dir, etcdDir)
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

// unmarkFirstStart durably removes the mark. It must be called before the store
// serves anything.
func unmarkFirstStart(dir string) error {
	err := os.Remove(filepath.Join(dir, firstStartFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return syncDir(dir)
}

// holdsData reports whether etcd has ever been ready in a data directory.
func holdsData(dir string) bool {
	if _, err := os.Stat(filepath.Join(dir, firstStartFile)); err == nil {
		return false
	}
	_, err := os.Stat(filepath.Join(dir, etcdDir))
	return !errors.Is(err, fs.ErrNotExist)
}

// syncDir makes changes to the entries of a directory durable.
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
	// A single member waits for one election timeout before it becomes leader.
	// There are no heartbeats that could be late, so the timeout can be short.
	c.TickMs, c.ElectionMs = 10, 100
	c.QuotaBackendBytes = cfg.Quota
	c.UnsafeNoFsync = cfg.noFsync
	c.ZapLoggerBuilder = embed.NewZapLoggerBuilder(newZapLogger(cfg.Log))
	return c
}

var errInUse = errors.New("in use by another process")

// lockDataDir locks the data directory for this process until unlock is called.
// The kernel releases the lock when the process ends, for whatever reason.
func lockDataDir(dir string) (unlock func() error, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create the data directory: %w", err)
	}
	file, err := fileutil.TryLockFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if errors.Is(err, fileutil.ErrLocked) {
		return nil, fmt.Errorf("the data directory %s is %w; stop that process or use another directory", dir, errInUse)
	}
	if err != nil {
		return nil, fmt.Errorf("lock the data directory: %w", err)
	}
	return file.Close, nil
}
