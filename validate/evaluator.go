package validate

import (
	"slices"
	"strconv"
	"sync"

	"github.com/peering/peering/validate/internal/jsonscan"
)

// evaluator evaluates compiled schemas against the scanned values of one
// request. Evaluators are pooled.
type evaluator struct {
	jsonscan.Scanner
	pass pass
	// undecided is set if only kin-openapi can decide. The result of the
	// evaluation is meaningless then.
	undecided bool
	// inParameter is set for a value that kin-openapi parses, where numbers can
	// be equal despite different spellings.
	inParameter bool
	steps       int
	// cost estimates the work of kin-openapi: the schemas that it applies and
	// the values that it copies.
	cost float64
	// memo caches the results of composed schemas, once the number of steps
	// shows that some are evaluated repeatedly.
	memo   map[memoKey]memoResult
	hashes []uint64

	location   []string
	violations []Violation

	queryPairs []queryPair
}

// pass is the purpose of an evaluation.
type pass uint8

const (
	// passValidate stops at the first violation.
	passValidate pass = iota
	// passCost continues after violations, as kin-openapi does, to sum up the
	// cost.
	passCost
	// passExplain also collects the violations.
	passExplain
)

type memoKey struct{ schema, entry uint32 }

type memoResult struct {
	valid bool
	cost  float64
}

// maxMemo is the maximum number of results in a memo, initialMemo its initial
// capacity.
const (
	maxMemo     = 8 << 10
	initialMemo = 64
)

var evaluators = sync.Pool{New: func() any { return new(evaluator) }}

func newEvaluator() *evaluator {
	return evaluators.Get().(*evaluator) //nolint:forcetypeassert // nothing else is put there
}

// release returns the evaluator to the pool, unless its buffers grew large. Its
// entries are invalid from then on.
func (e *evaluator) release() {
	const maxEntries, maxUnescaped = 1 << 16, 1 << 17
	if cap(e.Entries) > maxEntries || cap(e.Unescaped) > maxUnescaped {
		return
	}
	e.DropText()
	e.violations = nil
	clear(e.queryPairs[:cap(e.queryPairs)])
	clear(e.location[:cap(e.location)])
	e.clear()
	evaluators.Put(e)
}

func (e *evaluator) clear() {
	e.pass, e.undecided, e.inParameter, e.steps, e.cost = passValidate, false, false, 0, 0
	e.location = e.location[:0]
	if len(e.memo) > initialMemo {
		e.memo = nil // clearing a large map would slow down all later requests
	}
	clear(e.memo)
}

// restart begins another pass over the same entries.
func (e *evaluator) restart(p pass) {
	parameter := e.inParameter
	e.clear()
	e.pass, e.inParameter = p, parameter
}

// tooComplex reports whether the evaluation takes too many steps for the size
// of the value.
func (e *evaluator) tooComplex() bool {
	return e.steps > 200_000+16*len(e.Entries)
}

// continues reports whether the pass continues after a violation.
func (e *evaluator) continues() bool { return e.pass != passValidate }

// valid reports whether the value at entry i conforms to a schema.
func (e *evaluator) valid(s *compiledSchema, i int) bool {
	e.steps++
	e.cost++
	kind := e.Entries[i].Kind
	switch {
	case s.fallback != "" || e.tooComplex():
		e.undecided = true
		return true
	case kind == jsonscan.Null && s.nullable:
		return true
	case s.boolean:
		return s.accepts || e.reject(s, "boolean")
	case s.empty:
		return kind != jsonscan.Null || e.reject(s, "nullable")
	}
	if s.isComposed() {
		if !e.validComposition(s, i) {
			return false
		}
		if kind == jsonscan.Null && (s.oneOf != nil || s.anyOf != nil || s.allOf != nil) {
			return true
		}
	}
	if s.enum != nil && !e.inEnum(s.enum, i) {
		return e.reject(s, "enum")
	}
	switch {
	case kind == jsonscan.Null:
		return e.reject(s, "nullable")
	case !s.allowed[kind]:
		return e.reject(s, "type")
	}
	switch kind {
	case jsonscan.String:
		return e.validString(s, i)
	case jsonscan.Number:
		return e.validNumber(s, i)
	case jsonscan.Array:
		return e.validArray(s, i)
	case jsonscan.Object:
		return e.validObject(s, i)
	default:
		return true
	}
}

// reject returns false, and records the violation if the pass collects them.
func (e *evaluator) reject(s *compiledSchema, keyword string) bool {
	if e.collects() {
		e.addViolation(keyword, reason(s.source, keyword))
	}
	return false
}

// collects reports whether the pass still collects violations.
func (e *evaluator) collects() bool {
	return e.pass == passExplain && len(e.violations) < maxViolations
}

func (e *evaluator) addViolation(keyword, reason string) {
	v := Violation{In: Body, Field: jsonPointer(e.location), Keyword: keyword, Reason: reason}
	if !slices.Contains(e.violations, v) {
		e.violations = append(e.violations, v)
	}
}

// enterMember, enterItem and leave track the location of the current value if
// the pass needs it.
func (e *evaluator) enterMember(name string) {
	if e.pass == passExplain {
		e.location = append(e.location, name)
	}
}

func (e *evaluator) enterItem(i int) {
	if e.pass == passExplain {
		e.location = append(e.location, strconv.Itoa(i))
	}
}

func (e *evaluator) leave() {
	if e.pass == passExplain {
		e.location = e.location[:len(e.location)-1]
	}
}
