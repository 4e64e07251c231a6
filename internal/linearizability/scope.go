package linearizability

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

// A scope is full when it reaches one of these limits. The time that a check
// takes grows with the length of the history, and most of all with the number
// of operations of unknown outcome.
const (
	maxOperations = 150
	maxCreations  = 40
	maxUnknown    = 4
)

// tenantCount is the number of tenants in a scope. Each has two VPCs.
const tenantCount = 3

// A scope is an independent set of tenants, their VPCs and a cluster, with the
// history of the operations on them. It is safe for concurrent use.
type scope struct {
	recorder *Recorder
	number   int
	tenants  [tenantCount]peering.ID
	vpcs     [2 * tenantCount]peering.VPC
	cluster  peering.ClusterRef

	mu        sync.Mutex
	creations []creation
	// operations have Return 0 while their outcome is unknown.
	operations []porcupine.Operation
	unknown    int
	// ids are the ids of peerings by creation, as far as responses showed them.
	// identified lists these creations in the order in which they were shown.
	ids        map[int]peering.ID
	identified []int
}

// newScope creates a scope, including its cluster, in the system.
func (r *Recorder) newScope(ctx context.Context, system System) (*scope, error) {
	s := &scope{recorder: r, ids: map[int]peering.ID{}}
	for i := range s.tenants {
		s.tenants[i] = newID()
		for j := range 2 {
			s.vpcs[2*i+j] = peering.VPC{ID: newID(), Tenant: s.tenants[i]}
		}
	}
	cluster, _, err := system.CreateCluster(ctx, peering.Cluster{
		ClusterRef: peering.ClusterRef{Project: s.tenants[0]}, Name: "scope", VPC: peering.VPC{Tenant: newID()},
	}, peering.Idempotency{})
	if err != nil {
		return nil, fmt.Errorf("create the cluster of a scope: %w", err)
	}
	s.cluster = cluster.ClusterRef
	r.add(s)
	return s, nil
}

func newID() peering.ID {
	return peering.ID(uuid.NewString())
}

func (s *scope) full() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.operations) >= maxOperations || len(s.creations) >= maxCreations || s.unknown >= maxUnknown
}

// addCreation adds a creation between two random VPCs and returns its number.
func (s *scope) addCreation(r *rand.Rand) int {
	c := creation{initial: peering.PendingAcceptance}
	accepter := r.IntN(len(s.vpcs))
	c.accepter = side{vpc: accepter, tenant: accepter / 2}
	c.requester = clusterSide
	if r.IntN(3) > 0 {
		requester := (accepter + 1 + r.IntN(len(s.vpcs)-1)) % len(s.vpcs)
		c.requester = side{vpc: requester, tenant: requester / 2}
	}
	if c.requester.tenant == c.accepter.tenant {
		c.initial = peering.Active
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.creations = append(s.creations, c)
	return len(s.creations) - 1
}

func (s *scope) creation(i int) creation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.creations[i]
}

// name returns the name of the peering of a creation. It identifies the
// creation in responses.
func (s *scope) name(creation int) string {
	return fmt.Sprintf("s%d-%d", s.number, creation)
}

// pickIdentified returns one of the ten creations that were identified last,
// with the id of its peering. It returns false if there is none yet.
func (s *scope) pickIdentified(r *rand.Rand) (creation int, id peering.ID, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.identified) == 0 {
		return 0, "", false
	}
	recent := s.identified[max(0, len(s.identified)-10):]
	creation = recent[r.IntN(len(recent))]
	return creation, s.ids[creation], true
}

// noCreation stands for a peering that no creation of the scope requested. The
// model never returns it.
const noCreation = -1

// identify returns the creation that a peering in a response belongs to, or
// noCreation if there is none or the peering differs from what was requested.
func (s *scope) identify(p peering.Peering) int {
	prefix := fmt.Sprintf("s%d-", s.number)
	i, err := strconv.Atoi(strings.TrimPrefix(p.Name, prefix))
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil || s.name(i) != p.Name || i >= len(s.creations) {
		return noCreation
	}
	c := s.creations[i]
	if p.Accepter != s.vpcs[c.accepter.vpc] || c.requester != clusterSide && p.Requester != s.vpcs[c.requester.vpc] {
		return noCreation
	}
	id, ok := s.ids[i]
	if ok && id != p.ID {
		return noCreation
	}
	if !ok {
		s.ids[i] = p.ID
		s.identified = append(s.identified, i)
	}
	return i
}

// listed returns a list response as a model state. If the list has a peering
// twice, or one that no creation requested, it returns a state that the model
// never has.
func (s *scope) listed(found []peering.Peering) string {
	s.mu.Lock()
	state := bytes.Repeat([]byte{absent}, len(s.creations))
	s.mu.Unlock()
	for _, p := range found {
		i := s.identify(p)
		if i == noCreation || i >= len(state) || state[i] != absent {
			return "wrong: " + p.Name
		}
		state[i] = letters[p.Status]
	}
	return string(state)
}

// record adds a call, made at the time called, and its response to the history.
func (s *scope) record(client int, c call, r response, called int64) {
	op := porcupine.Operation{ClientId: client, Input: c, Output: r, Call: called, Return: s.recorder.now()}
	if r.unknown {
		if c.action == show || c.action == list {
			return // a read without a response has no effect
		}
		op.Return = 0
	}
	s.mu.Lock()
	s.operations = append(s.operations, op)
	if r.unknown {
		s.unknown++
	}
	s.mu.Unlock()
	if !r.unknown {
		s.recorder.complete()
	}
}
