package linearizability

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
)

// A Result is the outcome of Recorder.Check.
type Result struct {
	// Operations counts the operations with a definite response, Unknown the
	// changes without one.
	Operations, Unknown int
	// Scopes counts the scopes, Undecided those whose check timed out.
	Scopes, Undecided int
	// Illegal describes each scope whose history is not linearizable.
	Illegal []string
}

// String returns the counts on one line.
func (r Result) String() string {
	return fmt.Sprintf("%d operations, %d of unknown outcome, in %d scopes: %d illegal, %d undecided",
		r.Operations, r.Unknown, r.Scopes, len(r.Illegal), r.Undecided)
}

// Check checks the history of every scope, each for at most timeout. No
// workload may be running.
func (r *Recorder) Check(timeout time.Duration) Result {
	result := Result{Operations: r.completed, Scopes: len(r.scopes)}
	for _, s := range r.scopes {
		result.Unknown += s.unknown
		switch verdict, info := porcupine.CheckOperationsVerbose(s.model(), s.history(), timeout); verdict {
		case porcupine.Illegal:
			result.Illegal = append(result.Illegal, s.explain(info))
		case porcupine.Unknown:
			result.Undecided++
		case porcupine.Ok:
		}
	}
	return result
}

// history returns the operations of the scope in the form that porcupine
// checks. An operation of unknown outcome may take effect after all others, so
// it returns at the end. Several such operations that request the same change
// are reduced to the first: the others could do nothing that it can't.
func (s *scope) history() []porcupine.Operation {
	end := int64(0)
	for _, op := range s.operations {
		end = max(end, op.Call+1, op.Return+1)
	}
	type change struct {
		action   action
		creation int
	}
	first := map[change]int{}
	var operations []porcupine.Operation
	for _, op := range s.operations {
		if op.Return > 0 {
			operations = append(operations, op)
			continue
		}
		op.Return = end
		c := op.Input.(call)
		requested := change{c.action, c.creation}
		if i, ok := first[requested]; ok {
			operations[i].Call = min(operations[i].Call, op.Call)
		} else if s.mayChange(c) {
			first[requested] = len(operations)
			operations = append(operations, op)
		}
	}
	return operations
}

// explain describes a history that is not linearizable: the longest partial
// linearization that porcupine found, and the operations that it leaves out.
func (s *scope) explain(info porcupine.LinearizationInfo) string {
	var b strings.Builder
	fmt.Fprintf(&b, "scope %d with %+v:\n", s.number, s.recorder.quotas)
	for i, c := range s.creations {
		fmt.Fprintf(&b, "  creation %d, %s: %s to %s, %s\n", i, s.ids[i], c.requester, c.accepter, c.initial)
	}
	var longest []porcupine.Operation
	for _, order := range info.PartialLinearizationsOperations()[0] {
		if len(order) > len(longest) {
			longest = order
		}
	}
	model := s.model()
	state, placed := model.Init(), map[porcupine.Operation]bool{}
	for _, op := range longest {
		_, state = model.Step(state, op.Input, op.Output)
		placed[op] = true
		fmt.Fprintf(&b, "  %s  %s\n", describe(op), state)
	}
	b.WriteString("  no legal order of these operations follows:\n")
	rest := slices.DeleteFunc(s.history(), func(op porcupine.Operation) bool { return placed[op] })
	slices.SortFunc(rest, func(x, y porcupine.Operation) int { return int(x.Return - y.Return) })
	for _, op := range rest {
		fmt.Fprintf(&b, "  %s\n", describe(op))
	}
	return b.String()
}

func describe(op porcupine.Operation) string {
	return fmt.Sprintf("%9.3f to %9.3f ms  %s -> %s", float64(op.Call)/1e6, float64(op.Return)/1e6, op.Input, op.Output)
}
