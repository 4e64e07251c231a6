package linearizability

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
)

// poolSize is the number of scopes in use at the same time.
const poolSize = 4

// A pool holds the scopes that the clients of a workload currently use.
type pool struct {
	workload Workload

	mu     sync.Mutex
	scopes []*scope
}

// running reports whether the workload has operations left to run.
func (p *pool) running(ctx context.Context) bool {
	n, _ := p.workload.Recorder.Completed()
	return n < p.workload.Operations && ctx.Err() == nil
}

// system returns one of the current systems at random.
func (p *pool) system(r *rand.Rand) System {
	systems := p.workload.Systems()
	return systems[r.IntN(len(systems))]
}

// scope returns one of the scopes at random, and replaces it first if it is
// full. It returns nil if no new scope could be created.
func (p *pool) scope(ctx context.Context, r *rand.Rand) *scope {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := r.IntN(len(p.scopes))
	if p.scopes[i] == nil || p.scopes[i].full() {
		created, err := p.workload.Recorder.newScope(ctx, p.system(r))
		if err != nil {
			return nil
		}
		p.scopes[i] = created
	}
	return p.scopes[i]
}

// listAll lists the peerings of every scope for every caller and retries until
// each list has a definite response.
func (p *pool) listAll(ctx context.Context) error {
	r := rand.New(rand.NewPCG(p.workload.Seed, uint64(p.workload.Clients))) //nolint:gosec // a seed must reproduce the run
	for _, s := range p.workload.Recorder.scopes {
		c := &client{pool: p, scope: s, rand: r, number: p.workload.Clients}
		for caller := clusterSide.tenant; caller < tenantCount; caller++ {
			for !c.list(ctx, caller) {
				if ctx.Err() != nil {
					return fmt.Errorf("list the peerings of scope %d: %w", s.number, context.Cause(ctx))
				}
			}
		}
	}
	return nil
}
