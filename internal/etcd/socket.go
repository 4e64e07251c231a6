package etcd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// backupSocket is a unix socket in the data directory while a process has it. To whoever connects it writes a snapshot.
const backupSocket = "backup.sock"

// backupTimeout is how long one backup over the socket may take. Meanwhile etcd can't use the pages again that the
// snapshot shows.
const backupTimeout = 10 * time.Minute

// serveBackups serves the socket until stop is called, which returns when nothing runs any more.
func (m *member) serveBackups() (stop func()) {
	listener, err := listenBackups(filepath.Join(m.dataDir, backupSocket))
	if err != nil {
		m.log.Warn("backups can't be made while the server runs", "error", err)
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() { m.serveBackup(ctx, conn) })
		}
	})
	return func() {
		cancel()
		_ = listener.Close() // nobody needs it any more
		running.Wait()
	}
}

// listenBackups opens the socket for this user only. What a process that was killed has left there is removed: the data
// directory is ours.
func listenBackups(path string) (net.Listener, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	listener, err := new(net.ListenConfig).Listen(context.Background(), "unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return listener, nil
}

func (m *member) serveBackup(ctx context.Context, conn net.Conn) {
	ctx, cancel := context.WithTimeout(ctx, backupTimeout)
	defer cancel()
	// A peer that reads no more ends with the context.
	closed := context.AfterFunc(ctx, func() { _ = conn.Close() })
	err := sendSnapshot(ctx, m.client, conn)
	if closed() {
		err = errors.Join(err, conn.Close())
	}
	if err != nil {
		m.log.Warn("a backup was cut off", "error", err)
	}
}

// receiveBackup writes the snapshot that the process gives that has the data directory.
func receiveBackup(ctx context.Context, dataDir string, w io.Writer) error {
	conn, err := new(net.Dialer).DialContext(ctx, "unix", filepath.Join(dataDir, backupSocket))
	if ctx.Err() != nil && err != nil {
		return ctx.Err() // the dialer has an error of its own for that
	}
	if err != nil {
		return fmt.Errorf("the server that uses %s gives no backup; stop it first: %w", dataDir, err)
	}
	closed := context.AfterFunc(ctx, func() { _ = conn.Close() })
	_, err = io.Copy(w, conn)
	if closed() {
		err = errors.Join(err, conn.Close())
	}
	return errors.Join(ctx.Err(), err)
}
