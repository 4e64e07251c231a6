package history

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"sync"

	"github.com/peering/peering/internal/peering"
)

// rooms is how many arenas are open at a time.
const rooms = 4

// A Crowd is clients that act at a time.
type Crowd struct {
	History *History
	// Systems answers the services that clients may use at present; each call goes to one of them.
	Systems func() []System
	// Seed decides what clients do. What they are answered depends on how they meet, too.
	Seed    uint64
	Clients int
	// Operations is how many are to be answered. Clients stop when they were, or when ctx ends.
	Operations int
}

// Act has the clients act, and then look once more at each arena, so that what was answered and is gone is noticed.
func (c Crowd) Act(ctx context.Context) error {
	s := &stage{Crowd: c, open: make([]*arena, rooms)}
	var acting sync.WaitGroup
	for i := range c.Clients {
		acting.Go(func() {
			r := rand.New(rand.NewPCG(c.Seed, uint64(i))) //nolint:gosec // a seed has to give the same again
			for s.goesOn(ctx) {
				if a := s.arena(ctx, r); a != nil {
					(&client{stage: s, arena: a, r: r, number: i}).act(ctx)
				}
			}
		})
	}
	acting.Wait()
	if ctx.Err() != nil {
		n, _ := c.History.Completed()
		return fmt.Errorf("%d of %d operations were answered: %w", n, c.Operations, context.Cause(ctx))
	}
	return s.lookAgain(ctx)
}

// stage is where the arenas are that are open.
type stage struct {
	Crowd

	mu   sync.Mutex
	open []*arena
}

func (s *stage) goesOn(ctx context.Context) bool {
	n, _ := s.History.Completed()
	return n < s.Operations && ctx.Err() == nil
}

func (s *stage) system(r *rand.Rand) System {
	systems := s.Systems()
	return systems[r.IntN(len(systems))]
}

// arena answers one of those that are open, a new one where it has seen enough; nil where none could be opened.
func (s *stage) arena(ctx context.Context, r *rand.Rand) *arena {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := r.IntN(len(s.open))
	if s.open[i] == nil || s.open[i].worn() {
		opened, err := s.History.open(ctx, s.system(r))
		if err != nil {
			return nil
		}
		s.open[i] = opened
	}
	return s.open[i]
}

// lookAgain lists all there is in each arena.
func (s *stage) lookAgain(ctx context.Context) error {
	r := rand.New(rand.NewPCG(s.Seed, uint64(s.Clients))) //nolint:gosec // as above
	for _, a := range s.History.arenas {
		for who := -1; who < tenants; who++ {
			for !(&client{stage: s, arena: a, r: r, number: s.Clients}).list(ctx, who) {
				if ctx.Err() != nil {
					return fmt.Errorf("look at arena %d again: %w", a.number, context.Cause(ctx))
				}
			}
		}
	}
	return nil
}

// client is one that acts in an arena.
type client struct {
	*stage
	*arena

	r      *rand.Rand
	number int
}

// act does one thing.
func (c *client) act(ctx context.Context) {
	who := c.r.IntN(tenants)
	creation, id, ok := c.any(c.r)
	switch what := c.r.IntN(100); {
	case what < 30 || !ok:
		c.create(ctx, c.ask(c.r))
	case what < 35: // once more what was made long ago
		c.create(ctx, creation)
	case what < 52:
		c.decide(ctx, accept, creation, id)
	case what < 60:
		c.decide(ctx, reject, creation, id)
	case what < 75:
		asked, by := c.history.now(), c.scopeOf(creation)
		err := c.system(c.r).Delete(ctx, c.scope(by), id)
		c.record(c.number, call{destroy, creation, by}, c.answer(peering.Peering{}, false, err), asked)
	case what < 90:
		asked, by := c.history.now(), c.scopeOf(creation)
		p, err := c.system(c.r).Show(ctx, c.scope(by), id)
		c.record(c.number, call{show, creation, by}, c.answerOf(creation, p, false, err), asked)
	default:
		c.list(ctx, who-c.r.IntN(2))
	}
}

// create sends a creation, sometimes twice at a time, and mostly once more where nothing came back.
func (c *client) create(ctx context.Context, creation int) {
	for again := true; again && ctx.Err() == nil; again = again && c.r.IntN(3) > 0 {
		if c.r.IntN(5) > 0 {
			again = !c.createOnce(ctx, c.system(c.r), creation)
			continue
		}
		one, other := c.system(c.r), c.system(c.r)
		var sending sync.WaitGroup
		var first, second bool
		sending.Go(func() { first = c.createOnce(ctx, one, creation) })
		sending.Go(func() { second = c.createOnce(ctx, other, creation) })
		sending.Wait()
		again = !first || !second
	}
}

// createOnce tells whether an answer came back.
func (c *client) createOnce(ctx context.Context, s System, creation int) bool {
	wanted := c.creation(creation)
	asked := c.history.now()
	var p peering.Peering
	var replayed bool
	var err error
	accepter := c.vpcs[wanted.accepter.vpc]
	once := peering.Once{Key: c.name(creation), Request: c.name(creation)}
	if wanted.requester == clusterSide {
		once.Project = c.cluster.Project
		p, replayed, err = s.CreateForCluster(ctx, c.cluster, peering.ClusterRequest{Name: c.name(creation), Peer: accepter}, once)
	} else {
		requester := c.vpcs[wanted.requester.vpc]
		once.Project = requester.Tenant
		p, replayed, err = s.Create(ctx, requester.Tenant, peering.Request{Name: c.name(creation), Requester: requester, Accepter: accepter}, once)
	}
	r := c.answerOf(creation, p, replayed, err)
	c.record(c.number, call{create, creation, 0}, r, asked)
	return !r.unknown
}

// decide accepts or rejects, mostly for the side that may.
func (c *client) decide(ctx context.Context, what action, creation int, id peering.ID) {
	by := c.r.IntN(tenants)
	if c.r.IntN(4) > 0 {
		by = c.creation(creation).accepter.tenant
	}
	asked, do := c.history.now(), c.system(c.r).Accept
	if what == reject {
		do = c.system(c.r).Reject
	}
	p, err := do(ctx, c.tenants[by], id)
	c.record(c.number, call{what, creation, by}, c.answerOf(creation, p, false, err), asked)
}

// list tells whether an answer came back.
func (c *client) list(ctx context.Context, who int) bool {
	asked := c.history.now()
	found, _, err := c.system(c.r).List(ctx, c.scope(who), peering.Filter{}, "", 0)
	r := c.answer(peering.Peering{}, false, err)
	if err == nil {
		r.listed = c.asListed(found)
	}
	c.record(c.number, call{list, no, who}, r, asked)
	return !r.unknown
}

// scopeOf is somebody at random, mostly one who sees the creation.
func (c *client) scopeOf(creation int) int {
	of := c.creation(creation)
	switch c.r.IntN(5) {
	case 0:
		return c.r.IntN(tenants)
	case 1, 2:
		return of.requester.tenant
	default:
		return of.accepter.tenant
	}
}

// scope is what somebody sees: a tenant, or, as -1, the project of the cluster.
func (c *client) scope(who int) peering.Scope {
	if who == clusterSide.tenant {
		return peering.Scope{Cluster: c.cluster}
	}
	return peering.Scope{Tenant: c.tenants[who]}
}

// answerOf is what came back where the peering of a creation should have.
func (c *client) answerOf(creation int, p peering.Peering, replayed bool, err error) answer {
	r := c.answer(p, replayed, err)
	if err == nil && c.recognize(p) != creation {
		r.shown = 0 // of no creation
	}
	return r
}

func (c *client) answer(p peering.Peering, replayed bool, err error) answer {
	if err == nil {
		return answer{replayed: replayed, shown: letters[p.Status]}
	}
	code := peering.CodeOf(err)
	if code == peering.Unavailable {
		return answer{unknown: true}
	}
	r := answer{code: code}
	if e, ok := errors.AsType[*peering.Error](err); ok && code == peering.AlreadyPeered {
		r.names = peering.ID(idInText.FindString(e.Message))
	}
	return r
}

var idInText = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
