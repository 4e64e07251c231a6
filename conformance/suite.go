package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// suiteTimeout bounds the suite of one client. Each takes a few seconds.
const suiteTimeout = time.Minute

// suite drives one client against the service.
type suite struct {
	name string
	run  func(ctx context.Context, t *checker, r *runner, endpoint string)
}

// clientSuites are the clients in the order in which they run. Each deletes
// what it creates, so that all of them can run again through Prism against the
// same service.
var clientSuites = []suite{
	{"sdk-go", func(_ context.Context, t *checker, _ *runner, endpoint string) { sdkGo(t, endpoint) }},
	{"sdk-node", sdkNode},
	{"sdk-python", sdkPython},
	{"terraform-peering", terraformPeering},
	{"terraform-route", terraformRoute},
	{"terraform-cluster", terraformCluster},
	{"ansible", ansible},
}

// prismSuite names the pass in which the selected clients run through Prism.
// Selected alone, it runs all clients.
const prismSuite = "prism"

// runner holds what the suites need to run.
type runner struct {
	options

	selected map[string]bool
	tools    tools
	dir      string
	binary   string
}

// runClients runs the selected clients directly and then through Prism, which
// compares every request and response with the contract.
func (r *runner) runClients(ctx context.Context) (err error) {
	if !r.selected[prismSuite] && !slices.ContainsFunc(clientSuites, func(s suite) bool { return r.selected[s.name] }) {
		return nil
	}
	server, err := r.startService(ctx, "clients", nil, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	for _, s := range clientSuites {
		if r.selected[s.name] {
			if err := r.runSuite(ctx, s, "direct", server.endpoint); err != nil {
				return err
			}
		}
	}
	if err := r.runSigned(ctx); err != nil {
		return err
	}
	if !r.selected[prismSuite] {
		return nil
	}
	return r.runThroughPrism(ctx, server.endpoint)
}

// runThroughPrism runs the selected clients through Prism, or all clients if
// only Prism is selected.
func (r *runner) runThroughPrism(ctx context.Context, upstream string) (err error) {
	prism, err := r.startPrism(ctx, upstream)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, prism.stop()) }()
	proxy, err := startPrismProxy(prism.endpoint)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, proxy.stop()) }()
	start := time.Now()
	for _, s := range clientSuites {
		if !r.selected[s.name] && len(r.selected) > 1 {
			continue
		}
		if err := errors.Join(r.runSuite(ctx, s, "prism", proxy.endpoint), proxy.firstError()); err != nil {
			return err
		}
	}
	requests, rejected := proxy.counts()
	printLine(prismSuite, "proxy", requests, strconv.Itoa(2*requests), time.Since(start),
		fmt.Sprintf("ok, 0 violations, %d invalid requests rejected by both", rejected))
	return nil
}

// runSuite runs one suite and prints its line.
func (r *runner) runSuite(ctx context.Context, s suite, path, endpoint string) error {
	ctx, cancel := context.WithTimeout(ctx, suiteTimeout)
	defer cancel()
	start := time.Now()
	t := runChecks(func(t *checker) { s.run(ctx, t, r, endpoint) })
	if t.err != nil {
		printLine(s.name, path, t.requests, strconv.Itoa(t.checks), time.Since(start), "FAILED")
		return fmt.Errorf("%s, %s: %w", s.name, path, t.err)
	}
	printLine(s.name, path, t.requests, strconv.Itoa(t.checks), time.Since(start), "ok")
	return nil
}

// startService starts the service on an empty store with additional flags and
// environment variables.
func (r *runner) startService(ctx context.Context, name string, flags, env []string) (*daemon, error) {
	args := append([]string{
		"serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0",
		"--data-dir", filepath.Join(r.dir, name), "--inventory", filepath.Join("..", "examples", "inventory.yaml"),
	}, flags...)
	return startDaemon(ctx, "peering is ready at ", command{name: r.binary, args: args, env: env})
}

func printHeader() {
	fmt.Printf("%-18s %-9s %9s %8s %8s\n", "client or tool", "path", "requests", "checks", "seconds")
}

func printLine(name, path string, requests int, checks string, took time.Duration, result string) {
	fmt.Printf("%-18s %-9s %9d %8s %8.1f  %s\n", name, path, requests, checks, took.Seconds(), result)
}
