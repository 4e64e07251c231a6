package etcd

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// Backup writes a snapshot of the store to a file that is not there yet, readable for its owner only. It holds all that
// was answered before. The file appears when it is complete and on the disk. The store of an embedded etcd must exist; a
// process that serves it goes on meanwhile.
func Backup(ctx context.Context, cfg Config, file string) error {
	if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
		return cmp.Or(err, fmt.Errorf("%s exists already", file))
	}
	cfg = cfg.usual()
	if len(cfg.Endpoints) > 0 {
		return backupCluster(ctx, cfg, file)
	}
	if !holdsData(cfg.DataDir) {
		return fmt.Errorf("the data directory %s holds no data", cfg.DataDir)
	}
	s, err := openInTime(ctx, cfg)
	if errors.Is(err, errInUse) {
		return writeBackup(file, func(w io.Writer) error { return receiveBackup(ctx, cfg.DataDir, w) })
	}
	if err != nil {
		return err
	}
	return errors.Join(s.backup(ctx, file), s.Close())
}

// backupCluster asks the endpoints in turn. A snapshot is what one member has, so each is asked by a client of its own,
// which reads before: then the member has caught up with what the cluster has answered.
func backupCluster(ctx context.Context, cfg Config, file string) error {
	var failed []error
	for _, endpoint := range cfg.Endpoints {
		cfg.Endpoints = []string{endpoint}
		s, err := openInTime(ctx, cfg)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		err = errors.Join(s.backup(ctx, file), s.Close())
		if err == nil {
			return nil
		}
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

// openInTime answers a store that may be half restored.
func openInTime(ctx context.Context, cfg Config) (*Store, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	return open(ctx, cfg)
}

func (s *Store) backup(ctx context.Context, file string) error {
	if err := s.Ready(ctx); err != nil {
		return err
	}
	return writeBackup(file, func(w io.Writer) error { return sendSnapshot(ctx, s.client, w) })
}

// sendSnapshot writes a snapshot of an etcd, which ends with its hash.
func sendSnapshot(ctx context.Context, client *clientv3.Client, w io.Writer) error {
	ctx, cancel := context.WithCancel(ctx) // ends the sender where w fails
	defer cancel()
	resp, err := client.SnapshotWithVersion(ctx)
	if err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	if _, err := io.Copy(w, resp.Snapshot); err != nil {
		return errors.Join(fmt.Errorf("snapshot: %w", err), resp.Snapshot.Close())
	}
	return resp.Snapshot.Close()
}

// writeBackup makes a file of what send writes, where that is a complete snapshot.
func writeBackup(file string, send func(io.Writer) error) error {
	dir := filepath.Dir(file)
	temp, err := os.CreateTemp(dir, "."+filepath.Base(file)+".*")
	if err != nil {
		return fmt.Errorf("make the backup: %w", err)
	}
	err = send(temp)
	if err == nil {
		err = checkSnapshot(temp)
	}
	if err == nil {
		err = temp.Sync()
	}
	err = errors.Join(err, temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), file)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write the backup %s: %w", file, err), os.Remove(temp.Name()))
	}
	return syncDir(dir)
}

var errNoSnapshot = errors.New("not a complete backup")

// checkSnapshot tells whether a file ends with the hash of what is before, and so is a complete snapshot.
func checkSnapshot(file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	size := info.Size() - sha256.Size
	if size <= 0 {
		return errNoSnapshot
	}
	hash, trailer := sha256.New(), make([]byte, sha256.Size)
	if _, err := io.Copy(hash, io.NewSectionReader(file, 0, size)); err != nil {
		return err
	}
	if _, err := file.ReadAt(trailer, size); err != nil {
		return err
	}
	if !bytes.Equal(hash.Sum(nil), trailer) {
		return errNoSnapshot
	}
	return nil
}
