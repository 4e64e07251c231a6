package validate

import (
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/peering/peering/validate/internal/jsonscan"
)

// alternatives are the schemas of a oneOf or anyOf.
type alternatives struct {
	schemas []*compiledSchema
	// refs are their references as written in the document.
	refs          []string
	discriminator *openapi3.Discriminator
}

func (c *compiler) compileAlternatives(refs openapi3.SchemaRefs, s *openapi3.Schema, enclosing []*openapi3.Schema) *alternatives {
	if len(refs) == 0 {
		return nil
	}
	a := &alternatives{discriminator: s.Discriminator}
	for _, ref := range refs {
		a.schemas = append(a.schemas, c.compile(ref, enclosing))
		a.refs = append(a.refs, ref.Ref)
	}
	return a
}

// validComposition reports whether the value at entry i conforms to the not,
// oneOf, anyOf and allOf of a schema.
func (e *evaluator) validComposition(s *compiledSchema, i int) bool {
	useMemo := e.pass != passExplain && e.steps > 1000+8*len(e.Entries)
	key := memoKey{s.id, uint32(i)} //nolint:gosec // an entry
	if useMemo {
		if result, ok := e.memo[key]; ok {
			e.cost += result.cost
			return result.valid
		}
	}
	before := e.cost
	valid := e.validNot(s, i) && (s.oneOf == nil || e.validOneOf(s, i)) && (s.anyOf == nil || e.validAnyOf(s, i)) && e.validAllOf(s, i)
	if useMemo {
		if e.memo == nil || len(e.memo) >= maxMemo {
			e.memo = make(map[memoKey]memoResult, initialMemo)
		}
		e.memo[key] = memoResult{valid, e.cost - before}
	}
	return valid
}

// matches reports whether the value at entry i conforms to an alternative. It
// collects no violations.
func (e *evaluator) matches(s *compiledSchema, i int) bool {
	pass := e.pass
	e.pass = min(pass, passCost)
	valid := e.valid(s, i)
	e.pass = pass
	return valid
}

func (e *evaluator) validNot(s *compiledSchema, i int) bool {
	return s.not == nil || !e.matches(s.not, i) || e.reject(s, "not")
}

func (e *evaluator) validAllOf(s *compiledSchema, i int) bool {
	ok := true
	for _, part := range s.allOf {
		if !e.valid(part, i) {
			if ok = false; !e.continues() {
				return false
			}
		}
	}
	return ok
}

func (e *evaluator) validOneOf(s *compiledSchema, i int) bool {
	matches := 0
	ref, ok := e.discriminate(s.oneOf, i)
	if !ok {
		return e.reject(s, "discriminator")
	}
	for k, alternative := range s.oneOf.schemas {
		if ref != "" && ref != s.oneOf.refs[k] {
			continue
		}
		before := e.cost
		if e.matches(alternative, i) {
			matches++
			e.cost += e.cost - before // kin-openapi applies the schema again
		}
		e.cost += float64(e.Next(i) - i) // and copies the value
		if matches > 1 && !e.continues() {
			break
		}
	}
	return matches == 1 || e.reject(s, "oneOf")
}

func (e *evaluator) validAnyOf(s *compiledSchema, i int) bool {
	ref, ok := e.discriminate(s.anyOf, i)
	if !ok {
		return e.reject(s, "discriminator")
	}
	for k, alternative := range s.anyOf.schemas {
		if ref != "" && ref != s.anyOf.refs[k] {
			continue
		}
		before := e.cost
		e.cost += float64(e.Next(i) - i)
		if e.matches(alternative, i) {
			e.cost += e.cost - before
			return true
		}
	}
	return e.reject(s, "anyOf")
}

// discriminate returns the reference of the alternative that the discriminator
// selects, or "" without a selection. It returns false if the selection is
// invalid.
func (e *evaluator) discriminate(a *alternatives, i int) (string, bool) {
	if a.discriminator == nil || e.Entries[i].Kind != jsonscan.Object {
		return "", true
	}
	value := e.memberValue(i, a.discriminator.PropertyName)
	if value == 0 || e.Entries[value].Kind != jsonscan.String {
		return "", false
	}
	mapped, ok := a.discriminator.Mapping[string(e.Text(value))]
	switch {
	case len(a.discriminator.Mapping) == 0:
		return "", true
	case !ok:
		return "", false
	}
	return fullRef(mapped.Ref), true
}

// fullRef returns the reference for a value in a discriminator's mapping, which
// can also be the plain name of a schema.
func fullRef(ref string) string {
	if ref != "" && !strings.Contains(ref, "/") {
		return "#/components/schemas/" + ref
	}
	return ref
}

// memberValue returns the entry of a member's value, or 0.
func (e *evaluator) memberValue(i int, name string) int {
	end := e.Next(i)
	for i++; i < end; i = e.Next(i + 1) {
		if string(e.Text(i)) == name {
			return i + 1
		}
	}
	return 0
}
