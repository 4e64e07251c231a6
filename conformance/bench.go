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

// partTimeout bounds one client's part. Each takes a few seconds.
const partTimeout = time.Minute

// part is the conversation of one client with the service.
type part struct {
	name string
	run  func(ctx context.Context, t *trial, b *bench, endpoint string)
}

// clientParts are the clients, in the order in which they run. Each leaves nothing behind, so that all of them can run
// again through the proxy against the same service.
var clientParts = []part{
	{"sdk-go", func(_ context.Context, t *trial, _ *bench, endpoint string) { sdkGo(t, endpoint) }},
	{"sdk-node", sdkNode},
	{"sdk-python", sdkPython},
	{"terraform-peering", terraformPeering},
	{"terraform-route", terraformRoute},
	{"terraform-cluster", terraformCluster},
	{"ansible", ansible},
}

// prismPart is the name of the pass in which all chosen clients run through the proxy; alone it is that of all clients.
const prismPart = "prism"

// bench is what the parts run on.
type bench struct {
	settings

	chosen map[string]bool
	tools  tools
	dir    string
	binary string
}

// clients runs the chosen clients directly and then through prism, which compares every request and answer with the
// contract.
func (b *bench) clients(ctx context.Context) (err error) {
	if !b.chosen[prismPart] && !slices.ContainsFunc(clientParts, func(p part) bool { return b.chosen[p.name] }) {
		return nil
	}
	server, err := b.serve(ctx, "clients", nil, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	for _, p := range clientParts {
		if b.chosen[p.name] {
			if err := b.try(ctx, p, "direct", server.endpoint); err != nil {
				return err
			}
		}
	}
	if err := b.signed(ctx); err != nil {
		return err
	}
	if !b.chosen[prismPart] {
		return nil
	}
	return b.throughPrism(ctx, server.endpoint)
}

// throughPrism runs the chosen clients through prism, all of them where prism is the only thing chosen.
func (b *bench) throughPrism(ctx context.Context, upstream string) (err error) {
	prism, err := b.prism(ctx, upstream)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, prism.stop()) }()
	judge, err := startRelay(prism.endpoint)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, judge.stop()) }()
	began := time.Now()
	for _, p := range clientParts {
		if !b.chosen[p.name] && len(b.chosen) > 1 {
			continue
		}
		if err := errors.Join(b.try(ctx, p, "by prism", judge.endpoint), judge.verdict()); err != nil {
			return err
		}
	}
	requests, refusals := judge.counts()
	printLine(prismPart, "proxy", requests, strconv.Itoa(2*requests), time.Since(began), fmt.Sprintf("ok, 0 violations, %d refusals agreed on", refusals))
	return nil
}

// try runs one part and prints its line.
func (b *bench) try(ctx context.Context, p part, way, endpoint string) error {
	ctx, cancel := context.WithTimeout(ctx, partTimeout)
	defer cancel()
	began := time.Now()
	t := runTrial(func(t *trial) { p.run(ctx, t, b, endpoint) })
	if t.err != nil {
		printLine(p.name, way, t.requests, strconv.Itoa(t.checks), time.Since(began), "DIFFERS")
		return fmt.Errorf("%s, %s: %w", p.name, way, t.err)
	}
	printLine(p.name, way, t.requests, strconv.Itoa(t.checks), time.Since(began), "ok")
	return nil
}

// serve starts the service on an empty store, with more flags and in a larger environment where they are given.
func (b *bench) serve(ctx context.Context, name string, more []string, env []string) (*service, error) {
	args := append([]string{
		"serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0",
		"--data-dir", filepath.Join(b.dir, name), "--inventory", filepath.Join("..", "examples", "inventory.yaml"),
	}, more...)
	return startService(ctx, "peering is ready at ", command{name: b.binary, args: args, env: env})
}

func printHeader() {
	fmt.Printf("%-18s %-9s %9s %8s %8s\n", "client or tool", "way", "requests", "checks", "seconds")
}

func printLine(name, way string, requests int, checks string, took time.Duration, result string) {
	fmt.Printf("%-18s %-9s %9d %8s %8.1f  %s\n", name, way, requests, checks, took.Seconds(), result)
}
