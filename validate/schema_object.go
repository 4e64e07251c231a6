package validate

import (
	"math"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/peering/peering/validate/internal/jsonscan"
)

// objectRules are the keywords for objects.
type objectRules struct {
	min, max uint64
	members  []memberRules
	byName   map[string]*memberRules
	// required is the number of required members.
	required int
	// additional is the schema of undeclared members, nil if none or any are
	// allowed.
	additional *compiledSchema
	closed     bool
}

// memberRules are the rules for one declared or required member.
type memberRules struct {
	name     string
	schema   *compiledSchema
	required bool
	// excluded is set for read-only members of a request, which must be absent.
	excluded bool
}

func (c *compiler) compileObject(s *openapi3.Schema, exempt []string) *objectRules {
	rules := &objectRules{min: s.MinProps, max: math.MaxUint64, byName: map[string]*memberRules{}}
	if s.MaxProps != nil {
		rules.max = *s.MaxProps
	}
	allowed := s.AdditionalProperties.Has
	rules.closed = allowed != nil && !*allowed
	if ref := s.AdditionalProperties.Schema; ref != nil && !rules.closed {
		rules.additional = c.compile(ref, nil)
	}
	var names []string
	for name := range s.Properties {
		names = append(names, name)
	}
	names = append(names, s.Required...)
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		m := memberRules{name: name, required: slices.Contains(s.Required, name) && !slices.Contains(exempt, name)}
		if ref := s.Properties[name]; ref != nil {
			m.schema, m.excluded = c.compile(ref, nil), c.excludesReadOnly(ref)
		}
		if m.required {
			rules.required++
		}
		rules.members = append(rules.members, m)
	}
	for i := range rules.members {
		rules.byName[rules.members[i].name] = &rules.members[i]
	}
	return rules
}

// member returns the rules for a name, or nil.
func (rules *objectRules) member(name []byte) *memberRules {
	const maxLinear = 6
	if len(rules.members) > maxLinear {
		return rules.byName[string(name)]
	}
	for i := range rules.members {
		if m := &rules.members[i]; len(m.name) == len(name) && (len(name) == 0 || m.name[0] == name[0]) && m.name == string(name) {
			return m
		}
	}
	return nil
}

// validObject checks the object at entry i.
func (e *evaluator) validObject(s *compiledSchema, i int) bool {
	rules, count, ok := s.objects, uint64(e.Entries[i].Count()), true
	if count < rules.min {
		if ok = e.reject(s, "minProperties"); !e.continues() {
			return false
		}
	}
	if count > rules.max {
		if ok = e.reject(s, "maxProperties"); !e.continues() {
			return false
		}
	}
	found, end := 0, e.Next(i)
	for at := i + 1; at < end; at = e.Next(at + 1) {
		m := rules.member(e.Text(at))
		if m != nil && m.required {
			found++
		}
		if !e.validMember(s, m, at) {
			if ok = false; !e.continues() {
				return false
			}
		}
	}
	if found < rules.required {
		ok = false
		e.addMissing(s, i)
	}
	return ok
}

// validMember checks the member at an entry against its rules m, which are nil
// for an undeclared member.
func (e *evaluator) validMember(s *compiledSchema, m *memberRules, at int) bool {
	switch {
	case m != nil && m.schema != nil:
		e.enterMember(m.name)
		ok := !m.excluded || e.Entries[at+1].Kind == jsonscan.Null || e.reject(m.schema, "readOnly")
		if ok || e.continues() {
			ok = e.valid(m.schema, at+1) && ok
		}
		e.leave()
		return ok
	case s.objects.closed:
		if e.collects() {
			name := string(e.Text(at))
			e.enterMember(name)
			e.addViolation("additionalProperties", unknownMember(name, s.source))
			e.leave()
		}
		return false
	case s.objects.additional != nil:
		if e.pass == passExplain {
			e.enterMember(string(e.Text(at)))
		}
		ok := e.valid(s.objects.additional, at+1)
		e.leave()
		return ok
	default:
		return true
	}
}

// addMissing records the required members that the object at entry i lacks.
func (e *evaluator) addMissing(s *compiledSchema, i int) {
	if !e.collects() {
		return
	}
	for _, m := range s.objects.members {
		if m.required && e.memberValue(i, m.name) == 0 {
			e.enterMember(m.name)
			e.reject(s, "required")
			e.leave()
		}
	}
}
