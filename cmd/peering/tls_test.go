package main

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
)

// startTLS starts a server with a certificate of the authority.
func startTLS(t *testing.T, ca *authority, flags ...string) (s *running, cert, key string) {
	t.Helper()
	cert, key = ca.issue(t, 2)
	return startOn(t, append(flags, "--data-dir", t.TempDir(), "--tls-cert", cert, "--tls-key", key)...), cert, key
}

// trusting answers a TLS configuration that trusts the authority.
func (a *authority) trusting(t *testing.T) *tls.Config {
	t.Helper()
	pool, err := loadCAs(a.file)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS10}
}

// dialTLS answers what the handshake with a server came to.
func dialTLS(t *testing.T, endpoint string, cfg *tls.Config) (tls.ConnectionState, error) {
	t.Helper()
	d := tls.Dialer{Config: cfg}
	c, err := d.DialContext(t.Context(), "tcp", strings.TrimPrefix(endpoint, "https://"))
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer c.Close() //nolint:errcheck // nothing was sent
	encrypted, ok := c.(*tls.Conn)
	if !ok {
		t.Fatalf("%T is no TLS connection", c)
	}
	return encrypted.ConnectionState(), nil
}

// serial answers the serial number of the certificate that a server shows.
func serial(t *testing.T, endpoint string, cfg *tls.Config) int64 {
	t.Helper()
	state, err := dialTLS(t, endpoint, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return state.PeerCertificates[0].SerialNumber.Int64()
}

func TestServiceOverTLS(t *testing.T) {
	ca := newAuthority(t)
	s, _, _ := startTLS(t, ca)
	if !strings.HasPrefix(s.endpoint, "https://127.0.0.1:") || !strings.HasPrefix(s.admin, "http://127.0.0.1:") {
		t.Errorf("announced %s and %s", s.endpoint, s.admin)
	}
	c, err := client.New(s.endpoint, client.WithProject(project), client.WithTLSConfig(ca.trusting(t)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.CreatePeering(t.Context(), clusterID, client.PeeringCreate{Name: "n", VPCID: peerVPC}); err != nil {
		t.Error(err)
	}
	page, err := c.ListVPCPeerings(t.Context(), client.VPCPeeringQuery{})
	if err != nil || len(page.Peerings) != 1 {
		t.Errorf("listed %v, %v", page, err)
	}
	distrusting, err := client.New(s.endpoint, client.WithProject(project))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := distrusting.ListPeerings(t.Context(), clusterID); err == nil {
		t.Error("a client that does not know the CA trusts the server")
	}
}

func TestOldTLSIsRefused(t *testing.T) {
	ca := newAuthority(t)
	s, _, _ := startTLS(t, ca)
	for version, want := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		cfg := ca.trusting(t)
		cfg.MaxVersion = version
		if _, err := dialTLS(t, s.endpoint, cfg); (err == nil) != want {
			t.Errorf("%s: %v", tls.VersionName(version), err)
		}
	}
}

func TestOnlyHTTP1IsSpoken(t *testing.T) {
	ca := newAuthority(t)
	s, _, _ := startTLS(t, ca)
	cfg := ca.trusting(t)
	cfg.NextProtos = []string{"h2", "http/1.1"}
	if state, err := dialTLS(t, s.endpoint, cfg); state.NegotiatedProtocol != "http/1.1" || err != nil {
		t.Errorf("agreed on %q, %v", state.NegotiatedProtocol, err)
	}
}

func TestClientCertificateIsRequired(t *testing.T) {
	ca, clients := newAuthority(t), newAuthority(t)
	s, _, _ := startTLS(t, ca, "--tls-client-ca", clients.file)
	list := func(from *authority) error {
		cfg := ca.trusting(t)
		if from != nil {
			pair, err := tls.LoadX509KeyPair(from.issue(t, 3))
			if err != nil {
				t.Fatal(err)
			}
			cfg.Certificates = []tls.Certificate{pair}
		}
		c, err := client.New(s.endpoint, client.WithProject(project), client.WithTLSConfig(cfg))
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.ListPeerings(t.Context(), clusterID)
		return err
	}
	if err := list(clients); err != nil {
		t.Errorf("with a certificate: %v", err)
	}
	if err := list(nil); err == nil {
		t.Error("a client without a certificate is let in")
	}
	if err := list(ca); err == nil {
		t.Error("a client with a certificate of another CA is let in")
	}
}

func TestTLSFilesAreReadAgain(t *testing.T) {
	ca := newAuthority(t)
	s, cert, key := startTLS(t, ca)
	cfg := ca.trusting(t)
	replace := func(file, by string) {
		t.Helper()
		if err := os.Rename(by, file); err != nil {
			t.Fatal(err)
		}
	}
	if got := serial(t, s.endpoint, cfg); got != 2 {
		t.Errorf("the first certificate is %d", got)
	}
	nextCert, nextKey := ca.issue(t, 3)
	replace(cert, nextCert) // its key is not there yet
	if got := serial(t, s.endpoint, cfg); got != 2 {
		t.Errorf("with a certificate without its key, the certificate is %d", got)
	}
	serial(t, s.endpoint, cfg)
	if n := strings.Count(s.log.String(), "can't be used"); n != 1 {
		t.Errorf("the log tells %d times of a broken pair:\n%s", n, s.log)
	}
	replace(key, nextKey)
	if got := serial(t, s.endpoint, cfg); got != 3 {
		t.Errorf("with both, the certificate is %d", got)
	}
	broken := filepath.Join(t.TempDir(), "broken.pem")
	if err := os.WriteFile(broken, []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	replace(cert, broken)
	if got := serial(t, s.endpoint, cfg); got != 3 {
		t.Errorf("with a broken file, the certificate is %d", got)
	}
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	if got := serial(t, s.endpoint, cfg); got != 3 {
		t.Errorf("without a file, the certificate is %d", got)
	}
}

func TestSlowHandshakesAreClosed(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	s, _, _ := startTLS(t, ca)
	for name, begin := range map[string]string{"nothing is sent": "", "a hello without end": "\x16\x03\x01\x02\x00\x01"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var d net.Dialer
			c, err := d.DialContext(t.Context(), "tcp", strings.TrimPrefix(s.endpoint, "https://"))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close() //nolint:errcheck // the server has closed it
			if err := c.SetDeadline(time.Now().Add(closedBy)); err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(c, begin); err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("not closed after %s", closedBy)
			}
		})
	}
}

func TestCommandsOverTLS(t *testing.T) {
	ca, clients := newAuthority(t), newAuthority(t)
	s, _, _ := startTLS(t, ca, "--tls-client-ca", clients.file)
	cert, key := clients.issue(t, 3)
	other := filepath.Join(t.TempDir(), "other.pem")
	for _, tt := range []struct {
		name string
		args []string
		env  map[string]string
		code int
		want string
	}{
		{"flags", []string{"--cacert", ca.file, "--cert", cert, "--key", key}, nil, exitOK, ""},
		{"environment", nil, map[string]string{"PEERING_CACERT": ca.file, "PEERING_CERT": cert, "PEERING_KEY": key}, exitOK, ""},
		{"flags over environment", []string{"--cacert", ca.file}, map[string]string{"PEERING_CACERT": other, "PEERING_CERT": cert, "PEERING_KEY": key}, exitOK, ""},
		{"unknown CA", []string{"--cacert", clients.file, "--cert", cert, "--key", key}, nil, exitUnavailable, "certificate"},
		{"no certificate", []string{"--cacert", ca.file}, nil, exitUnavailable, "certificate"},
		{"a CA that is not there", []string{"--cacert", other}, nil, exitUsage, other},
		{"a CA that is none", []string{"--cacert", key}, nil, exitUsage, key},
		{"a certificate without key", []string{"--cert", cert}, nil, exitUsage, "--key"},
		{"a key of another certificate", []string{"--cert", ca.file, "--key", key}, nil, exitUsage, "--cert"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := &lockedBuffer{}
			args := append([]string{"list", "--endpoint", s.endpoint, "--project", project}, tt.args...)
			code := run(t.Context(), args, out, out, func(name string) string { return tt.env[name] })
			wantOutput(t, code, out.String(), tt.code, []string{tt.want})
		})
	}
}

func TestSecurityHeadersOverTLS(t *testing.T) {
	ca := newAuthority(t)
	s, _, _ := startTLS(t, ca)
	transport := &http.Transport{TLSClientConfig: ca.trusting(t)}
	defer transport.CloseIdleConnections()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.endpoint+csPath, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	got := sendWith(t, &http.Client{Transport: checkedTransport{t: t, base: transport}}, r)
	wantSecure(t, got.header, true)
}
