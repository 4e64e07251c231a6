package e2e_test

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/e2e/harness"
)

// startTLS starts a server with a certificate of the authority. It returns the
// paths of the certificate and its key.
func startTLS(t *testing.T, ca *harness.Authority, flags ...string) (s *harness.Server, cert, key string) {
	t.Helper()
	cert, key = ca.Issue(t, 2)
	flags = append(flags, "--data-dir", t.TempDir(), "--tls-cert", cert, "--tls-key", key)
	return harness.StartWith(t, flags...), cert, key
}

// dialTLS returns the result of a TLS handshake with a server.
func dialTLS(t *testing.T, endpoint string, cfg *tls.Config) (tls.ConnectionState, error) {
	t.Helper()
	d := tls.Dialer{Config: cfg}
	c, err := d.DialContext(t.Context(), "tcp", strings.TrimPrefix(endpoint, "https://"))
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer c.Close() //nolint:errcheck // only the handshake matters
	encrypted, ok := c.(*tls.Conn)
	if !ok {
		t.Fatalf("%T is no TLS connection", c)
	}
	return encrypted.ConnectionState(), nil
}

// serialNumber returns the serial number of a server's certificate.
func serialNumber(t *testing.T, endpoint string, cfg *tls.Config) int64 {
	t.Helper()
	state, err := dialTLS(t, endpoint, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return state.PeerCertificates[0].SerialNumber.Int64()
}

func TestServerWithTLS(t *testing.T) {
	t.Parallel()
	ca := harness.NewAuthority(t)
	s, _, _ := startTLS(t, ca)
	if !strings.HasPrefix(s.Endpoint, "https://127.0.0.1:") || !strings.HasPrefix(s.Admin, "http://127.0.0.1:") {
		t.Errorf("announced %s and %s", s.Endpoint, s.Admin)
	}
	c, err := client.New(s.Endpoint, client.WithProject(harness.Project), client.WithTLSConfig(ca.TLSConfig()))
	if err != nil {
		t.Fatal(err)
	}
	create := client.PeeringCreate{Name: "n", VPCID: harness.PeerVPC}
	if _, err := c.CreatePeering(t.Context(), harness.ClusterID, create); err != nil {
		t.Error(err)
	}
	page, err := c.ListVPCPeerings(t.Context(), client.VPCPeeringQuery{})
	if err != nil || len(page.Peerings) != 1 {
		t.Errorf("list returned %v, %v", page, err)
	}
	untrusting, err := client.New(s.Endpoint, client.WithProject(harness.Project))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := untrusting.ListPeerings(t.Context(), harness.ClusterID); err == nil {
		t.Error("a client without the CA accepts the certificate")
	}
}

func TestOldTLSVersionsAreRejected(t *testing.T) {
	t.Parallel()
	ca := harness.NewAuthority(t)
	s, _, _ := startTLS(t, ca)
	for version, want := range map[uint16]bool{
		tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true,
	} {
		cfg := ca.TLSConfig()
		cfg.MaxVersion = version
		if _, err := dialTLS(t, s.Endpoint, cfg); (err == nil) != want {
			t.Errorf("%s: %v", tls.VersionName(version), err)
		}
	}
}

func TestHTTP2IsNotNegotiated(t *testing.T) {
	t.Parallel()
	ca := harness.NewAuthority(t)
	s, _, _ := startTLS(t, ca)
	cfg := ca.TLSConfig()
	cfg.NextProtos = []string{"h2", "http/1.1"}
	if state, err := dialTLS(t, s.Endpoint, cfg); state.NegotiatedProtocol != "http/1.1" || err != nil {
		t.Errorf("negotiated %q, %v", state.NegotiatedProtocol, err)
	}
}

func TestClientCertificateIsRequired(t *testing.T) {
	t.Parallel()
	ca, clients := harness.NewAuthority(t), harness.NewAuthority(t)
	s, _, _ := startTLS(t, ca, "--tls-client-ca", clients.File)
	list := func(issuer *harness.Authority) error {
		cfg := ca.TLSConfig()
		if issuer != nil {
			pair, err := tls.LoadX509KeyPair(issuer.Issue(t, 3))
			if err != nil {
				t.Fatal(err)
			}
			cfg.Certificates = []tls.Certificate{pair}
		}
		c, err := client.New(s.Endpoint, client.WithProject(harness.Project), client.WithTLSConfig(cfg))
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.ListPeerings(t.Context(), harness.ClusterID)
		return err
	}
	if err := list(clients); err != nil {
		t.Errorf("a client with a certificate got %v", err)
	}
	if err := list(nil); err == nil {
		t.Error("a client without a certificate is accepted")
	}
	if err := list(ca); err == nil {
		t.Error("a client with a certificate of another CA is accepted")
	}
}

func TestTLSFilesAreReloaded(t *testing.T) {
	t.Parallel()
	ca := harness.NewAuthority(t)
	s, cert, key := startTLS(t, ca)
	cfg := ca.TLSConfig()
	replace := func(file, with string) {
		t.Helper()
		if err := os.Rename(with, file); err != nil {
			t.Fatal(err)
		}
	}
	if got := serialNumber(t, s.Endpoint, cfg); got != 2 {
		t.Errorf("the first certificate is number %d, want 2", got)
	}
	nextCert, nextKey := ca.Issue(t, 3)
	replace(cert, nextCert) // without its key
	if got := serialNumber(t, s.Endpoint, cfg); got != 2 {
		t.Errorf("with the wrong key, the certificate is number %d, want 2", got)
	}
	serialNumber(t, s.Endpoint, cfg)
	if n := strings.Count(s.Log.String(), "TLS files are invalid"); n != 1 {
		t.Errorf("the log has %d errors for the wrong key, want 1:\n%s", n, s.Log)
	}
	replace(key, nextKey)
	if got := serialNumber(t, s.Endpoint, cfg); got != 3 {
		t.Errorf("with the right key, the certificate is number %d, want 3", got)
	}
	broken := filepath.Join(t.TempDir(), "broken.pem")
	if err := os.WriteFile(broken, []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	replace(cert, broken)
	if got := serialNumber(t, s.Endpoint, cfg); got != 3 {
		t.Errorf("with a broken file, the certificate is number %d, want 3", got)
	}
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	if got := serialNumber(t, s.Endpoint, cfg); got != 3 {
		t.Errorf("without a key file, the certificate is number %d, want 3", got)
	}
}

func TestSlowHandshakesAreClosed(t *testing.T) {
	t.Parallel()
	ca := harness.NewAuthority(t)
	s, _, _ := startTLS(t, ca)
	for name, data := range map[string]string{"no data": "", "incomplete hello": "\x16\x03\x01\x02\x00\x01"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var d net.Dialer
			c, err := d.DialContext(t.Context(), "tcp", strings.TrimPrefix(s.Endpoint, "https://"))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close() //nolint:errcheck // closed by the server
			if err := c.SetDeadline(time.Now().Add(closedBy)); err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(c, data); err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("the connection is open after %s", closedBy)
			}
		})
	}
}

func TestSecurityHeadersWithTLS(t *testing.T) {
	t.Parallel()
	ca := harness.NewAuthority(t)
	s, _, _ := startTLS(t, ca)
	transport := &http.Transport{TLSClientConfig: ca.TLSConfig()}
	defer transport.CloseIdleConnections()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.Endpoint+harness.CSPath, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	got := harness.SendWith(t, &http.Client{Transport: harness.CheckedTransport{T: t, Base: transport}}, r)
	wantSecurityHeaders(t, got.Header, true)
}
