package history

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"

	"github.com/anishathalye/porcupine"
	"github.com/google/uuid"

	"github.com/peering/peering/internal/peering"
)

// What an arena sees at most before another opens: checking takes longer the more there is, above all of what nobody
// knows the outcome of.
const (
	maxOperations = 150
	maxCreations  = 40
	maxUnknown    = 4
)

// tenants is how many tenants an arena has, each with two VPCs.
const tenants = 3

// An arena is where clients meet.
type arena struct {
	history *History
	number  int
	tenants [tenants]peering.ID
	vpcs    [2 * tenants]peering.VPC
	cluster peering.ClusterRef

	mu         sync.Mutex
	creations  []creation
	operations []porcupine.Operation // those of unknown outcome with Return 0
	unknown    int
	// ids are the peerings that were answered, known the creations that have one, in the order in which they were learnt.
	ids   map[int]peering.ID
	known []int
}

// open makes an arena, with a cluster that the system has made.
func (h *History) open(ctx context.Context, s System) (*arena, error) {
	a := &arena{history: h, ids: map[int]peering.ID{}}
	for i := range a.tenants {
		a.tenants[i] = newID()
		for j := range 2 {
			a.vpcs[2*i+j] = peering.VPC{ID: newID(), Tenant: a.tenants[i]}
		}
	}
	cluster, _, err := s.CreateCluster(ctx, peering.Cluster{
		ClusterRef: peering.ClusterRef{Project: a.tenants[0]}, Name: "arena", VPC: peering.VPC{Tenant: newID()},
	}, peering.Once{})
	if err != nil {
		return nil, fmt.Errorf("create the cluster of an arena: %w", err)
	}
	a.cluster = cluster.ClusterRef
	h.mu.Lock()
	defer h.mu.Unlock()
	a.number = len(h.arenas)
	h.arenas = append(h.arenas, a)
	return a, nil
}

func newID() peering.ID {
	return peering.ID(uuid.NewString())
}

// worn tells whether the arena has seen enough.
func (a *arena) worn() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.operations) >= maxOperations || len(a.creations) >= maxCreations || a.unknown >= maxUnknown
}

// ask adds a creation of two VPCs, chosen at random, and answers its number.
func (a *arena) ask(r *rand.Rand) int {
	c := creation{first: peering.PendingAcceptance}
	accepter := r.IntN(len(a.vpcs))
	c.accepter = side{vpc: accepter, tenant: accepter / 2}
	c.requester = clusterSide
	if r.IntN(3) > 0 {
		requester := (accepter + 1 + r.IntN(len(a.vpcs)-1)) % len(a.vpcs)
		c.requester = side{vpc: requester, tenant: requester / 2}
	}
	if c.requester.tenant == c.accepter.tenant {
		c.first = peering.Active
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.creations = append(a.creations, c)
	return len(a.creations) - 1
}

func (a *arena) creation(i int) creation {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.creations[i]
}

// name is what the peering of a creation is called, so that it is known again in lists.
func (a *arena) name(creation int) string {
	return fmt.Sprintf("a%d-%d", a.number, creation)
}

// any answers a creation that was made at some time and its id, one of the last few that became known.
func (a *arena) any(r *rand.Rand) (creation int, id peering.ID, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.known) == 0 {
		return 0, "", false
	}
	recent := a.known[max(0, len(a.known)-10):]
	creation = recent[r.IntN(len(recent))]
	return creation, a.ids[creation], true
}

// no is the number of what is no creation of the arena. The model never answers it.
const no = -1

// recognize answers which creation a peering in an answer is; no where it is none, or not as it was asked for.
func (a *arena) recognize(p peering.Peering) int {
	prefix := fmt.Sprintf("a%d-", a.number)
	i, err := strconv.Atoi(strings.TrimPrefix(p.Name, prefix))
	a.mu.Lock()
	defer a.mu.Unlock()
	if err != nil || a.name(i) != p.Name || i >= len(a.creations) {
		return no
	}
	c := a.creations[i]
	if p.Accepter != a.vpcs[c.accepter.vpc] || c.requester != clusterSide && p.Requester != a.vpcs[c.requester.vpc] {
		return no
	}
	known, ok := a.ids[i]
	if ok && known != p.ID {
		return no
	}
	if !ok {
		a.ids[i] = p.ID
		a.known = append(a.known, i)
	}
	return i
}

// asListed is what a list shows, a letter for each creation so far; nothing that the model answers where it shows what is
// no creation, or shows one twice.
func (a *arena) asListed(found []peering.Peering) string {
	a.mu.Lock()
	listed := bytes.Repeat([]byte{never}, len(a.creations))
	a.mu.Unlock()
	for _, p := range found {
		i := a.recognize(p)
		if i == no || i >= len(listed) || listed[i] != never {
			return "wrong: " + p.Name
		}
		listed[i] = letters[p.Status]
	}
	return string(listed)
}

// record keeps what was asked and answered.
func (a *arena) record(client int, c call, r answer, asked int64) {
	op := porcupine.Operation{ClientId: client, Input: c, Output: r, Call: asked, Return: a.history.now()}
	if r.unknown {
		if c.action == show || c.action == list {
			return // nothing was changed
		}
		op.Return = 0
	}
	a.mu.Lock()
	a.operations = append(a.operations, op)
	if r.unknown {
		a.unknown++
	}
	a.mu.Unlock()
	if !r.unknown {
		a.history.complete()
	}
}
