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
	// adminConnections is how many connections the operations endpoints hold open at a time.
	adminConnections = 64
	// requestsPerProcessor is the default concurrency of reads and of writes per
	// processor. A lower one gives etcd smaller batches to write, which costs
	// throughput; a higher one adds latency.
	requestsPerProcessor = 48
	// ownFiles is how many files the program may have open besides the API's connections.
	ownFiles = 512
)

// networkFlags say what the API does for whom on the network.
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
	flags.IntVar(&f.connections, "max-connections", 4096, "open connections of the API")
	flags.IPNetSliceVar(&f.trustedProxies, "trusted-proxies", nil,
		"networks of proxies whose X-Forwarded-For, X-Forwarded-Proto and X-Forwarded-Host are believed, such as 10.0.0.0/24")
	flags.StringSliceVar(&f.origins, "cors-origins", nil, "origins whose pages may call the API from browsers, such as https://console.example.com")
	flags.StringVar(&f.tls.cert, "tls-cert", "", "PEM file of the API's certificate and those between it and its CA; read again when it changes")
	flags.StringVar(&f.tls.key, "tls-key", "", "PEM file of its key; read again when it changes")
	flags.StringVar(&f.tls.clientCA, "tls-client-ca", "", "PEM file of the CAs of which clients have to show a certificate")
}

// check answers what is wrong with the flags.
func (f *networkFlags) check() error {
	if f.limits.Rate < 0 {
		return command.Usagef("--rate %v is less than 0", f.limits.Rate)
	}
	for _, flag := range []struct {
		name         string
		value, least int
	}{
		{"--rate-burst", f.limits.Burst, 1},
		{"--max-reads", f.limits.MaxReads, 0},
		{"--max-writes", f.limits.MaxWrites, 0},
		{"--max-connections", f.connections, 1},
	} {
		if flag.value < flag.least {
			return command.Usagef("%s %d is less than %d", flag.name, flag.value, flag.least)
		}
	}
	for _, origin := range f.origins {
		u, err := url.Parse(origin)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Scheme+"://"+u.Host != origin {
			return command.Usagef("--cors-origins %q is not an origin such as https://console.example.com", origin)
		}
	}
	return f.tls.check()
}

// fit makes no more connections than the process may open files for: the store needs some, too.
func (f *networkFlags) fit(log *slog.Logger) {
	files := maxOpenFiles()
	if files == 0 || f.connections+ownFiles <= files {
		return
	}
	fitting := max(files-ownFiles, 1)
	log.Warn("fewer connections than --max-connections are held open, as the process may not open more files; raise its limit (ulimit -n)",
		"max_connections", f.connections, "connections", fitting, "files", files)
	f.connections = fitting
}
