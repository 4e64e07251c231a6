package daemon

import (
	"math"
	"net"
	"net/url"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/peering/peering/internal/cli/command"
	"github.com/peering/peering/internal/etcd"
)

// etcdFlags select the etcd of a store.
type etcdFlags struct {
	dataDir, quota    string
	endpoints         []string
	caCert, cert, key string
	user, prefix      string
}

// passwordVariable is the environment variable with the password of --etcd-user.
// There is no flag for it, as other users can read command lines.
const passwordVariable = "PEERING_ETCD_PASSWORD" //nolint:gosec // a name, no password

func (f *etcdFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.dataDir, "data-dir", "data", "directory of the embedded etcd, created if it does not exist")
	flags.StringVar(&f.quota, "data-quota", humanize.IBytes(etcd.DefaultQuota),
		"maximum size of the embedded etcd's database, such as 500MiB; at least 64 MiB")
	flags.StringSliceVar(&f.endpoints, "etcd-endpoints", nil,
		"URLs of an etcd cluster, version 3.6.9 or later; either all https or none")
	flags.StringVar(&f.caCert, "etcd-cacert", "", "PEM file of the CA of the cluster's certificates (default the system's CAs)")
	flags.StringVar(&f.cert, "etcd-cert", "", "PEM file of the client certificate for the cluster")
	flags.StringVar(&f.key, "etcd-key", "", "PEM file of the client certificate's key")
	flags.StringVar(&f.user, "etcd-user", "", "user of the cluster; needs https endpoints and the password in "+passwordVariable)
	flags.StringVar(&f.prefix, "etcd-prefix", "", "prefix of all keys, such as /team-a; keys start with PREFIX/peering/")
	cmd.MarkFlagsMutuallyExclusive("data-dir", "etcd-endpoints")
	cmd.MarkFlagsMutuallyExclusive("data-quota", "etcd-endpoints")
}

// config returns the store's configuration, or a usage error.
func (f *etcdFlags) config(getenv func(string) string) (etcd.Config, error) {
	cfg := etcd.Config{
		DataDir:   f.dataDir,
		Endpoints: f.endpoints,
		CACert:    f.caCert,
		Cert:      f.cert,
		Key:       f.key,
		User:      f.user,
		Prefix:    strings.TrimRight(f.prefix, "/"),
	}
	var err error
	if cfg.Quota, err = parseQuota(f.quota); err != nil {
		return cfg, err
	}
	withTLS := f.caCert != "" || f.cert != "" || f.key != ""
	if len(f.endpoints) == 0 && (withTLS || f.user != "") {
		return cfg, command.Usagef("--etcd-cacert, --etcd-cert, --etcd-key and --etcd-user need --etcd-endpoints")
	}
	if (f.cert == "") != (f.key == "") {
		return cfg, command.Usagef("--etcd-cert and --etcd-key must be set together")
	}
	if err := f.checkEndpoints(withTLS); err != nil {
		return cfg, err
	}
	if f.user != "" {
		if cfg.Password = getenv(passwordVariable); cfg.Password == "" {
			return cfg, command.Usagef("--etcd-user %s: set the password in %s", f.user, passwordVariable)
		}
	}
	return cfg, nil
}

// checkEndpoints returns a usage error if traffic that should be encrypted would
// cross the network in plain text. etcd's client treats all endpoints like the
// first.
func (f *etcdFlags) checkEndpoints(withTLS bool) error {
	for _, endpoint := range f.endpoints {
		first := f.endpoints[0]
		switch {
		case etcd.UsesTLS(endpoint) != etcd.UsesTLS(first):
			return command.Usagef("--etcd-endpoints %s and %s: either all or none must start with https://", first, endpoint)
		case etcd.UsesTLS(endpoint):
		case withTLS:
			return command.Usagef("--etcd-endpoints %s must start with https:// because a TLS flag is set", endpoint)
		case f.user != "" && !isLocal(endpoint):
			return command.Usagef("--etcd-endpoints %s must start with https://, or it would receive the password of --etcd-user in plain text", endpoint)
		}
	}
	return nil
}

// isLocal reports whether an endpoint is on this machine.
func isLocal(endpoint string) bool {
	if strings.HasPrefix(endpoint, "unix:") {
		return true
	}
	if _, address, ok := strings.Cut(endpoint, "://"); ok {
		endpoint = address
	}
	u, err := url.Parse("//" + endpoint)
	return err == nil && (u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback())
}

// minQuota is the minimum of --data-quota: a smaller database would not hold the
// peerings of a few hundred tenants.
const minQuota = 64 << 20

// parseQuota parses --data-quota.
func parseQuota(s string) (int64, error) {
	bytes, err := humanize.ParseBytes(s)
	if err != nil || bytes > math.MaxInt64 {
		return 0, command.Usagef("--data-quota must be a size such as 8GiB, got %q", s)
	}
	if bytes < minQuota {
		return 0, command.Usagef("--data-quota must be at least %s, got %s", humanize.IBytes(minQuota), s)
	}
	return int64(bytes), nil
}
