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
	// pollInterval is the time between two reads of a credentials file.
	pollInterval = time.Second
	// maxFileSize is the maximum size of a credentials file in bytes.
	maxFileSize = 16 << 20
)

// A File authenticates requests by the tokens and access keys in a file.
type File struct {
	// MaxBody is the maximum size in bytes of the body of a signed request, which
	// is read to verify the signature. OpenFile sets it to DefaultMaxBody. It must
	// not change after the first request.
	MaxBody int64

	path string
	now  func() time.Time
	log  *slog.Logger

	current atomic.Pointer[credentials]
	// decoy has a random secret key. Signatures with an unknown access key are
	// compared with its signature, so that they take as long.
	decoy accessKeyEntry
	// processed is the state of the file that was last applied or rejected,
	// candidate the state at the last poll. Only the polling goroutine uses them.
	processed, candidate fileState

	closing sync.Once
	closed  chan struct{}
	polling sync.WaitGroup
}

// A fileState identifies the content of a file, or the error that reading it
// returned.
type fileState struct {
	sum [sha256.Size]byte
	err string
}

// OpenFile reads a YAML file of tokens and access keys, and polls it for changes
// every second until Close:
//
//	tokens:
//	  - # The SHA-256 of the token, as "peering token hash" prints it.
//	    sha256: 2bd806c97f0e00af1a1fc3328fa763a9269723c8db8fac4f93af71db186d6e90
//	    project_id: 4f30b9215e054c908d18f2b150131646
//	    user: alice
//	    roles: [admin]                    # admin, reader
//	    expires_at: 2027-01-01T00:00:00Z  # optional
//	access_keys:
//	  - access_key: AKEXAMPLE
//	    secret_key: ...
//	    project_id: 4f30b9215e054c908d18f2b150131646
//	    user: bob
//	    roles: [reader]
//
// A changed file is applied within two seconds, as soon as two polls have read
// the same content. It may be written in place, or replaced by a rename or by a
// symbolic link.
//
// OpenFile returns an error if the file is missing or invalid. If it becomes so
// later, the credentials that were read before remain valid, and the log gets
// one error for each change. The log also gets one line at level info whenever
// credentials are applied, and one at level warn if the file contains access
// keys and users other than its owner may access it.
//
// The file contains secret keys in plain text, because verifying a signature
// requires them, but only hashes of tokens.
func OpenFile(path string, now func() time.Time, log *slog.Logger) (*File, error) {
	f, err := newFile(path, now, log)
	if err != nil {
		return nil, err
	}
	ticker := time.NewTicker(pollInterval)
	f.polling.Go(func() {
		defer ticker.Stop()
		f.pollAt(ticker.C)
	})
	return f, nil
}

// newFile returns a File that has been read once and isn't polled.
func newFile(path string, now func() time.Time, log *slog.Logger) (*File, error) {
	f := &File{
		MaxBody: DefaultMaxBody,
		path:    path,
		now:     now,
		log:     log,
		decoy:   accessKeyEntry{secretKey: rand.Text()},
		closed:  make(chan struct{}),
	}
	data, mode, err := readFile(path)
	if err == nil {
		err = f.apply(data, mode)
	}
	if err != nil {
		return nil, fmt.Errorf("credentials file %s: %w", path, err)
	}
	f.processed = fileState{sum: sha256.Sum256(data)}
	return f, nil
}

// Close stops polling. The credentials that were read remain valid.
func (f *File) Close() error {
	f.closing.Do(func() { close(f.closed) })
	f.polling.Wait()
	return nil
}

// Authenticate returns the caller of a request with a token or a signature. If
// it reads the body to verify a signature, it makes the body readable again.
func (f *File) Authenticate(r *http.Request, _ peering.ID) (peering.Caller, error) {
	if len(r.Header[tokenHeader]) == 0 && len(r.Header[authorizationHeader]) > 0 {
		return f.verifySignature(r)
	}
	token, err := requestToken(r)
	if err != nil {
		return peering.Caller{}, unauthenticated("%w", err)
	}
	entry, ok := f.current.Load().tokens[sha256.Sum256([]byte(token))]
	if !ok {
		return peering.Caller{}, unauthenticated("the token is not listed")
	}
	if !entry.expires.IsZero() && !f.now().Before(entry.expires) {
		return peering.Caller{}, tokenExpired(entry.caller)
	}
	return entry.caller, nil
}

// pollAt polls the file at each tick until Close.
func (f *File) pollAt(ticks <-chan time.Time) {
	for {
		select {
		case <-f.closed:
			return
		case <-ticks:
			f.poll()
		}
	}
}

// poll reads the file and applies it if it has changed and two polls in a row
// have read the same content; otherwise it could be half-written. It compares
// contents, because modification times are coarse on some file systems and can
// be set.
func (f *File) poll() {
	data, mode, err := readFile(f.path)
	state := fileState{sum: sha256.Sum256(data)}
	if err != nil {
		state = fileState{err: err.Error()}
	}
	if state == f.processed || state != f.candidate {
		f.candidate = state
		return
	}
	f.processed = state
	if err == nil {
		err = f.apply(data, mode)
	}
	if err != nil {
		f.log.Error("the credentials file is invalid; the previous credentials remain valid", "file", f.path, "error", err)
	}
}

// apply parses the content of the file and replaces the current credentials.
func (f *File) apply(data []byte, mode os.FileMode) error {
	parsed, err := parseCredentials(data)
	if err != nil {
		return err
	}
	f.current.Store(parsed)
	f.log.Info("loaded credentials", "file", f.path, "tokens", len(parsed.tokens), "access_keys", len(parsed.accessKeys))
	if len(parsed.accessKeys) > 0 && mode.Perm()&0o077 != 0 {
		f.log.Warn("the credentials file contains secret keys, but users other than its owner may access it",
			"file", f.path, "mode", mode.Perm().String())
	}
	return nil
}

func readFile(path string) (data []byte, mode os.FileMode, err error) {
	file, err := os.Open(path) //nolint:gosec // the operator chooses the file
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	if err != nil {
		return nil, 0, err
	}
	data, err = io.ReadAll(io.LimitReader(file, maxFileSize+1))
	if err != nil {
		return nil, 0, err
	}
	if len(data) > maxFileSize {
		return nil, 0, fmt.Errorf("the file has more than %d MiB", maxFileSize>>20)
	}
	return data, info.Mode(), nil
}
