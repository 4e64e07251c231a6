package daemon

import (
	"log/slog"
	"net"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/peering/peering/internal/peering"
)

// Internals that tests look at.
var (
	MaxOpenFiles   = maxOpenFiles
	OpenStore      = openStore
	ParseInventory = parseInventory
	ExpireDue      = expireDue
)

const (
	PasswordVariable = passwordVariable
	GCPercent        = gcPercent
)

// CurlCommand returns the curl command that serve prints without TLS.
func CurlCommand(endpoint string, cluster peering.ClusterRef, header string) (string, error) {
	return exampleCommand(endpoint, tlsFiles{}, cluster, header)
}

// CheckEtcdEndpoints checks the flags of an etcd cluster with a user.
func CheckEtcdEndpoints(endpoints []string) error {
	flags := etcdFlags{quota: "1GiB", endpoints: endpoints, user: "u"}
	_, err := flags.config(func(string) string { return "secret" })
	return err
}

// CheckListener returns an error unless --auth allows the API to listen at an
// address.
func CheckListener(auth string, address net.Addr, listen string, withTLS bool, log *slog.Logger) error {
	return (&authFlags{auth: auth}).allows(address, listen, withTLS, log)
}

// NewLimitedServer returns a server and the listener that limits its
// connections.
func NewLimitedServer(
	l net.Listener, limit int, h http.Handler, metrics prometheus.Registerer, log *slog.Logger,
) (*http.Server, net.Listener, error) {
	limited, err := newConnections(l, limit, "test", metrics)
	if err != nil {
		return nil, nil, err
	}
	server := newHTTPServer(limited, nil, h, log)
	return &server.Server, server.listener, nil
}
