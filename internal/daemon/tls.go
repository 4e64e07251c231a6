package daemon

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"

	"github.com/peering/peering/internal/certpool"
	"github.com/peering/peering/internal/cli/command"
)

// tlsFiles are the PEM files for TLS on the API listener.
type tlsFiles struct {
	// cert is the server's certificate and its intermediates, key the
	// certificate's key.
	cert, key string
	// clientCA holds the CAs that clients need a certificate from, "" if they
	// need none.
	clientCA string
}

func (f tlsFiles) enabled() bool {
	return f.cert != ""
}

// check returns a usage error for an invalid combination of flags.
func (f tlsFiles) check() error {
	if (f.cert == "") != (f.key == "") {
		return command.Usagef("--tls-cert and --tls-key must be set together")
	}
	if f.clientCA != "" && !f.enabled() {
		return command.Usagef("--tls-client-ca needs --tls-cert and --tls-key")
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

// reloadingTLS reloads the files when they change.
type reloadingTLS struct {
	files tlsFiles
	log   *slog.Logger

	mu      sync.Mutex
	stats   []os.FileInfo
	current *tls.Config
}

// newTLS returns a configuration that checks the files for changes with every
// handshake. If the changed files are invalid, it logs why once and keeps the
// old ones.
func newTLS(files tlsFiles, log *slog.Logger) (*tls.Config, error) {
	r := &reloadingTLS{files: files, log: log, stats: files.stat()}
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

func (r *reloadingTLS) config(hello *tls.ClientHelloInfo) *tls.Config {
	r.mu.Lock()
	defer r.mu.Unlock()
	stats := r.files.stat()
	if slices.EqualFunc(stats, r.stats, sameFile) {
		return r.current
	}
	r.stats = stats
	loaded, err := r.files.load()
	if err != nil {
		r.log.ErrorContext(hello.Context(), "changed TLS files are invalid; the previous ones stay in use", "error", err)
		return r.current
	}
	r.log.InfoContext(hello.Context(), "reloaded the TLS files")
	r.current = loaded
	return loaded
}

// stat returns the state of each file, nil for one that does not exist.
func (f tlsFiles) stat() []os.FileInfo {
	paths := []string{f.cert, f.key, f.clientCA}
	stats := make([]os.FileInfo, len(paths))
	for i, path := range paths {
		if info, err := os.Stat(path); err == nil {
			stats[i] = info
		}
	}
	return stats
}

func sameFile(a, b os.FileInfo) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}
