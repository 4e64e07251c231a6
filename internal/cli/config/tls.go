package config

import (
	"cmp"
	"crypto/tls"

	"github.com/peering/peering/internal/certpool"
	"github.com/peering/peering/internal/cli/command"
)

// TLS returns the TLS configuration in the settings, nil without one.
func TLS(s Settings) (*tls.Config, error) {
	caCert, cert, key := s[CACert], s[Cert], s[Key]
	if caCert.Text == "" && cert.Text == "" && key.Text == "" {
		return nil, nil
	}
	if (cert.Text == "") != (key.Text == "") {
		return nil, command.Usagef("%s: --cert and --key (PEERING_CERT and PEERING_KEY) must be set together",
			cmp.Or(cert.From, key.From))
	}
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	var err error
	if caCert.Text != "" {
		if cfg.RootCAs, err = certpool.Load(caCert.Text); err != nil {
			return nil, command.Usagef("%s: %w", caCert.From, err)
		}
	}
	if cert.Text != "" {
		pair, err := tls.LoadX509KeyPair(cert.Text, key.Text)
		if err != nil {
			return nil, command.Usagef("%s %s, %s %s: %w", cert.From, cert.Text, key.From, key.Text, err)
		}
		cfg.Certificates = []tls.Certificate{pair}
	}
	return cfg, nil
}
