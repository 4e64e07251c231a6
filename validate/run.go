package validate

import (
	"math"
	"slices"
	"strconv"
	"sync"
)

// run is the work on one request: the scanner with its entries, and what nodes find out about them. Runs are used again.
type run struct {
	scanner
	pass pass
	// ask says that something came up that only kin-openapi can decide. What a run answers then means nothing.
	ask bool
	// inParameter is set for a value that kin-openapi parses, so that its numbers may be equal though written differently.
	inParameter bool
	steps       int
	// cost is how many schemas kin-openapi would apply, values that it copies included.
	cost float64
	// known are the answers of nodes, once so many steps were taken that some must have been asked for again.
	known  map[question]answer
	hashes []uint64

	way        []string
	violations []Violation

	query []queryPart
}

// pass is what a run goes through the entries for.
type pass uint8

const (
	// accepting stops at the first thing that is wrong.
	accepting pass = iota
	// weighing goes on, as kin-openapi does, to sum up the cost.
	weighing
	// explaining also collects the violations.
	explaining
)

type question struct{ node, entry uint32 }

type answer struct {
	valid bool
	cost  float64
}

// remembered is how many answers a run keeps, few how many it begins with.
const (
	remembered = 8 << 10
	few        = 64
)

var runs = sync.Pool{New: func() any { return new(run) }}

func newRun() *run {
	return runs.Get().(*run) //nolint:forcetypeassert // nothing else is put there
}

// free gives the run back; its entries are no longer valid. What grew large is not kept.
func (r *run) free() {
	const maxEntries, maxPlain = 1 << 16, 1 << 17
	if cap(r.entries) > maxEntries || cap(r.plain) > maxPlain {
		return
	}
	r.data, r.keyword, r.message = nil, "", ""
	r.violations = nil
	clear(r.query[:cap(r.query)])
	clear(r.way[:cap(r.way)])
	r.forget()
	runs.Put(r)
}

func (r *run) forget() {
	r.pass, r.ask, r.inParameter, r.steps, r.cost = accepting, false, false, 0, 0
	r.way = r.way[:0]
	if len(r.known) > few {
		r.known = nil // to clear a large map takes long, on every request from then on
	}
	clear(r.known)
}

// again begins another pass over the entries.
func (r *run) again(p pass) {
	parameter := r.inParameter
	r.forget()
	r.pass, r.inParameter = p, parameter
}

// tooComplex tells whether the schemas and the value go so badly together that checking takes too long.
func (r *run) tooComplex() bool {
	return r.steps > 200_000+16*len(r.entries)
}

// goesOn tells whether something that is wrong ends the pass.
func (r *run) goesOn() bool { return r.pass != accepting }

// refuse answers false, and notes what is wrong where the pass collects it.
func (r *run) refuse(n *node, keyword string) bool {
	if r.explains() {
		r.note(keyword, reason(n.schema, keyword))
	}
	return false
}

// explains tells whether this pass still collects violations.
func (r *run) explains() bool {
	return r.pass == explaining && len(r.violations) < maxViolations
}

func (r *run) note(keyword, reason string) {
	v := Violation{In: Body, Field: pointer(r.way), Keyword: keyword, Reason: reason}
	if !slices.Contains(r.violations, v) {
		r.violations = append(r.violations, v)
	}
}

// enter and leave keep the way to the value that is looked at, where somebody wants to know it.
func (r *run) enter(name string) {
	if r.pass == explaining {
		r.way = append(r.way, name)
	}
}

func (r *run) enterItem(i int) {
	if r.pass == explaining {
		r.way = append(r.way, strconv.Itoa(i))
	}
}

func (r *run) leave() {
	if r.pass == explaining {
		r.way = r.way[:len(r.way)-1]
	}
}

// valid tells whether the value at entry i follows a node.
func (r *run) valid(n *node, i int) bool {
	r.steps++
	r.cost++
	kind := r.entries[i].kind
	switch {
	case n.why != "" || r.tooComplex():
		r.ask = true
		return true
	case kind == jsonNull && n.nullable:
		return true
	case n.constant:
		return n.accepts || r.refuse(n, "boolean")
	case n.empty:
		return kind != jsonNull || r.refuse(n, "nullable")
	}
	if n.composed() {
		if !r.composed(n, i) {
			return false
		}
		if kind == jsonNull && (n.oneOf != nil || n.anyOf != nil || n.allOf != nil) {
			return true
		}
	}
	if n.enum != nil && !r.among(n.enum, i) {
		return r.refuse(n, "enum")
	}
	switch {
	case kind == jsonNull:
		return r.refuse(n, "nullable")
	case !n.kinds[kind]:
		return r.refuse(n, "type")
	}
	switch kind {
	case jsonText:
		return r.texts(n, i)
	case jsonNumber:
		return r.numbers(n, i)
	case jsonArray:
		return r.arrays(n, i)
	case jsonObject:
		return r.objects(n, i)
	default:
		return true
	}
}

// parseNumber answers a number of JSON, and false for one that is out of the range of a float64.
func parseNumber(digits []byte) (float64, bool) {
	const exact = 15 // so many digits always fit
	if len(digits) <= exact {
		n, rest := 0, digits
		if rest[0] == '-' {
			rest = rest[1:]
		}
		for len(rest) > 0 && '0' <= rest[0] && rest[0] <= '9' {
			n, rest = 10*n+int(rest[0]-'0'), rest[1:]
		}
		if len(rest) == 0 {
			if digits[0] == '-' {
				return math.Copysign(float64(n), -1), true
			}
			return float64(n), true
		}
	}
	f, err := strconv.ParseFloat(string(digits), 64)
	return f, err == nil
}
