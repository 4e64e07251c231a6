package linearizability

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
)

// A Workload is a number of clients that run random operations concurrently.
type Workload struct {
	Recorder *Recorder
	// Systems returns the services that are currently available. Each call goes
	// to one of them.
	Systems func() []System
	// Seed determines the operations that each client tries. Their results also
	// depend on how the clients interleave.
	Seed    uint64
	Clients int
	// Operations is the number of definite responses after which the clients
	// stop.
	Operations int
}

// Run runs the workload to its end. It then lists the peerings of every scope
// once more, so that a lost write shows up in the history. It returns an error
// if ctx ends first.
func (w Workload) Run(ctx context.Context) error {
	p := &pool{workload: w, scopes: make([]*scope, poolSize)}
	var clients sync.WaitGroup
	for i := range w.Clients {
		clients.Go(func() {
			r := rand.New(rand.NewPCG(w.Seed, uint64(i))) //nolint:gosec // a seed must reproduce the run
			for p.running(ctx) {
				if s := p.scope(ctx, r); s != nil {
					(&client{pool: p, scope: s, rand: r, number: i}).step(ctx)
				}
			}
		})
	}
	clients.Wait()
	if ctx.Err() != nil {
		n, _ := w.Recorder.Completed()
		return fmt.Errorf("%d of %d operations completed: %w", n, w.Operations, context.Cause(ctx))
	}
	return p.listAll(ctx)
}
