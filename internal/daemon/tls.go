package daemon

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"

	"github.com/peering/peering/internal/certpool"
	"github.com/peering/peering/internal/cli/command"
)

// tlsFiles are the PEM files that TLS of the API takes.
type tlsFiles struct {
	// cert is the server's certificate with those between it and its CA, key its key.
	cert, key string
	// clientCA are the CAs of which a client needs a certificate; empty where it needs none.
	clientCA string
}

func (f tlsFiles) used() bool {
	return f.cert != ""
}

// check answers what is wrong with the flags.
func (f tlsFiles) check() error {
	if (f.cert == "") != (f.key == "") {
		return command.UsageError{Err: errors.New("--tls-cert and --tls-key belong together; name both")}
	}
	if f.clientCA != "" && !f.used() {
		return command.UsageError{Err: errors.New("--tls-client-ca is about TLS; name a certificate with --tls-cert and --tls-key")}
	}
	return nil
}

// load reads the files.
func (f tlsFiles) load() (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return nil, fmt.Errorf("--tls-cert %s, --tls-key %s: %w", f.cert, f.key, err)
	}
	cfg := &tls.Config{
		MinVersion:   tls.VersionTLS12,
		NextProtos:   []string{"http/1.1"},
		Certificates: []tls.Certificate{pair},
	}
	if f.clientCA != "" {
		if cfg.ClientCAs, err = certpool.Load(f.clientCA); err != nil {
			return nil, fmt.Errorf("--tls-client-ca %w", err)
		}
		cfg.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return cfg, nil
}

// reloading is TLS from files that are read again when they have changed.
type reloading struct {
	files tlsFiles
	log   *slog.Logger

	mu      sync.Mutex
	seen    []os.FileInfo
	current *tls.Config
}

// newTLS answers a configuration that looks at the files with every handshake, which costs next to nothing beside it.
// Where they can't be used any more it stays at what they were, and logs why, once for each change.
func newTLS(files tlsFiles, log *slog.Logger) (*tls.Config, error) {
	r := &reloading{files: files, log: log, seen: files.look()}
	var err error
	if r.current, err = files.load(); err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			return r.config(hello), nil
		},
	}, nil
}

func (r *reloading) config(hello *tls.ClientHelloInfo) *tls.Config {
	r.mu.Lock()
	defer r.mu.Unlock()
	found := r.files.look()
	if slices.EqualFunc(found, r.seen, sameFile) {
		return r.current
	}
	r.seen = found
	loaded, err := r.files.load()
	if err != nil {
		r.log.ErrorContext(hello.Context(), "the changed TLS files can't be used; those from before stay in use", "error", err)
		return r.current
	}
	r.log.InfoContext(hello.Context(), "the TLS files have changed and are in use")
	r.current = loaded
	return loaded
}

// look answers what tells the files from other ones; nil for one that is not there.
func (f tlsFiles) look() []os.FileInfo {
	paths := []string{f.cert, f.key, f.clientCA}
	found := make([]os.FileInfo, len(paths))
	for i, path := range paths {
		if info, err := os.Stat(path); err == nil {
			found[i] = info
		}
	}
	return found
}

func sameFile(a, b os.FileInfo) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}
