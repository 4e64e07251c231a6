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

// Backup writes a snapshot of the store to a new file that only its owner can
// read. The snapshot includes every change that completed before the call. The
// file appears once it is complete and durable. The data directory of an
// embedded etcd must hold data; it may be in use by another process.
func Backup(ctx context.Context, cfg Config, file string) error {
	if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
		return cmp.Or(err, fmt.Errorf("%s already exists", file))
	}
	cfg = cfg.withDefaults()
	if len(cfg.Endpoints) > 0 {
		return backupExternal(ctx, cfg, file)
	}
	if !holdsData(cfg.DataDir) {
		return fmt.Errorf("the data directory %s holds no data", cfg.DataDir)
	}
	s, err := openWithTimeout(ctx, cfg)
	if errors.Is(err, errInUse) {
		return writeBackup(file, func(w io.Writer) error { return receiveBackup(ctx, cfg.DataDir, w) })
	}
	if err != nil {
		return err
	}
	return errors.Join(s.backup(ctx, file), s.Close())
}

// backupExternal tries one endpoint after the other, each with its own client. A
// snapshot has the state of one member. The client first does a linearizable
// read, so that the member has caught up with all completed changes.
func backupExternal(ctx context.Context, cfg Config, file string) error {
	var errs []error
	for _, endpoint := range cfg.Endpoints {
		cfg.Endpoints = []string{endpoint}
		s, err := openWithTimeout(ctx, cfg)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		err = errors.Join(s.backup(ctx, file), s.Close())
		if err == nil {
			return nil
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// openWithTimeout opens a store for a backup or a restore. Other than Open, it
// accepts a store with an incomplete restore.
func openWithTimeout(ctx context.Context, cfg Config) (*Store, error) {
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
	ctx, cancel := context.WithCancel(ctx) // stops the sender if w fails
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

// writeBackup creates the file if send writes a complete snapshot.
func writeBackup(file string, send func(io.Writer) error) error {
	dir := filepath.Dir(file)
	temp, err := os.CreateTemp(dir, "."+filepath.Base(file)+".*")
	if err != nil {
		return fmt.Errorf("create the backup: %w", err)
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

var errIncompleteBackup = errors.New("not a complete backup")

// checkSnapshot returns an error unless the file ends with the hash of its
// content, and so is a complete snapshot.
func checkSnapshot(file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	size := info.Size() - sha256.Size
	if size <= 0 {
		return errIncompleteBackup
	}
	hash, trailer := sha256.New(), make([]byte, sha256.Size)
	if _, err := io.Copy(hash, io.NewSectionReader(file, 0, size)); err != nil {
		return err
	}
	if _, err := file.ReadAt(trailer, size); err != nil {
		return err
	}
	if !bytes.Equal(hash.Sum(nil), trailer) {
		return errIncompleteBackup
	}
	return nil
}
