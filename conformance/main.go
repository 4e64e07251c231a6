// Command conformance proves that clients that others wrote run unchanged against the service, and that the service keeps
// to its contract under a fuzzer. It installs what it needs, builds and starts the service itself, and prints one line for
// each client or tool. It ends at the first difference with exit code 1.
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

// settings are what the flags say.
type settings struct {
	only     string
	examples int
	seed     int
	timeout  time.Duration
}

func main() {
	var cfg settings
	flag.StringVar(&cfg.only, "only", "", "run only these parts, separated by commas, such as sdk-go,schemathesis")
	flag.IntVar(&cfg.examples, "examples", 100, "how many examples schemathesis makes for an operation at most")
	flag.IntVar(&cfg.seed, "seed", 1, "seed of schemathesis")
	flag.DurationVar(&cfg.timeout, "timeout", 20*time.Minute, "when to give up")
	flag.Parse()
	os.Exit(run(cfg))
}

// run answers the exit code. What it started has ended when it returns.
func run(cfg settings) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, cfg.timeout)
	defer cancel()
	began := time.Now()
	if err := conform(ctx, cfg); err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("%w: %w", context.Cause(ctx), err)
		}
		fmt.Fprintf(os.Stderr, "\ndifference: %v\n", err)
		return 1
	}
	fmt.Printf("no difference, in %s\n", time.Since(began).Round(time.Second))
	return 0
}

// conform installs, builds and runs everything that cfg asks for.
func conform(ctx context.Context, cfg settings) (err error) {
	chosen, err := cfg.parts()
	if err != nil {
		return err
	}
	if _, err := os.Stat(contractFile); err != nil {
		return fmt.Errorf("run this in the folder conformance: %w", err)
	}
	dir, err := os.MkdirTemp("", "peering-conformance-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	tools, err := install(ctx, chosen[keystonePart])
	if err != nil {
		return err
	}
	binary := filepath.Join(dir, "peering")
	if _, err := capture(ctx, command{dir: "..", name: "go", args: []string{"build", "-o", binary, "./cmd/peering"}}); err != nil {
		return fmt.Errorf("build the service: %w", err)
	}
	// The SDKs leave a file with an id of the installation in the home folder.
	if err := os.Setenv("HOME", dir); err != nil {
		return err
	}
	b := bench{settings: cfg, chosen: chosen, tools: tools, dir: dir, binary: binary}
	printHeader()
	if err := b.clients(ctx); err != nil {
		return err
	}
	if err := b.shells(ctx); err != nil {
		return err
	}
	if err := b.keystone(ctx); err != nil {
		return err
	}
	return b.fuzz(ctx)
}

// parts answers the names of the parts to run; none stands for all of them.
func (c settings) parts() (map[string]bool, error) {
	known := map[string]bool{schemathesisPart: true, prismPart: true, keystonePart: true, shellsPart: true}
	for _, p := range clientParts {
		known[p.name] = true
	}
	if c.only == "" {
		return known, nil
	}
	chosen := map[string]bool{}
	for name := range strings.SplitSeq(c.only, ",") {
		if !known[name] {
			return nil, fmt.Errorf("-only: there is no part %q", name)
		}
		chosen[name] = true
	}
	return chosen, nil
}
