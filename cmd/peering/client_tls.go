package main

import (
	"crypto/tls"
	"errors"
	"fmt"

	"github.com/spf13/pflag"
)

// clientTLS are the PEM files that TLS of the client commands takes.
type clientTLS struct {
	caCert, cert, key string
}

func (f *clientTLS) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.caCert, "cacert", "", "PEM file of the CA that signs the service's certificate (PEERING_CACERT; default the system's CAs)")
	flags.StringVar(&f.cert, "cert", "", "PEM file of the certificate to show to the service (PEERING_CERT)")
	flags.StringVar(&f.key, "key", "", "PEM file of its key (PEERING_KEY)")
}

// config answers what the flags and the environment say; nil where that is nothing.
func (f *clientTLS) config(getenv func(string) string) (*tls.Config, error) {
	caCert := first(f.caCert, getenv("PEERING_CACERT"))
	cert, key := first(f.cert, getenv("PEERING_CERT")), first(f.key, getenv("PEERING_KEY"))
	if caCert == "" && cert == "" && key == "" {
		return nil, nil
	}
	if (cert == "") != (key == "") {
		return nil, usageError{errors.New("--cert and --key, or PEERING_CERT and PEERING_KEY, belong together; name both")}
	}
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	var err error
	if caCert != "" {
		if cfg.RootCAs, err = loadCAs(caCert); err != nil {
			return nil, usageError{fmt.Errorf("--cacert %w", err)}
		}
	}
	if cert != "" {
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			return nil, usageError{fmt.Errorf("--cert %s, --key %s: %w", cert, key, err)}
		}
		cfg.Certificates = []tls.Certificate{pair}
	}
	return cfg, nil
}
