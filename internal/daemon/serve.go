package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/peering/peering/internal/cli/command"
	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/peering"
	"github.com/peering/peering/server"
)

// serveConfig holds the flags of serve.
type serveConfig struct {
	listen, adminListen string
	etcd                etcdFlags
	inventory           string
	serviceTenant       string
	rules               peering.Rules
	auth                authFlags
	network             networkFlags
	logLevel, logFormat string
}

func serveCommand(env *command.Env) *cobra.Command {
	var cfg serveConfig
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the service",
		Long: `Run the service until SIGTERM or SIGINT. It then drains requests in flight for up to 15 seconds.

Peerings are stored in an embedded etcd in --data-dir, or in the etcd cluster at --etcd-endpoints.
When the service is ready, it prints the URLs of the API and of the admin endpoints /healthz, /readyz, /metrics and
/debug/pprof, which must not be public.

Requests of a project over --rate return 429; the server then waits one to two seconds before it reads the next request
on that connection. Up to --max-reads and --max-writes requests are processed concurrently, of which one project may use
a 24th. Three times as many wait for at most one second, served round robin by project; the rest return 503 at once.
Slow connections are closed: the headers and body of a request must arrive within four seconds, and the client must read
every 64 KiB of a response within four seconds.

GOGC defaults to 400 and GOMEMLIMIT to nine tenths of the memory of the container or machine; set them in the environment
to change that, as for any Go program.

` + authHelp,
		Example: `  peering serve --data-dir ./data --inventory examples/inventory.yaml
  peering serve --data-dir ./data --auth file:credentials.yaml --listen 10.0.0.1:8080
  peering serve --data-dir ./data --auth keystone:https://keystone.example.com:5000 --listen 10.0.0.1:8080
  peering serve --etcd-endpoints https://10.0.0.1:2379,https://10.0.0.2:2379,https://10.0.0.3:2379 --etcd-cacert ca.pem`,
		Args: cobra.NoArgs,
		RunE: command.Run(func(ctx context.Context, _ []string) error { return serve(ctx, env, cfg) }),
	}
	flags := cmd.Flags()
	flags.StringVar(&cfg.listen, "listen", "127.0.0.1:8080", "address of the API; port 0 selects a free port")
	flags.StringVar(&cfg.adminListen, "admin-listen", "127.0.0.1:8081", "address of the admin endpoints")
	cfg.etcd.register(cmd)
	flags.StringVar(&cfg.inventory, "inventory", "", "YAML file of existing clusters")
	flags.StringVar(&cfg.serviceTenant, "service-tenant", "8185f87d043f4519a68420a282b5e2fa",
		"tenant id of the service, which owns the VPCs of new clusters")
	defaults := peering.DefaultRules()
	flags.IntVar(&cfg.rules.Tenant, "quota-tenant", defaults.Tenant, "maximum pending and active peerings of a tenant")
	flags.IntVar(&cfg.rules.Cluster, "quota-cluster", defaults.Cluster, "maximum pending and active peerings of a cluster")
	flags.IntVar(&cfg.rules.Pending, "quota-pending", defaults.Pending, "maximum peerings that wait for acceptance by a tenant")
	flags.DurationVar(&cfg.rules.Lifetime, "pending-lifetime", defaults.Lifetime, "time until a pending peering expires")
	cfg.network.register(flags)
	cfg.auth.register(cmd)
	flags.StringVar(&cfg.logLevel, "log-level", "info", "debug, info, warn or error")
	flags.StringVar(&cfg.logFormat, "log-format", "json", "json or text")
	return cmd
}

// check returns a usage error for an invalid flag.
func (cfg serveConfig) check() error {
	if !peering.ID(cfg.serviceTenant).Valid() {
		return command.Usagef("--service-tenant must be 32 hexadecimal digits or a UUID, got %q", cfg.serviceTenant)
	}
	return errors.Join(validRules(cfg.rules), cfg.network.check())
}

// serve runs the service until ctx ends.
func serve(ctx context.Context, env *command.Env, cfg serveConfig) (err error) {
	log, err := newLogger(env.Err, cfg.logLevel, cfg.logFormat)
	if err != nil {
		return err
	}
	if err := cfg.check(); err != nil {
		return err
	}
	cfg.network.limitToFiles(log)
	raiseGOMAXPROCS(env.Getenv)
	tuneGC(env.Getenv, log)
	storeConfig, err := cfg.etcd.config(env.Getenv)
	if err != nil {
		return err
	}
	clusters, err := loadInventory(cfg.inventory)
	if err != nil {
		return err
	}
	authenticator, closeAuth, err := cfg.auth.open(ctx, env.Getenv, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeAuth()) }()
	listeners, err := openListeners(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer listeners.close()

	now := monotonicClock()
	store, service, err := openStore(ctx, storeConfig, cfg.rules, now, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if err := service.EnsureClusters(ctx, clusters); err != nil {
		return err
	}
	registry := newRegistry()
	api, err := server.New(server.Config{
		Peerings: service, Authenticator: authenticator, Tenant: peering.ID(cfg.serviceTenant), Log: log, Now: now, Metrics: registry,
		Limits: cfg.network.limits, TrustedProxies: cfg.network.trustedProxies, Origins: cfg.network.origins,
	})
	if err != nil {
		return err
	}
	admin := server.Admin(store.Ready, store.Writable, withEtcd(registry, len(storeConfig.Endpoints) == 0), log)
	servers, err := cfg.network.servers(listeners, api, admin, registry, log)
	if err != nil {
		return err
	}
	defer startExpiry(ctx, store, service, log)()
	return serveHTTP(ctx, servers, func() error {
		return announce(env, cfg, listeners, clusters)
	})
}

// openStore opens a store and returns it with a service whose changes are
// written to the audit log.
func openStore(
	ctx context.Context, cfg etcd.Config, rules peering.Rules, now func() time.Time, log *slog.Logger,
) (*etcd.Store, *peering.Service, error) {
	changed := server.Audit(log)
	cfg.Log = log
	cfg.OnExpired = func(ctx context.Context, p peering.Peering) { changed(ctx, peering.ExpiryEvent(p)) }
	store, err := etcd.Open(ctx, cfg)
	if err != nil {
		return nil, nil, err
	}
	newID := func() peering.ID { return peering.ID(uuid.Must(uuid.NewV7()).String()) }
	return store, peering.NewService(peering.Audit(store, changed), rules, now, newID), nil
}

// validRules returns a usage error for an invalid quota or lifetime.
func validRules(r peering.Rules) error {
	for _, quota := range []struct {
		flag  string
		value int
	}{{"--quota-tenant", r.Tenant}, {"--quota-cluster", r.Cluster}, {"--quota-pending", r.Pending}} {
		if quota.value < 1 {
			return command.Usagef("%s must be at least 1, got %d", quota.flag, quota.value)
		}
	}
	if r.Lifetime <= 0 {
		return command.Usagef("--pending-lifetime must be positive, got %s", r.Lifetime)
	}
	return nil
}

// newLogger returns a logger that writes to w.
func newLogger(w io.Writer, level, format string) (*slog.Logger, error) {
	var options slog.HandlerOptions
	var parsed slog.Level
	if err := parsed.UnmarshalText([]byte(level)); err != nil {
		return nil, command.Usagef("--log-level must be debug, info, warn or error, got %q", level)
	}
	options.Level = parsed
	switch format {
	case "json":
		return slog.New(slog.NewJSONHandler(w, &options)), nil
	case "text":
		return slog.New(slog.NewTextHandler(w, &options)), nil
	default:
		return nil, command.Usagef("--log-format must be json or text, got %q", format)
	}
}

// listeners are the open listeners of the API and of the admin endpoints.
type listeners struct {
	api, admin net.Listener
}

// openListeners opens both listeners, if --auth allows the API's address.
func openListeners(ctx context.Context, cfg serveConfig, log *slog.Logger) (l listeners, err error) {
	if l.api, err = listen(ctx, "--listen", cfg.listen); err != nil {
		return l, err
	}
	err = cfg.auth.allows(l.api.Addr(), cfg.listen, cfg.network.tls.enabled(), log)
	if err == nil {
		l.admin, err = listen(ctx, "--admin-listen", cfg.adminListen)
	}
	if err != nil {
		_ = l.api.Close() // nothing was accepted
	}
	return l, err
}

// close closes the listeners, which their servers may have closed already.
func (l listeners) close() {
	_ = l.api.Close()
	_ = l.admin.Close()
}

func listen(ctx context.Context, flag, address string) (net.Listener, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", flag, address, err)
	}
	return listener, nil
}
