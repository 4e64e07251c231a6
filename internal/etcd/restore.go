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
	"go.uber.org/zap"
)

// Counts is how much a store holds.
type Counts struct {
	Peerings, Routes, Clusters int64
}

// Restore makes a store of a file that Backup wrote, from whichever kind of store, and answers what it holds. The store
// must not hold anything. In a data directory either all is restored or nothing; in an etcd cluster a restore that did
// not come to its end has to be run again. Before that the store does not open, and one that is open changes nothing.
func Restore(ctx context.Context, cfg Config, file string) (Counts, error) {
	if err := checkFile(file); err != nil {
		return Counts{}, err
	}
	cfg = cfg.usual()
	if len(cfg.Endpoints) > 0 {
		return restoreCluster(ctx, cfg, file)
	}
	if holdsData(cfg.DataDir) {
		return Counts{}, fmt.Errorf("the data directory %s holds data already", cfg.DataDir)
	}
	unlock, err := lock(cfg.DataDir)
	if err != nil {
		return Counts{}, err
	}
	content, err := restoreDir(ctx, cfg, file)
	return content, errors.Join(err, unlock())
}

func checkFile(file string) error {
	f, err := os.Open(file) //nolint:gosec // the operator names the backup
	if err != nil {
		return fmt.Errorf("open the backup: %w", err)
	}
	if err := errors.Join(checkSnapshot(f), f.Close()); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// holdsData tells whether an etcd was ready in a data directory.
func holdsData(dir string) bool {
	if _, err := os.Stat(filepath.Join(dir, firstStart)); err == nil {
		return false
	}
	_, err := os.Stat(filepath.Join(dir, etcdDir))
	return !errors.Is(err, fs.ErrNotExist)
}

// restoringDir is the folder in the data directory in which a restore works.
const restoringDir = "restoring"

func restoreDir(ctx context.Context, cfg Config, file string) (Counts, error) {
	// It may have begun in the meantime. And what a first start that was cut off left is removed with its mark: with it,
	// the next start would take what is restored for such remains.
	if holdsData(cfg.DataDir) {
		return Counts{}, fmt.Errorf("the data directory %s holds data already", cfg.DataDir)
	}
	work, data := filepath.Join(cfg.DataDir, restoringDir), filepath.Join(cfg.DataDir, etcdDir)
	if err := os.RemoveAll(work); err != nil {
		return Counts{}, err
	}
	content, err := unpack(ctx, cfg, work, file)
	if err == nil {
		err = errors.Join(os.RemoveAll(data), endFirstStart(cfg.DataDir))
	}
	if err == nil {
		err = os.Rename(filepath.Join(work, etcdDir), data)
	}
	return content, errors.Join(err, os.RemoveAll(work), syncDir(cfg.DataDir))
}

// unpack makes the data directory work of a backup.
func unpack(ctx context.Context, cfg Config, work, file string) (content Counts, err error) {
	err = withSource(ctx, cfg, work, file, func(s *Store) error {
		content, err = s.content(ctx)
		return err
	})
	if err != nil {
		return content, err
	}
	return content, filepath.WalkDir(work, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		return syncDir(path)
	})
}

// withSource unpacks a backup to the data directory work, and runs do with a store on it.
func withSource(ctx context.Context, cfg Config, work, file string, do func(*Store) error) error {
	cfg.DataDir, cfg.Endpoints = work, nil
	c := embeddedConfig(cfg)
	log := zap.New(logCore{log: cfg.Log.With("component", "etcd")})
	err := snapshot.NewV3(log).Restore(snapshot.RestoreConfig{
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
	s, err := openInTime(ctx, cfg)
	if err != nil {
		return err
	}
	if held, err := s.client.Get(ctx, root, clientv3.WithPrefix(), clientv3.WithCountOnly()); err == nil && held.Count == 0 && cfg.Prefix != "" {
		return errors.Join(fmt.Errorf("%s holds nothing below the prefix %s", file, cfg.Prefix), s.Close())
	}
	// The etcd of the backup may have asked for passwords. An embedded one asks nobody.
	s.member.etcd.Server.AuthStore().AuthDisable()
	return errors.Join(do(s), s.Close())
}

func (s *Store) content(ctx context.Context) (c Counts, err error) {
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
