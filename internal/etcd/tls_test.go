package etcd_test

import (
	"crypto/x509"
	"errors"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/etcd/client/pkg/v3/transport"
	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"

	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/peering"
)

// selfSigned returns the files of a new self-signed certificate for a host.
func selfSigned(t *testing.T, host string) transport.TLSInfo {
	t.Helper()
	info, err := transport.SelfCert(zap.NewNop(), t.TempDir(), []string{host + ":0"}, 1, x509.ExtKeyUsageClientAuth)
	if err != nil {
		t.Fatal(err)
	}
	return transport.TLSInfo{CertFile: info.CertFile, KeyFile: info.KeyFile, TrustedCAFile: info.CertFile}
}

// withTLS makes an etcd use the certificate and require client certificates that
// are signed by it.
func withTLS(info transport.TLSInfo) func(*embed.Config) {
	return func(c *embed.Config) {
		c.ListenClientUrls = []url.URL{{Scheme: "https", Host: "127.0.0.1:0"}}
		c.ClientTLSInfo = info
		c.ClientTLSInfo.ClientCertAuth = true
	}
}

func https(endpoint string) string {
	return strings.Replace(endpoint, "http://", "https://", 1)
}

func TestOpenWithTLSAndUser(t *testing.T) {
	t.Parallel()
	info, otherHost := selfSigned(t, "127.0.0.1"), selfSigned(t, "example.org")
	httpEndpoint, _ := startEtcd(t, withTLS(info))
	misnamed, _ := startEtcd(t, withTLS(otherHost))
	endpoint, closed := https(httpEndpoint), https(closedEndpoint(t))
	good := etcd.Config{
		Endpoints: []string{endpoint}, Prefix: "/team", Timeout: time.Minute,
		CACert: info.TrustedCAFile, Cert: info.CertFile, Key: info.KeyFile,
	}
	admin, err := etcd.Open(t.Context(), good)
	wantCode(t, err, "")
	enableAuth(t, admin.Client())
	wantCode(t, admin.Close(), "")

	good.User, good.Password = "peering", "secret"
	store, err := etcd.Open(t.Context(), good)
	wantCode(t, err, "")
	p, _, err := store.Create(t.Context(), newPeering(newVPC(), newVPC()), newIdempotency(), unlimited)
	wantCode(t, err, "")
	wantStatus(t, store, p.ID, peering.PendingAcceptance)
	wantCode(t, store.Close(), "")

	missing := filepath.Join(t.TempDir(), "missing.pem")
	tests := []struct {
		name   string
		change func(*etcd.Config)
		want   []string
	}{
		{"wrong password", func(c *etcd.Config) { c.Password, c.Timeout = "wrong", time.Minute }, []string{endpoint, `"peering"`, "password"}},
		{"no user", func(c *etcd.Config) { c.User, c.Timeout = "", time.Minute }, []string{endpoint, info.CertFile, "/team/peering/"}},
		{"no certificate", func(c *etcd.Config) { c.Cert, c.Key = "", "" }, []string{endpoint, "certificate required"}},
		{"unknown CA", func(c *etcd.Config) { c.CACert = "" }, []string{endpoint, "unknown authority"}},
		{"unknown CA without user", func(c *etcd.Config) { c.CACert, c.User = "", "" }, []string{endpoint, "unknown authority"}},
		{"missing CA file", func(c *etcd.Config) { c.CACert = missing }, []string{missing}},
		{"certificate for another host", func(c *etcd.Config) {
			c.Endpoints, c.CACert = []string{https(misnamed)}, otherHost.TrustedCAFile
		}, []string{https(misnamed), "certificate", "127.0.0.1"}},
		{"closed endpoint", func(c *etcd.Config) { c.Endpoints = []string{closed} }, []string{closed, "connection refused"}},
		{"closed endpoint without user", func(c *etcd.Config) { c.Endpoints, c.User = []string{closed}, "" }, []string{closed, "connection refused"}},
		{"closed endpoint and unknown CA", func(c *etcd.Config) { c.Endpoints, c.CACert = []string{closed, endpoint}, "" },
			[]string{closed, "connection refused", endpoint, "unknown authority"}},
	}
	errs := concurrently(len(tests), func(i int) error {
		bad := good
		bad.Timeout = 5 * time.Second // most of them wait that long for a connection
		tests[i].change(&bad)
		store, err := etcd.Open(t.Context(), bad)
		if err == nil {
			return errors.Join(errors.New("the store opened"), store.Close())
		}
		return err
	})
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := errs[i]
			wantErrorContaining(t, err, tt.want...)
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("error contains the password: %v", err)
			}
		})
	}
}
