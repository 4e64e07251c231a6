package main

import (
	"cmp"
	"crypto/tls"
	"fmt"
)

// clientTLS answers the TLS that the settings ask for; nil where that is nothing.
func clientTLS(cfg settings) (*tls.Config, error) {
	caCert, cert, key := cfg[settingCACert], cfg[settingCert], cfg[settingKey]
	if caCert.value == "" && cert.value == "" && key.value == "" {
		return nil, nil
	}
	if (cert.value == "") != (key.value == "") {
		return nil, usageError{fmt.Errorf("%s: --cert and --key, or PEERING_CERT and PEERING_KEY, belong together; name both",
			cmp.Or(cert.from, key.from))}
	}
	encryption := &tls.Config{MinVersion: tls.VersionTLS12}
	var err error
	if caCert.value != "" {
		if encryption.RootCAs, err = loadCAs(caCert.value); err != nil {
			return nil, usageError{fmt.Errorf("%s: %w", caCert.from, err)}
		}
	}
	if cert.value != "" {
		pair, err := tls.LoadX509KeyPair(cert.value, key.value)
		if err != nil {
			return nil, usageError{fmt.Errorf("%s %s, %s %s: %w", cert.from, cert.value, key.from, key.value, err)}
		}
		encryption.Certificates = []tls.Certificate{pair}
	}
	return encryption, nil
}
