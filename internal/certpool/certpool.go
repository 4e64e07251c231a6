// Package certpool loads certificate authorities from PEM files.
package certpool

import (
	"crypto/x509"
	"fmt"
	"os"
)

// Load returns a pool of the certificates in a PEM file. It returns an error
// that names the file when the file can't be read or holds no certificate.
func Load(path string) (*x509.CertPool, error) {
	text, err := os.ReadFile(path) //nolint:gosec // the user names the file
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s: no PEM certificate found", path)
	}
	return pool, nil
}
