// Command conformance runs third-party clients unchanged against the service
// and fuzzes the service against its contract. It installs its tools, builds
// and starts the service, and prints one line for each client or tool. It exits
// with code 1 at the first failure.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// options are the values of the flags.
type options struct {
	only     string
	examples int
	seed     int
	timeout  time.Duration
}

func main() {
	var opts options
	flag.StringVar(&opts.only, "only", "", "run only these comma-separated suites, for example sdk-go,schemathesis")
	flag.IntVar(&opts.examples, "examples", 100, "maximum number of examples that schemathesis generates per operation")
	flag.IntVar(&opts.seed, "seed", 1, "seed of schemathesis")
	flag.DurationVar(&opts.timeout, "timeout", 20*time.Minute, "time limit of the whole run")
	flag.Parse()
	os.Exit(run(opts))
}

// run returns the exit code, after every process that it started has ended.
func run(opts options) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, opts.timeout)
	defer cancel()
	start := time.Now()
	if err := runAll(ctx, opts); err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("%w: %w", context.Cause(ctx), err)
		}
		fmt.Fprintf(os.Stderr, "\nfailed: %v\n", err)
		return 1
	}
	fmt.Printf("passed in %s\n", time.Since(start).Round(time.Second))
	return 0
}

// runAll installs the tools, builds the service and runs the selected suites.
func runAll(ctx context.Context, opts options) (err error) {
	selected, err := opts.suites()
	if err != nil {
		return err
	}
	if _, err := os.Stat(contractFile); err != nil {
		return fmt.Errorf("run this in the directory conformance: %w", err)
	}
	dir, err := os.MkdirTemp("", "peering-conformance-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	tools, err := install(ctx, selected[keystoneSuiteName])
	if err != nil {
		return err
	}
	binary := filepath.Join(dir, "peering")
	build := command{dir: "..", name: "go", args: []string{"build", "-o", binary, "./cmd/peering"}}
	if _, err := output(ctx, build); err != nil {
		return fmt.Errorf("build the service: %w", err)
	}
	// The SDKs write a file with an installation id into the home directory.
	if err := os.Setenv("HOME", dir); err != nil {
		return err
	}
	r := runner{options: opts, selected: selected, tools: tools, dir: dir, binary: binary}
	printHeader()
	for _, step := range []func(context.Context) error{r.runClients, r.runShells, r.runKeystone, r.runSchemathesis} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// suites returns the names of the suites to run. An empty -only selects all.
func (o options) suites() (map[string]bool, error) {
	all := map[string]bool{schemathesisSuite: true, prismSuite: true, keystoneSuiteName: true, shellsSuite: true}
	for _, s := range clientSuites {
		all[s.name] = true
	}
	if o.only == "" {
		return all, nil
	}
	selected := map[string]bool{}
	for name := range strings.SplitSeq(o.only, ",") {
		if !all[name] {
			return nil, fmt.Errorf("-only: unknown suite %q", name)
		}
		selected[name] = true
	}
	return selected, nil
}
