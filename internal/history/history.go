// Package history finds out whether a running service keeps its word while many clients use it at a time: it has them act
// at random, records what each asked and was answered, and checks with porcupine that all of it could have happened one
// after the other, each at a moment between question and answer. It serves tests only.
//
// Clients act in arenas: a few tenants, their VPCs and a cluster, in which they get in each other's way. What happens in
// one arena is independent of all others, so each is checked by itself; a new one opens where one has seen enough.
package history

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/peering/peering/internal/peering"
)

// A History is what happened in all arenas. It is safe for concurrent use.
type History struct {
	limits peering.Limits
	start  time.Time

	mu     sync.Mutex
	arenas []*arena
	// completed counts the operations that were answered; changed is closed, and replaced, when it grows.
	completed int
	changed   chan struct{}
}

// New answers a history without arenas, of a service with these limits.
func New(limits peering.Limits) *History {
	return &History{limits: limits, start: time.Now(), changed: make(chan struct{})}
}

// Completed answers how many operations were answered so far, and a channel that is closed when there are more.
func (h *History) Completed() (n int, changed <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.completed, h.changed
}

func (h *History) complete() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.completed++
	close(h.changed)
	h.changed = make(chan struct{})
}

// now is the time since the history began, in nanoseconds.
func (h *History) now() int64 {
	return int64(time.Since(h.start))
}

// A Verdict says what a check has found.
type Verdict struct {
	// Operations is how many were answered, Unknown how many changes were not.
	Operations, Unknown int
	// Arenas is how many there were, Undecided how many of them took too long to check.
	Arenas, Undecided int
	// Illegal holds the arenas in which something was answered that can't have happened, with all that was.
	Illegal []string
}

// String answers the numbers.
func (v Verdict) String() string {
	return fmt.Sprintf("%d operations, %d of unknown outcome, in %d arenas: %d illegal, %d undecided",
		v.Operations, v.Unknown, v.Arenas, len(v.Illegal), v.Undecided)
}

// Check looks at all arenas, at each for so long at most. Nobody may act meanwhile.
func (h *History) Check(each time.Duration) Verdict {
	v := Verdict{Operations: h.completed, Arenas: len(h.arenas)}
	for _, a := range h.arenas {
		v.Unknown += a.unknown
		switch result, info := porcupine.CheckOperationsVerbose(a.model(), a.sealed(), each); result {
		case porcupine.Illegal:
			v.Illegal = append(v.Illegal, a.story(info))
		case porcupine.Unknown:
			v.Undecided++
		case porcupine.Ok:
		}
	}
	return v
}

// sealed answers the operations of the arena. Those of unknown outcome may still happen after all others; where several
// ask for the same, the first of them stands for all, as the rest could do nothing that it can't.
func (a *arena) sealed() []porcupine.Operation {
	end := int64(0)
	for _, op := range a.operations {
		end = max(end, op.Call+1, op.Return+1)
	}
	first := map[call]int{}
	var operations []porcupine.Operation
	for _, op := range a.operations {
		if op.Return > 0 {
			operations = append(operations, op)
			continue
		}
		op.Return = end
		asked := op.Input.(call)
		wanted := call{action: asked.action, creation: asked.creation} // by whoever may
		if i, again := first[wanted]; again {
			operations[i].Call = min(operations[i].Call, op.Call)
		} else if a.mayChange(asked) {
			first[wanted] = len(operations)
			operations = append(operations, op)
		}
	}
	return operations
}

// story tells of an arena in which something can't have happened: the longest order that is possible, and what is left,
// the first of which fits nowhere.
func (a *arena) story(info porcupine.LinearizationInfo) string {
	var b strings.Builder
	fmt.Fprintf(&b, "arena %d with %+v:\n", a.number, a.history.limits)
	for i, c := range a.creations {
		fmt.Fprintf(&b, "  creation %d, %s: %s to %s, %s\n", i, a.ids[i], c.requester, c.accepter, c.first)
	}
	var longest []porcupine.Operation
	for _, order := range info.PartialLinearizationsOperations()[0] {
		if len(order) > len(longest) {
			longest = order
		}
	}
	model := a.model()
	world, placed := model.Init(), map[porcupine.Operation]bool{}
	for _, op := range longest {
		_, world = model.Step(world, op.Input, op.Output)
		placed[op] = true
		fmt.Fprintf(&b, "  %s  %s\n", line(op), world)
	}
	b.WriteString("  and not, after these:\n")
	left := slices.DeleteFunc(a.sealed(), func(op porcupine.Operation) bool { return placed[op] })
	slices.SortFunc(left, func(x, y porcupine.Operation) int { return int(x.Return - y.Return) })
	for _, op := range left {
		fmt.Fprintf(&b, "  %s\n", line(op))
	}
	return b.String()
}

func line(op porcupine.Operation) string {
	return fmt.Sprintf("%9.3f to %9.3f ms  %s -> %s", float64(op.Call)/1e6, float64(op.Return)/1e6, op.Input, op.Output)
}
