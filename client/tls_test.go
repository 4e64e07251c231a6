package client_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/peering/peering/client"
)

func TestTLSConfigTrustsThePrivateCA(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"peerings":[]}`))
	}))
	t.Cleanup(s.Close)
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	cfg := &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	trusting, err := client.New(s.URL, client.WithProject(project), client.WithTLSConfig(cfg))
	if err != nil {
		t.Fatal(err)
	}
	cfg.RootCAs = nil // the client uses a copy
	if _, err := trusting.ListPeerings(t.Context(), "1000000"); err != nil {
		t.Error(err)
	}
	untrusting, err := client.New(s.URL, client.WithProject(project))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := untrusting.ListPeerings(t.Context(), "1000000"); err == nil {
		t.Error("a client without the CA trusts the server")
	}
}

func TestNewRejectsTLSConfigWithHTTPClient(t *testing.T) {
	_, err := client.New("https://127.0.0.1:1",
		client.WithTLSConfig(&tls.Config{MinVersion: tls.VersionTLS12}), client.WithHTTPClient(http.DefaultClient))
	if err == nil {
		t.Error("accepted both options")
	}
}
