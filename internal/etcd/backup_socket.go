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

// backupSocket is a unix socket in the data directory of a running process. The
// process writes a snapshot to every connection.
const backupSocket = "backup.sock"

// backupTimeout limits one backup over the socket. Until it ends, etcd cannot
// reuse the pages of the snapshot.
const backupTimeout = 10 * time.Minute

// serveBackups serves the socket until stop is called. stop waits for the
// connections to end.
func (e *embedded) serveBackups() (stop func()) {
	listener, err := listenBackups(filepath.Join(e.dataDir, backupSocket))
	if err != nil {
		e.log.Warn("backups can't be made while the server runs", "error", err)
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
			running.Go(func() { e.serveBackup(ctx, conn) })
		}
	})
	return func() {
		cancel()
		_ = listener.Close() // it is not used any more
		running.Wait()
	}
}

// listenBackups opens the socket for this user only. It removes a socket that a
// killed process has left; this process holds the lock of the data directory.
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

func (e *embedded) serveBackup(ctx context.Context, conn net.Conn) {
	ctx, cancel := context.WithTimeout(ctx, backupTimeout)
	defer cancel()
	// Closing the connection ends a write to a peer that does not read.
	closed := context.AfterFunc(ctx, func() { _ = conn.Close() })
	err := sendSnapshot(ctx, e.client, conn)
	if closed() {
		err = errors.Join(err, conn.Close())
	}
	if err != nil {
		e.log.Warn("a backup was aborted", "error", err)
	}
}

// receiveBackup copies a snapshot from the process that uses the data directory.
func receiveBackup(ctx context.Context, dataDir string, w io.Writer) error {
	conn, err := new(net.Dialer).DialContext(ctx, "unix", filepath.Join(dataDir, backupSocket))
	if ctx.Err() != nil && err != nil {
		return ctx.Err() // instead of the dialer's own error
	}
	if err != nil {
		return fmt.Errorf("the server that uses %s does not provide backups; stop it first: %w", dataDir, err)
	}
	closed := context.AfterFunc(ctx, func() { _ = conn.Close() })
	_, err = io.Copy(w, conn)
	if closed() {
		err = errors.Join(err, conn.Close())
	}
	return errors.Join(ctx.Err(), err)
}
