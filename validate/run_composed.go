package validate

import "strings"

// composed tells whether the value at entry i follows what a node is composed of.
func (r *run) composed(n *node, i int) bool {
	remember := r.pass != explaining && r.steps > 1000+8*len(r.entries)
	q := question{n.id, uint32(i)} //nolint:gosec // an entry
	if remember {
		if a, ok := r.known[q]; ok {
			r.cost += a.cost
			return a.valid
		}
	}
	before := r.cost
	valid := r.not(n, i) && (n.oneOf == nil || r.oneOf(n, i)) && (n.anyOf == nil || r.anyOf(n, i)) && r.allOf(n, i)
	if remember {
		if r.known == nil || len(r.known) >= remembered {
			r.known = make(map[question]answer, few)
		}
		r.known[q] = answer{valid, r.cost - before}
	}
	return valid
}

// try tells whether the value at entry i follows one of several nodes. What is wrong with it then is nobody's business.
func (r *run) try(n *node, i int) bool {
	pass := r.pass
	r.pass = min(pass, weighing)
	valid := r.valid(n, i)
	r.pass = pass
	return valid
}

func (r *run) not(n *node, i int) bool {
	return n.not == nil || !r.try(n.not, i) || r.refuse(n, "not")
}

func (r *run) allOf(n *node, i int) bool {
	ok := true
	for _, part := range n.allOf {
		if !r.valid(part, i) {
			if ok = false; !r.goesOn() {
				return false
			}
		}
	}
	return ok
}

// wholeRef answers the reference that a value of a discriminator's mapping stands for: it may also be a plain name.
func wholeRef(ref string) string {
	if ref != "" && !strings.Contains(ref, "/") {
		return "#/components/schemas/" + ref
	}
	return ref
}

func (r *run) oneOf(n *node, i int) bool {
	matches := 0
	ref, ok := r.chosen(n.oneOf, i)
	if !ok {
		return r.refuse(n, "discriminator")
	}
	for k, alternative := range n.oneOf.of {
		if ref != "" && ref != n.oneOf.refs[k] {
			continue
		}
		before := r.cost
		if r.try(alternative, i) {
			matches++
			r.cost += r.cost - before // kin-openapi applies it once more
		}
		r.cost += float64(r.next(i) - i) // and copies the value
		if matches > 1 && !r.goesOn() {
			break
		}
	}
	return matches == 1 || r.refuse(n, "oneOf")
}

func (r *run) anyOf(n *node, i int) bool {
	ref, ok := r.chosen(n.anyOf, i)
	if !ok {
		return r.refuse(n, "discriminator")
	}
	for k, alternative := range n.anyOf.of {
		if ref != "" && ref != n.anyOf.refs[k] {
			continue
		}
		before := r.cost
		r.cost += float64(r.next(i) - i)
		if r.try(alternative, i) {
			r.cost += r.cost - before
			return true
		}
	}
	return r.refuse(n, "anyOf")
}

// chosen answers the reference of the alternative that the discriminator chooses, "" where it chooses none, and false
// where it had to.
func (r *run) chosen(c *choice, i int) (string, bool) {
	if c.by == nil || r.entries[i].kind != jsonObject {
		return "", true
	}
	value := r.member(i, c.by.PropertyName)
	if value == 0 || r.entries[value].kind != jsonText {
		return "", false
	}
	mapped, ok := c.by.Mapping[string(r.text(value))]
	switch {
	case len(c.by.Mapping) == 0:
		return "", true
	case !ok:
		return "", false
	}
	return wholeRef(mapped.Ref), true
}

// member answers the entry of the value of a member, or 0.
func (r *run) member(i int, name string) int {
	end := r.next(i)
	for i++; i < end; i = r.next(i + 1) {
		if string(r.text(i)) == name {
			return i + 1
		}
	}
	return 0
}
