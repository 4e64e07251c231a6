package etcd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/etcdutl/v3/snapshot"
)

// Counts is the number of objects in a store.
type Counts struct {
	Peerings, Routes, Clusters int64
}

// Restore creates a store from a file that Backup wrote, and returns what it
// holds. The backup may be of either kind of store. The target must be empty.
//
// A restore into a data directory is atomic. A restore into an external cluster
// is not: if it does not complete, it must be run again. Until then the store
// cannot be opened, and stores that are already open reject changes.
func Restore(ctx context.Context, cfg Config, file string) (Counts, error) {
	if err := checkBackup(file); err != nil {
		return Counts{}, err
	}
	cfg = cfg.withDefaults()
	if len(cfg.Endpoints) > 0 {
		return restoreExternal(ctx, cfg, file)
	}
	if holdsData(cfg.DataDir) {
		return Counts{}, holdsDataError(cfg.DataDir)
	}
	unlock, err := lockDataDir(cfg.DataDir)
	if err != nil {
		return Counts{}, err
	}
	counts, err := restoreEmbedded(ctx, cfg, file)
	return counts, errors.Join(err, unlock())
}

func checkBackup(file string) error {
	f, err := os.Open(file) //nolint:gosec // the operator names the backup
	if err != nil {
		return fmt.Errorf("open the backup: %w", err)
	}
	if err := errors.Join(checkSnapshot(f), f.Close()); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

func holdsDataError(dir string) error {
	return fmt.Errorf("the data directory %s already holds data", dir)
}

// restoreTempDir is the directory in the data directory for an incomplete
// restore.
const restoreTempDir = "restoring"

// restoreEmbedded restores into a data directory that this process has locked.
func restoreEmbedded(ctx context.Context, cfg Config, file string) (Counts, error) {
	if holdsData(cfg.DataDir) { // another process may have started before the lock
		return Counts{}, holdsDataError(cfg.DataDir)
	}
	temp, data := filepath.Join(cfg.DataDir, restoreTempDir), filepath.Join(cfg.DataDir, etcdDir)
	if err := os.RemoveAll(temp); err != nil {
		return Counts{}, err
	}
	counts, err := unpackDurably(ctx, cfg, temp, file)
	if err == nil {
		// If the mark of an incomplete first start stayed, the next start would
		// remove the restored data.
		err = errors.Join(os.RemoveAll(data), unmarkFirstStart(cfg.DataDir))
	}
	if err == nil {
		err = os.Rename(filepath.Join(temp, etcdDir), data)
	}
	return counts, errors.Join(err, os.RemoveAll(temp), syncDir(cfg.DataDir))
}

// unpackDurably unpacks a backup into a new data directory.
func unpackDurably(ctx context.Context, cfg Config, dir, file string) (counts Counts, err error) {
	err = withUnpacked(ctx, cfg, dir, file, func(s *Store) error {
		counts, err = s.counts(ctx)
		return err
	})
	if err != nil {
		return counts, err
	}
	return counts, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		return syncDir(path)
	})
}

// withUnpacked unpacks a backup into a new data directory and calls do with the
// store in it.
func withUnpacked(ctx context.Context, cfg Config, dir, file string, do func(*Store) error) error {
	cfg.DataDir, cfg.Endpoints = dir, nil
	c := embeddedConfig(cfg)
	err := snapshot.NewV3(newZapLogger(cfg.Log)).Restore(snapshot.RestoreConfig{
		SnapshotPath:        file,
		Name:                c.Name,
		OutputDataDir:       c.Dir,
		PeerURLs:            []string{c.AdvertisePeerUrls[0].String()},
		InitialCluster:      c.InitialCluster,
		InitialClusterToken: c.InitialClusterToken,
	})
	if err != nil {
		return fmt.Errorf("unpack %s: %w", file, err)
	}
	s, err := openWithTimeout(ctx, cfg)
	if err != nil {
		return err
	}
	resp, err := s.client.Get(ctx, root, clientv3.WithPrefix(), clientv3.WithCountOnly())
	if err == nil && resp.Count == 0 && cfg.Prefix != "" {
		return errors.Join(fmt.Errorf("%s has no keys with the prefix %s", file, cfg.Prefix), s.Close())
	}
	// The backup may be of an etcd that requires a login. An embedded one does not.
	s.embedded.server.Server.AuthStore().AuthDisable()
	return errors.Join(do(s), s.Close())
}

// counts returns the number of objects in the store.
func (s *Store) counts(ctx context.Context) (c Counts, err error) {
	for prefix, count := range map[string]*int64{
		root + "peering/": &c.Peerings, root + "route/": &c.Routes, root + "cluster/": &c.Clusters,
	} {
		resp, err := s.client.Get(ctx, prefix, clientv3.WithPrefix(), clientv3.WithCountOnly())
		if err != nil {
			return c, err
		}
		*count = resp.Count
	}
	return c, nil
}
