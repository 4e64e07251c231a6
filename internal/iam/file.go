package iam

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/peering/peering/internal/peering"
)

const (
	// interval is how often a file is looked at.
	interval = time.Second
	// maxFile is how large a file of credentials may be, in bytes.
	maxFile = 16 << 20
)

// A File knows the tokens and access keys that a file lists.
type File struct {
	// MaxBody is how many bytes the body of a signed request may have: it is read to check its signature. OpenFile sets it to
	// DefaultMaxBody; it may be changed before the first request.
	MaxBody int64

	path string
	now  func() time.Time
	log  *slog.Logger

	inForce atomic.Pointer[credentials]
	// noKey is what a signature is compared with where the access key is unknown, so that the answer takes as long. Nobody knows
	// its secret.
	noKey listedKey
	// handled is the last state of the file that was taken or refused, pending one that was seen once. Only the goroutine that
	// watches the file uses them.
	handled, pending fileState

	stop    sync.Once
	stopped chan struct{}
	watch   sync.WaitGroup
}

// fileState tells states of a file from each other, also unreadable ones.
type fileState struct {
	sum     [sha256.Size]byte
	problem string
}

// OpenFile reads a YAML file of tokens and access keys and goes on to look every second whether it has changed:
//
//	tokens:
//	  - sha256: 2bd806c97f0e00af1a1fc3328fa763a9269723c8db8fac4f93af71db186d6e90  # of the token, as "peering token hash" prints it
//	    project_id: 4f30b9215e054c908d18f2b150131646
//	    user: alice
//	    roles: [admin]                    # admin, reader
//	    expires_at: 2027-01-01T00:00:00Z  # may be left out
//	access_keys:
//	  - access_key: AKEXAMPLE
//	    secret_key: ...
//	    project_id: 4f30b9215e054c908d18f2b150131646
//	    user: bob
//	    roles: [reader]
//
// A changed file is in force when it has stayed the same for a second, so within two; it may be written in place, or replaced
// by a rename or a symbolic link. A file that is broken, or gone, is an error when it is opened. Later it leaves what was read
// before in force, which one line in the log at level error says for each change; one at level info says that a changed file
// was taken. A file with access keys that others than its owner may read gets a line at level warn.
//
// Secret keys stand in the file as they are, since a signature can't be checked without them; tokens only by their hashes.
func OpenFile(path string, now func() time.Time, log *slog.Logger) (*File, error) {
	f, err := newFile(path, now, log)
	if err != nil {
		return nil, err
	}
	ticker := time.NewTicker(interval)
	f.watch.Go(func() {
		defer ticker.Stop()
		f.follow(ticker.C)
	})
	return f, nil
}

// newFile answers a File that is read once and not followed.
func newFile(path string, now func() time.Time, log *slog.Logger) (*File, error) {
	f := &File{MaxBody: DefaultMaxBody, path: path, now: now, log: log, noKey: listedKey{secret: rand.Text()}, stopped: make(chan struct{})}
	data, mode, err := readFile(path)
	if err == nil {
		err = f.take(data, mode)
	}
	if err != nil {
		return nil, fmt.Errorf("credentials file %s: %w", path, err)
	}
	f.handled = fileState{sum: sha256.Sum256(data)}
	return f, nil
}

// Close ends the looking. What was read stays in force.
func (f *File) Close() error {
	f.stop.Do(func() { close(f.stopped) })
	f.watch.Wait()
	return nil
}

// Authenticate knows a caller by a token or by a signed request. The body of a signed request is read and put back.
func (f *File) Authenticate(r *http.Request, _ peering.ID) (peering.Caller, error) {
	if len(r.Header[tokenHeader]) == 0 && len(r.Header[authorizationHeader]) > 0 {
		return f.signer(r)
	}
	token, err := tokenOf(r)
	if err != nil {
		return peering.Caller{}, refuse("%w", err)
	}
	listed, ok := f.inForce.Load().tokens[sha256.Sum256([]byte(token))]
	if !ok {
		return peering.Caller{}, refuse("the token is not listed")
	}
	if !listed.expires.IsZero() && !f.now().Before(listed.expires) {
		return peering.Caller{}, expired("token of user %q in project %s", listed.caller.User, listed.caller.Project)
	}
	return listed.caller, nil
}

// follow looks at the file at each tick until Close.
func (f *File) follow(ticks <-chan time.Time) {
	for {
		select {
		case <-f.stopped:
			return
		case <-ticks:
			f.look()
		}
	}
}

// look takes the file where it has changed and was the same at the last look: one that is being written is not looked at
// half-way. Contents are compared, not times: those are coarse on some file systems, and can be set.
func (f *File) look() {
	data, mode, err := readFile(f.path)
	state := fileState{sum: sha256.Sum256(data)}
	if err != nil {
		state = fileState{problem: err.Error()}
	}
	if state == f.handled || state != f.pending {
		f.pending = state
		return
	}
	f.handled = state
	if err == nil {
		err = f.take(data, mode)
	}
	if err != nil {
		f.log.Error("the credentials file is broken; what was read before stays in force", "file", f.path, "error", err)
	}
}

// take puts what a file says in force, or answers what is wrong with it.
func (f *File) take(data []byte, mode os.FileMode) error {
	listed, err := parse(data)
	if err != nil {
		return err
	}
	f.inForce.Store(listed)
	f.log.Info("credentials are in force", "file", f.path, "tokens", len(listed.tokens), "access_keys", len(listed.keys))
	if len(listed.keys) > 0 && mode.Perm()&0o077 != 0 {
		f.log.Warn("others than its owner may read the credentials file, which has secret keys in it",
			"file", f.path, "mode", mode.Perm().String())
	}
	return nil
}

func readFile(path string) (data []byte, mode os.FileMode, err error) {
	file, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	if err != nil {
		return nil, 0, err
	}
	data, err = io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return nil, 0, err
	}
	if len(data) > maxFile {
		return nil, 0, fmt.Errorf("more than %d MiB", maxFile>>20)
	}
	return data, info.Mode(), nil
}
