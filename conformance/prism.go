package main

import "context"

// prism starts prism as a proxy that compares every request and every answer with the contract.
func (b *bench) prism(ctx context.Context, upstream string) (*service, error) {
	return startService(ctx, "Prism is listening on ", command{
		name: "node",
		args: []string{b.tools.prism, "proxy", contractFile, upstream, "--host", "127.0.0.1", "--port", "0", "--verboseLevel", "info"},
		env:  loopback(),
	})
}
