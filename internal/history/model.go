package history

import (
	"fmt"
	"hash/maphash"
	"slices"
	"strings"

	"github.com/anishathalye/porcupine"

	"github.com/peering/peering/internal/peering"
)

// A side of a creation: one of an arena's VPCs, and whose it is. The cluster's VPC belongs to none of the tenants.
type side struct {
	vpc    int
	tenant int
}

// clusterSide is the side of the arena's cluster.
var clusterSide = side{vpc: -1, tenant: -1}

func (s side) String() string {
	if s == clusterSide {
		return "the cluster"
	}
	return fmt.Sprintf("VPC %d of tenant %d", s.vpc, s.tenant)
}

// creation is a peering that somebody has asked for, perhaps more than once, with an idempotency key of its own.
type creation struct {
	requester, accepter side
	// first is the status that the peering has when it is made.
	first peering.Status
}

// The world of the model has a letter for each creation of the arena.
const (
	never    = '.'
	pending  = 'P'
	active   = 'A'
	rejected = 'R'
	deleted  = 'D'
)

var letters = map[peering.Status]byte{peering.PendingAcceptance: pending, peering.Active: active, peering.Rejected: rejected}

// action is what a client asks for.
type action string

const (
	create  action = "create"
	accept  action = "accept"
	reject  action = "reject"
	destroy action = "delete"
	show    action = "show"
	list    action = "list"
)

// call is what was asked: of a creation, but for lists, and by whom: a tenant, or the project of the cluster on its root,
// which is -1.
type call struct {
	action   action
	creation int
	by       int
}

func (c call) String() string {
	return fmt.Sprintf("%s %d by %d", c.action, c.creation, c.by)
}

// answer is what came back. The zero value of code stands for success.
type answer struct {
	// unknown tells that nothing came back: the change may be made at any time from the question on, or never.
	unknown  bool
	code     peering.Code
	replayed bool
	// shown is the peering in the answer as a letter.
	shown byte
	// names is the peering that stands in the way of this one.
	names peering.ID
	// listed has a letter for each creation of the arena, never for one that is not listed.
	listed string
}

func (r answer) String() string {
	switch {
	case r.unknown:
		return "unknown"
	case r.code == peering.AlreadyPeered:
		return fmt.Sprintf("%s: %s", r.code, r.names)
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

// outcome is an answer that the model allows, and the world after it.
type outcome struct {
	answer
	world string
}

// model says what may be answered in the arena, in which nothing more happens.
func (a *arena) model() porcupine.Model {
	return porcupine.Model{
		Init: func() any {
			world := make([]byte, len(a.creations))
			for i := range world {
				world[i] = never
			}
			return string(world)
		},
		Step: func(world, input, output any) (bool, any) {
			got := output.(answer)
			for _, o := range a.outcomes(world.(string), input.(call)) {
				if got.unknown || got.is(o.answer) {
					return true, o.world
				}
			}
			return false, world
		},
		Hash: func(world any) uint64 { return maphash.String(seed, world.(string)) },
	}
}

var seed = maphash.MakeSeed()

// is tells whether an answer is the one of the model. A list does not know of creations that came later. A peering may be
// named whose id nobody was ever told.
func (r answer) is(want answer) bool {
	if more := len(want.listed) - len(r.listed); more > 0 {
		r.listed += strings.Repeat(string(never), more)
	}
	if want.names == "" {
		r.names = ""
	}
	return r == want
}

// outcomes are the answers to a call in a world.
func (a *arena) outcomes(world string, c call) []outcome {
	if c.action == create {
		return a.creating(world, c.creation)
	}
	if c.action == list {
		return one(answer{listed: a.listed(world, c.by)}, world)
	}
	stands := world[c.creation]
	if !exists(stands) || !a.creations[c.creation].seenBy(c.by) {
		return one(answer{code: peering.NotFound}, world)
	}
	switch c.action {
	case accept, reject:
		return a.deciding(world, c)
	case destroy:
		return one(answer{}, with(world, c.creation, deleted))
	default:
		return one(answer{shown: stands}, world)
	}
}

func one(r answer, world string) []outcome {
	return []outcome{{answer: r, world: world}}
}

// with is a world in which one creation stands elsewhere.
func with(world string, creation int, letter byte) string {
	changed := []byte(world)
	changed[creation] = letter
	return string(changed)
}

func exists(letter byte) bool { return letter != never && letter != deleted }

func live(letter byte) bool { return letter == pending || letter == active }

func (c creation) seenBy(who int) bool {
	return c.requester.tenant == who || c.accepter.tenant == who
}

func (c creation) pairOf(other creation) bool {
	a, b, x, y := c.requester.vpc, c.accepter.vpc, other.requester.vpc, other.accepter.vpc
	return a == x && b == y || a == y && b == x
}

// creating are the answers to a creation. More than one thing may stand against it.
func (a *arena) creating(world string, i int) []outcome {
	c := a.creations[i]
	first := letters[c.first]
	if world[i] != never {
		return one(answer{replayed: true, shown: first}, world)
	}
	var refusals []outcome
	if a.full(world, c.counts(first)) {
		refusals = one(answer{code: peering.QuotaExceeded}, world)
	}
	for j, other := range a.creations {
		if live(world[j]) && c.pairOf(other) {
			refusals = append(refusals, outcome{answer{code: peering.AlreadyPeered, names: a.ids[j]}, world})
		}
	}
	if refusals != nil {
		return refusals
	}
	return one(answer{shown: first}, with(world, i, first))
}

// deciding are the answers to an acceptance or a rejection of a creation that the caller sees.
func (a *arena) deciding(world string, c call) []outcome {
	of, stands, wanted := a.creations[c.creation], world[c.creation], byte(active)
	if c.action == reject {
		wanted = rejected
	}
	switch {
	case c.by != of.accepter.tenant:
		return one(answer{code: peering.Forbidden}, world)
	case stands == wanted:
		return one(answer{shown: wanted}, world)
	case stands != pending:
		return one(answer{code: peering.WrongStatus}, world)
	}
	before := of.counts(pending)
	if a.full(world, slices.DeleteFunc(of.counts(wanted), func(q quota) bool { return slices.Contains(before, q) })) {
		return one(answer{code: peering.QuotaExceeded}, world)
	}
	return one(answer{shown: wanted}, with(world, c.creation, wanted))
}

// mayChange tells whether a call can change the world at all.
func (a *arena) mayChange(c call) bool {
	switch c.action {
	case create:
		return true
	case accept, reject:
		return c.by == a.creations[c.creation].accepter.tenant
	case destroy:
		return a.creations[c.creation].seenBy(c.by)
	default:
		return false
	}
}

// listed is the world as somebody sees it.
func (a *arena) listed(world string, who int) string {
	shown := []byte(world)
	for i, c := range a.creations {
		if !exists(shown[i]) || !c.seenBy(who) {
			shown[i] = never
		}
	}
	return string(shown)
}

// quota is what is limited, of a tenant or the cluster.
type quota struct {
	kind peering.QuotaKind
	of   int
}

// counts are the quotas that a creation counts towards where it stands.
func (c creation) counts(stands byte) []quota {
	if !live(stands) {
		return nil
	}
	counts := []quota{{peering.TenantQuota, c.requester.tenant}}
	if c.requester == clusterSide {
		counts[0].kind = peering.ClusterQuota
	}
	accepter := quota{peering.PendingQuota, c.accepter.tenant}
	if stands == active {
		accepter.kind = peering.TenantQuota
	}
	if accepter != counts[0] {
		counts = append(counts, accepter)
	}
	return counts
}

// full tells whether any of the quotas has no room for one more.
func (a *arena) full(world string, quotas []quota) bool {
	limits := map[peering.QuotaKind]int{
		peering.TenantQuota: a.history.limits.Tenant, peering.ClusterQuota: a.history.limits.Cluster, peering.PendingQuota: a.history.limits.Pending,
	}
	return slices.ContainsFunc(quotas, func(q quota) bool {
		used := 0
		for i, c := range a.creations {
			if slices.Contains(c.counts(world[i]), q) {
				used++
			}
		}
		return used >= limits[q.kind]
	})
}
