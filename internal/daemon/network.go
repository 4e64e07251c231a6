package daemon

import (
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"runtime"

	"github.com/spf13/pflag"

	"github.com/peering/peering/internal/cli/command"
	"github.com/peering/peering/server"
)

const (
	// adminConnections is the connection limit of the admin listener.
	adminConnections = 64
	// requestsPerProcessor is the default concurrency of reads and of writes per
	// processor. A lower one gives etcd smaller batches to write, which costs
	// throughput; a higher one adds latency.
	requestsPerProcessor = 48
	// reservedFiles is the number of file descriptors kept free of API
	// connections, for the store among others.
	reservedFiles = 512
)

// networkFlags are the flags of the API listener and its limits.
type networkFlags struct {
	limits         server.Limits
	connections    int
	trustedProxies []net.IPNet
	origins        []string
	tls            tlsFiles
}

func (f *networkFlags) register(flags *pflag.FlagSet) {
	flags.Float64Var(&f.limits.Rate, "rate", 100, "requests per second that a project may send on average; 0 sets no limit")
	flags.IntVar(&f.limits.Burst, "rate-burst", 500, "requests that a project may send at once")
	concurrency := requestsPerProcessor * runtime.GOMAXPROCS(0)
	flags.IntVar(&f.limits.MaxReads, "max-reads", concurrency,
		fmt.Sprintf("GET requests processed concurrently, by default %d per processor; 0 sets no limit", requestsPerProcessor))
	flags.IntVar(&f.limits.MaxWrites, "max-writes", concurrency, "the same for all other requests")
	flags.IntVar(&f.connections, "max-connections", 4096, "maximum number of open API connections")
	flags.IPNetSliceVar(&f.trustedProxies, "trusted-proxies", nil,
		"networks of proxies whose X-Forwarded-For, X-Forwarded-Proto and X-Forwarded-Host are trusted, such as 10.0.0.0/24")
	flags.StringSliceVar(&f.origins, "cors-origins", nil, "origins whose pages may call the API from browsers, such as https://console.example.com")
	flags.StringVar(&f.tls.cert, "tls-cert", "", "PEM file of the API's certificate and its intermediates; reloaded when it changes")
	flags.StringVar(&f.tls.key, "tls-key", "", "PEM file of its key; reloaded when it changes")
	flags.StringVar(&f.tls.clientCA, "tls-client-ca", "", "PEM file of the CAs that must have signed the clients' certificates")
}

// check returns a usage error if a flag is invalid.
func (f *networkFlags) check() error {
	if f.limits.Rate < 0 {
		return command.Usagef("--rate must not be negative, got %v", f.limits.Rate)
	}
	for _, flag := range []struct {
		name           string
		value, minimum int
	}{
		{"--rate-burst", f.limits.Burst, 1},
		{"--max-reads", f.limits.MaxReads, 0},
		{"--max-writes", f.limits.MaxWrites, 0},
		{"--max-connections", f.connections, 1},
	} {
		if flag.value < flag.minimum {
			return command.Usagef("%s must be at least %d, got %d", flag.name, flag.minimum, flag.value)
		}
	}
	for _, origin := range f.origins {
		u, err := url.Parse(origin)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Scheme+"://"+u.Host != origin {
			return command.Usagef("--cors-origins must list origins such as https://console.example.com, got %q", origin)
		}
	}
	return f.tls.check()
}

// limitToFiles lowers the connection limit to what the process's limit of open
// files allows.
func (f *networkFlags) limitToFiles(log *slog.Logger) {
	files := maxOpenFiles()
	if files == 0 || f.connections+reservedFiles <= files {
		return
	}
	possible := max(files-reservedFiles, 1)
	log.Warn("limit of open files is too low for --max-connections; raise it (ulimit -n)",
		"max_connections", f.connections, "connections", possible, "files", files)
	f.connections = possible
}
