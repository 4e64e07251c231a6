package linearizability

import (
	"fmt"
	"hash/maphash"
	"slices"
	"strings"

	"github.com/anishathalye/porcupine"

	"github.com/peering/peering/internal/peering"
)

// A side is the requester or the accepter of a creation: the index of a VPC in
// the scope and of the tenant that owns it.
type side struct {
	vpc    int
	tenant int
}

// clusterSide is the side of the scope's cluster, whose VPC belongs to none of
// the tenants.
var clusterSide = side{vpc: -1, tenant: -1}

func (s side) String() string {
	if s == clusterSide {
		return "the cluster"
	}
	return fmt.Sprintf("VPC %d of tenant %d", s.vpc, s.tenant)
}

// A creation is a request to create a peering. Clients may send it more than
// once, always with the same idempotency key, which no other creation uses.
type creation struct {
	requester, accepter side
	// initial is the status of the new peering.
	initial peering.Status
}

// A state of the model has one of these letters for each creation of the scope.
const (
	absent   = '.'
	pending  = 'P'
	active   = 'A'
	rejected = 'R'
	deleted  = 'D'
)

var letters = map[peering.Status]byte{
	peering.PendingAcceptance: pending,
	peering.Active:            active,
	peering.Rejected:          rejected,
}

type action string

const (
	create  action = "create"
	accept  action = "accept"
	reject  action = "reject"
	destroy action = "delete"
	show    action = "show"
	list    action = "list"
)

// A call is the input of an operation.
type call struct {
	action action
	// creation is the number of the creation, noCreation for a list.
	creation int
	// caller is the index of the calling tenant, or clusterSide.tenant for the
	// project of the cluster on the CS root.
	caller int
}

func (c call) String() string {
	return fmt.Sprintf("%s %d by %d", c.action, c.creation, c.caller)
}

// A response is the output of an operation.
type response struct {
	// unknown means that there was no definite response. The operation may take
	// effect at any time after its call, or never.
	unknown bool
	// code is empty for a success.
	code     peering.Code
	replayed bool
	// shown is the letter of the peering in the response.
	shown byte
	// conflict is the existing peering that an AlreadyPeered error names.
	conflict peering.ID
	// listed is the state that a list shows. Creations that it lacks are absent.
	listed string
}

func (r response) String() string {
	switch {
	case r.unknown:
		return "unknown"
	case r.code == peering.AlreadyPeered:
		return fmt.Sprintf("%s: %s", r.code, r.conflict)
	case r.code != "":
		return string(r.code)
	case r.listed != "":
		return r.listed
	case r.replayed:
		return fmt.Sprintf("replayed %c", r.shown)
	case r.shown != 0:
		return string(r.shown)
	default:
		return "done"
	}
}

// matches reports whether a recorded response is the one that the model
// expects. A recorded list lacks the creations that were added after it. The id
// of a conflicting peering is not compared if no response ever showed it.
func (r response) matches(want response) bool {
	if more := len(want.listed) - len(r.listed); more > 0 {
		r.listed += strings.Repeat(string(absent), more)
	}
	if want.conflict == "" {
		r.conflict = ""
	}
	return r == want
}

// An outcome is a legal response to a call and the state after it.
type outcome struct {
	response
	next string
}

// model returns the sequential specification of a scope that has all its
// creations.
func (s *scope) model() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return strings.Repeat(string(absent), len(s.creations)) },
		Step: func(state, input, output any) (bool, any) {
			got := output.(response)
			for _, o := range s.outcomes(state.(string), input.(call)) {
				if got.unknown || got.matches(o.response) {
					return true, o.next
				}
			}
			return false, state
		},
		Hash: func(state any) uint64 { return maphash.String(hashSeed, state.(string)) },
	}
}

var hashSeed = maphash.MakeSeed()

// outcomes returns the legal outcomes of a call.
func (s *scope) outcomes(state string, c call) []outcome {
	if c.action == create {
		return s.createOutcomes(state, c.creation)
	}
	if c.action == list {
		return only(response{listed: s.visible(state, c.caller)}, state)
	}
	status := state[c.creation]
	if !exists(status) || !s.creations[c.creation].visibleTo(c.caller) {
		return only(response{code: peering.NotFound}, state)
	}
	switch c.action {
	case accept, reject:
		return s.decisionOutcomes(state, c)
	case destroy:
		return only(response{}, withStatus(state, c.creation, deleted))
	default:
		return only(response{shown: status}, state)
	}
}

func only(r response, next string) []outcome {
	return []outcome{{response: r, next: next}}
}

// withStatus returns the state with the status of one creation replaced.
func withStatus(state string, creation int, status byte) string {
	changed := []byte(state)
	changed[creation] = status
	return string(changed)
}

func exists(status byte) bool { return status != absent && status != deleted }

func live(status byte) bool { return status == pending || status == active }

func (c creation) visibleTo(caller int) bool {
	return c.requester.tenant == caller || c.accepter.tenant == caller
}

func (c creation) samePair(other creation) bool {
	a, b, x, y := c.requester.vpc, c.accepter.vpc, other.requester.vpc, other.accepter.vpc
	return a == x && b == y || a == y && b == x
}

// createOutcomes returns the legal outcomes of a creation. If it fails for more
// than one reason, the service may return any of them.
func (s *scope) createOutcomes(state string, i int) []outcome {
	c := s.creations[i]
	initial := letters[c.initial]
	if state[i] != absent {
		return only(response{replayed: true, shown: initial}, state)
	}
	var failures []outcome
	if s.exhausted(state, c.quotas(initial)) {
		failures = only(response{code: peering.QuotaExceeded}, state)
	}
	for j, other := range s.creations {
		if live(state[j]) && c.samePair(other) {
			failures = append(failures, outcome{response{code: peering.AlreadyPeered, conflict: s.ids[j]}, state})
		}
	}
	if failures != nil {
		return failures
	}
	return only(response{shown: initial}, withStatus(state, i, initial))
}

// decisionOutcomes returns the legal outcomes of accepting or rejecting a
// peering that exists and that the caller sees.
func (s *scope) decisionOutcomes(state string, c call) []outcome {
	of, status, target := s.creations[c.creation], state[c.creation], byte(active)
	if c.action == reject {
		target = rejected
	}
	switch {
	case c.caller != of.accepter.tenant:
		return only(response{code: peering.Forbidden}, state)
	case status == target:
		return only(response{shown: target}, state)
	case status != pending:
		return only(response{code: peering.WrongStatus}, state)
	}
	counted := of.quotas(pending)
	added := slices.DeleteFunc(of.quotas(target), func(q quota) bool { return slices.Contains(counted, q) })
	if s.exhausted(state, added) {
		return only(response{code: peering.QuotaExceeded}, state)
	}
	return only(response{shown: target}, withStatus(state, c.creation, target))
}

// mayChange reports whether a call can change any state.
func (s *scope) mayChange(c call) bool {
	switch c.action {
	case create:
		return true
	case accept, reject:
		return c.caller == s.creations[c.creation].accepter.tenant
	case destroy:
		return s.creations[c.creation].visibleTo(c.caller)
	default:
		return false
	}
}

// visible returns the state with the peerings that a caller can't see absent.
func (s *scope) visible(state string, caller int) string {
	shown := []byte(state)
	for i, c := range s.creations {
		if !exists(shown[i]) || !c.visibleTo(caller) {
			shown[i] = absent
		}
	}
	return string(shown)
}
