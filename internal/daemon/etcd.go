package daemon

import (
	"errors"
	"math"
	"net"
	"net/url"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/peering/peering/internal/cli/command"
	"github.com/peering/peering/internal/etcd"
)

// etcdFlags say which etcd a store uses.
type etcdFlags struct {
	dataDir, quota    string
	endpoints         []string
	caCert, cert, key string
	user, prefix      string
}

// passwordVariable names the environment variable of the password for --etcd-user: a command line can be read by others.
const passwordVariable = "PEERING_ETCD_PASSWORD" //nolint:gosec // a name, no password

func (f *etcdFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.dataDir, "data-dir", "data", "folder of the embedded etcd, made if it is not there")
	flags.StringVar(&f.quota, "data-quota", humanize.IBytes(etcd.DefaultQuota),
		"how large the embedded etcd's database may become, such as 500MiB; 64 MiB at least")
	flags.StringSliceVar(&f.endpoints, "etcd-endpoints", nil,
		"URLs of an etcd cluster, version 3.6.9 or later; all of them https, or none")
	flags.StringVar(&f.caCert, "etcd-cacert", "", "PEM file of the CA that signs the cluster's certificates; by default the system's CAs")
	flags.StringVar(&f.cert, "etcd-cert", "", "PEM file of the certificate to show to the cluster")
	flags.StringVar(&f.key, "etcd-key", "", "PEM file of its key")
	flags.StringVar(&f.user, "etcd-user", "", "user of the cluster, with https endpoints; "+passwordVariable+" holds the password")
	flags.StringVar(&f.prefix, "etcd-prefix", "", "what all keys start with, such as /team-a; /peering/ follows it")
	cmd.MarkFlagsMutuallyExclusive("data-dir", "etcd-endpoints")
	cmd.MarkFlagsMutuallyExclusive("data-quota", "etcd-endpoints")
}

// config answers what the flags say, or what is wrong with them.
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
	encrypted := f.caCert != "" || f.cert != "" || f.key != ""
	if len(f.endpoints) == 0 && (encrypted || f.user != "") {
		return cfg, command.UsageError{Err: errors.New("--etcd-cacert, --etcd-cert, --etcd-key and --etcd-user are about a cluster; name it with --etcd-endpoints")}
	}
	if (f.cert == "") != (f.key == "") {
		return cfg, command.UsageError{Err: errors.New("--etcd-cert and --etcd-key belong together; name both")}
	}
	if err := f.checkEndpoints(encrypted); err != nil {
		return cfg, err
	}
	if f.user != "" {
		if cfg.Password = getenv(passwordVariable); cfg.Password == "" {
			return cfg, command.Usagef("--etcd-user %s needs a password; put it into %s", f.user, passwordVariable)
		}
	}
	return cfg, nil
}

// checkEndpoints answers what would cross the network in plain text although it should not, or nil. The client of etcd
// speaks to all endpoints as it does to the first.
func (f *etcdFlags) checkEndpoints(encrypted bool) error {
	for _, endpoint := range f.endpoints {
		first := f.endpoints[0]
		switch {
		case etcd.UsesTLS(endpoint) != etcd.UsesTLS(first):
			return command.Usagef("--etcd-endpoints %s and %s: all of them have to start with https://, or none", first, endpoint)
		case etcd.UsesTLS(endpoint):
		case encrypted:
			return command.Usagef("--etcd-endpoints %s would not be encrypted; it has to start with https://", endpoint)
		case f.user != "" && !onThisMachine(endpoint):
			return command.Usagef("--etcd-endpoints %s would get the password of --etcd-user in plain text; it has to start with https://", endpoint)
		}
	}
	return nil
}

// onThisMachine tells whether what is sent to an endpoint stays on this machine.
func onThisMachine(endpoint string) bool {
	if strings.HasPrefix(endpoint, "unix:") {
		return true
	}
	if _, address, ok := strings.Cut(endpoint, "://"); ok {
		endpoint = address
	}
	u, err := url.Parse("//" + endpoint)
	return err == nil && (u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback())
}

// minQuota is the smallest --data-quota: less would not hold the peerings of a few hundred tenants.
const minQuota = 64 << 20

// parseQuota reads --data-quota.
func parseQuota(s string) (int64, error) {
	bytes, err := humanize.ParseBytes(s)
	if err != nil || bytes > math.MaxInt64 {
		return 0, command.Usagef("--data-quota %q is not a size such as 8GiB", s)
	}
	if bytes < minQuota {
		return 0, command.Usagef("--data-quota %s is less than %s", s, humanize.IBytes(minQuota))
	}
	return int64(bytes), nil
}
