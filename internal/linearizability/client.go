package linearizability

import (
	"context"
	"errors"
	"math/rand/v2"
	"regexp"
	"sync"

	"github.com/peering/peering/internal/peering"
)

// A client runs operations on one scope.
type client struct {
	pool   *pool
	scope  *scope
	rand   *rand.Rand
	number int
}

// step runs one random operation.
func (c *client) step(ctx context.Context) {
	caller := c.rand.IntN(tenantCount)
	creation, id, ok := c.scope.pickIdentified(c.rand)
	switch percent := c.rand.IntN(100); {
	case percent < 30 || !ok:
		c.create(ctx, c.scope.addCreation(c.rand))
	case percent < 35: // retry an old creation
		c.create(ctx, creation)
	case percent < 52:
		c.decide(ctx, accept, creation, id)
	case percent < 60:
		c.decide(ctx, reject, creation, id)
	case percent < 75:
		called, caller := c.scope.recorder.now(), c.pickCaller(creation)
		err := c.system().Delete(ctx, c.visibility(caller), id)
		c.scope.record(c.number, call{destroy, creation, caller}, responseOf(peering.Peering{}, false, err), called)
	case percent < 90:
		called, caller := c.scope.recorder.now(), c.pickCaller(creation)
		p, err := c.system().Show(ctx, c.visibility(caller), id)
		c.scope.record(c.number, call{show, creation, caller}, c.responseFor(creation, p, false, err), called)
	default:
		c.list(ctx, caller-c.rand.IntN(2))
	}
}

func (c *client) system() System {
	return c.pool.system(c.rand)
}

// create sends a creation, sometimes twice concurrently, and usually retries it
// while its outcome is unknown.
func (c *client) create(ctx context.Context, creation int) {
	for retry := true; retry && ctx.Err() == nil; retry = retry && c.rand.IntN(3) > 0 {
		if c.rand.IntN(5) > 0 {
			retry = !c.sendCreate(ctx, c.system(), creation)
			continue
		}
		one, other := c.system(), c.system()
		var sending sync.WaitGroup
		var first, second bool
		sending.Go(func() { first = c.sendCreate(ctx, one, creation) })
		sending.Go(func() { second = c.sendCreate(ctx, other, creation) })
		sending.Wait()
		retry = !first || !second
	}
}

// sendCreate sends a creation once and reports whether it got a definite
// response.
func (c *client) sendCreate(ctx context.Context, system System, creation int) bool {
	requested, name := c.scope.creation(creation), c.scope.name(creation)
	called := c.scope.recorder.now()
	var p peering.Peering
	var replayed bool
	var err error
	request := peering.Peering{Name: name, Accepter: c.scope.vpcs[requested.accepter.vpc]}
	idem := peering.Idempotency{Key: name, Request: name}
	if requested.requester == clusterSide {
		idem.Project = c.scope.cluster.Project
		p, replayed, err = system.CreateForCluster(ctx, c.scope.cluster, request, idem)
	} else {
		request.Requester = c.scope.vpcs[requested.requester.vpc]
		idem.Project = request.Requester.Tenant
		p, replayed, err = system.Create(ctx, request.Requester.Tenant, request, idem)
	}
	r := c.responseFor(creation, p, replayed, err)
	c.scope.record(c.number, call{create, creation, 0}, r, called)
	return !r.unknown
}

// decide accepts or rejects a peering, usually as its accepter.
func (c *client) decide(ctx context.Context, decision action, creation int, id peering.ID) {
	caller := c.rand.IntN(tenantCount)
	if c.rand.IntN(4) > 0 {
		caller = c.scope.creation(creation).accepter.tenant
	}
	called, do := c.scope.recorder.now(), c.system().Accept
	if decision == reject {
		do = c.system().Reject
	}
	p, err := do(ctx, c.scope.tenants[caller], id)
	c.scope.record(c.number, call{decision, creation, caller}, c.responseFor(creation, p, false, err), called)
}

// list lists the peerings that a caller sees and reports whether it got a
// definite response.
func (c *client) list(ctx context.Context, caller int) bool {
	called := c.scope.recorder.now()
	found, _, err := c.system().List(ctx, c.visibility(caller), peering.Filter{}, "", 0)
	r := responseOf(peering.Peering{}, false, err)
	if err == nil {
		r.listed = c.scope.listed(found)
	}
	c.scope.record(c.number, call{list, noCreation, caller}, r, called)
	return !r.unknown
}

// pickCaller returns a random caller, usually one that sees the creation.
func (c *client) pickCaller(creation int) int {
	requested := c.scope.creation(creation)
	switch c.rand.IntN(5) {
	case 0:
		return c.rand.IntN(tenantCount)
	case 1, 2:
		return requested.requester.tenant
	default:
		return requested.accepter.tenant
	}
}

// visibility returns the scope of the peerings that a caller sees.
func (c *client) visibility(caller int) peering.Scope {
	if caller == clusterSide.tenant {
		return peering.Scope{Cluster: c.scope.cluster}
	}
	return peering.Scope{Tenant: c.scope.tenants[caller]}
}

// responseFor returns the response to an operation on the peering of a
// creation. If the response shows another peering, it is one that the model
// never returns.
func (c *client) responseFor(creation int, p peering.Peering, replayed bool, err error) response {
	r := responseOf(p, replayed, err)
	if err == nil && c.scope.identify(p) != creation {
		r.shown = 0
	}
	return r
}

func responseOf(p peering.Peering, replayed bool, err error) response {
	if err == nil {
		return response{replayed: replayed, shown: letters[p.Status]}
	}
	code := peering.CodeOf(err)
	if code == peering.Unavailable {
		return response{unknown: true}
	}
	r := response{code: code}
	if e, ok := errors.AsType[*peering.Error](err); ok && code == peering.AlreadyPeered {
		r.conflict = peering.ID(idPattern.FindString(e.Message))
	}
	return r
}

var idPattern = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
