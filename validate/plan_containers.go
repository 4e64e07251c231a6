package validate

import (
	"encoding/binary"
	"hash/maphash"
	"math"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// arrayRules are the keywords about arrays.
type arrayRules struct {
	min, max uint64
	unique   bool
	items    *node
}

func (c *compiler) arrays(n *node) *arrayRules {
	s := n.schema
	rules := &arrayRules{min: s.MinItems, max: math.MaxUint64, unique: s.UniqueItems}
	if s.MaxItems != nil {
		rules.max = *s.MaxItems
	}
	if s.Items != nil {
		rules.items = c.compile(s.Items, nil)
	}
	if len(s.PrefixItems) > 0 {
		n.why = "prefixItems is not of OpenAPI 3.0"
	}
	return rules
}

// arrays checks the array at entry i.
func (r *run) arrays(n *node, i int) bool {
	rules, count, ok := n.arrays, uint64(r.entries[i].b), true
	if count < rules.min {
		if ok = r.refuse(n, "minItems"); !r.goesOn() {
			return false
		}
	}
	if count > rules.max {
		if ok = r.refuse(n, "maxItems"); !r.goesOn() {
			return false
		}
	}
	if rules.unique && !r.unique(i) {
		if ok = r.refuse(n, "uniqueItems"); !r.goesOn() {
			return false
		}
	}
	if rules.items == nil {
		return ok
	}
	end := r.next(i)
	for item, at := 0, i+1; at < end; item, at = item+1, r.next(at) {
		r.enterItem(item)
		valid := r.valid(rules.items, at)
		r.leave()
		if !valid {
			if ok = false; !r.goesOn() {
				return false
			}
		}
	}
	return ok
}

// unique tells whether no item of the array at entry i is there twice. Items are compared by their hashes; the seed of
// these is secret, so that nobody can make two items look alike.
func (r *run) unique(i int) bool {
	from, end := len(r.hashes), r.next(i)
	r.hashes = slices.Grow(r.hashes, int(r.entries[i].b))
	for at := i + 1; at < end; at = r.next(at) {
		r.hashes = append(r.hashes, r.hash(at))
	}
	hashes := r.hashes[from:]
	slices.Sort(hashes)
	unique := true
	for k := 1; k < len(hashes); k++ {
		unique = unique && hashes[k-1] != hashes[k]
	}
	r.hashes = r.hashes[:from]
	return unique
}

// hash answers the same number for values that kin-openapi takes for the same: numbers are compared as they are written,
// members in any order.
func (r *run) hash(i int) uint64 {
	e := &r.entries[i]
	switch e.kind {
	case jsonText:
		return mix(jsonText, maphash.Bytes(seed, r.text(i)))
	case jsonNumber:
		r.ask = r.ask || r.inParameter
		return mix(jsonNumber, maphash.Bytes(seed, r.text(i)))
	case jsonArray:
		sum := mix(jsonArray, uint64(e.b))
		for at := i + 1; at < int(e.a); at = r.next(at) {
			sum = mix(jsonArray, sum, r.hash(at))
		}
		return sum
	case jsonObject:
		sum := uint64(0)
		for at := i + 1; at < int(e.a); at = r.next(at + 1) {
			sum += mix(jsonObject, maphash.Bytes(seed, r.text(at)), r.hash(at+1))
		}
		return mix(jsonObject, sum)
	default:
		return mix(e.kind)
	}
}

func mix(k kind, parts ...uint64) uint64 {
	buffer := make([]byte, 1, 1+3*8)
	buffer[0] = byte(k)
	for _, part := range parts {
		buffer = binary.LittleEndian.AppendUint64(buffer, part)
	}
	return maphash.Bytes(seed, buffer)
}

// objectRules are the keywords about objects.
type objectRules struct {
	min, max uint64
	members  []memberRules
	byName   map[string]*memberRules
	// required is how many of members have to be there.
	required int
	// additional is for members that are not declared; nil where none or any are allowed.
	additional *node
	closed     bool
}

// memberRules are about one member that the schema declares or requires.
type memberRules struct {
	name     string
	node     *node
	required bool
	// excluded members are only for the other direction.
	excluded bool
}

func (c *compiler) objects(s *openapi3.Schema, exempt []string) *objectRules {
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
			m.node, m.excluded = c.compile(ref, nil), c.excluded(ref)
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

// find answers the rules for a name, or nil.
func (rules *objectRules) find(name []byte) *memberRules {
	const few = 6
	if len(rules.members) > few {
		return rules.byName[string(name)]
	}
	for i := range rules.members {
		if m := &rules.members[i]; len(m.name) == len(name) && (len(name) == 0 || m.name[0] == name[0]) && m.name == string(name) {
			return m
		}
	}
	return nil
}

// objects checks the object at entry i.
func (r *run) objects(n *node, i int) bool {
	rules, count, ok := n.objects, uint64(r.entries[i].b), true
	if count < rules.min {
		if ok = r.refuse(n, "minProperties"); !r.goesOn() {
			return false
		}
	}
	if count > rules.max {
		if ok = r.refuse(n, "maxProperties"); !r.goesOn() {
			return false
		}
	}
	found, end := 0, r.next(i)
	for at := i + 1; at < end; at = r.next(at + 1) {
		m := rules.find(r.text(at))
		if m != nil && m.required {
			found++
		}
		if !r.memberFollows(n, m, at) {
			if ok = false; !r.goesOn() {
				return false
			}
		}
	}
	if found < rules.required {
		ok = false
		r.noteMissing(n, i)
	}
	return ok
}

// memberFollows checks the member at an entry, for which the node has the rules m or none.
func (r *run) memberFollows(n *node, m *memberRules, at int) bool {
	switch {
	case m != nil && m.node != nil:
		r.enter(m.name)
		ok := !m.excluded || r.entries[at+1].kind == jsonNull || r.refuse(m.node, excludedKeyword(m.node))
		if ok || r.goesOn() {
			ok = r.valid(m.node, at+1) && ok
		}
		r.leave()
		return ok
	case n.objects.closed:
		if r.explains() {
			name := string(r.text(at))
			r.enter(name)
			r.note("additionalProperties", unknown(name, n.schema))
			r.leave()
		}
		return false
	case n.objects.additional != nil:
		if r.pass == explaining {
			r.enter(string(r.text(at)))
		}
		ok := r.valid(n.objects.additional, at+1)
		r.leave()
		return ok
	default:
		return true
	}
}

func excludedKeyword(n *node) string {
	if n.schema.ReadOnly {
		return "readOnly"
	}
	return "writeOnly"
}

// noteMissing notes the required members that the object at entry i has not.
func (r *run) noteMissing(n *node, i int) {
	if !r.explains() {
		return
	}
	for _, m := range n.objects.members {
		if m.required && r.member(i, m.name) == 0 {
			r.enter(m.name)
			r.refuse(n, "required")
			r.leave()
		}
	}
}
