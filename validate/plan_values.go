package validate

import (
	"math"
	"reflect"
	"slices"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
)

// textRules are the keywords about strings.
type textRules struct {
	min, max uint64
	pattern  matcher
	format   openapi3.StringFormatValidator
	// form stands in for a format that kin-openapi checks by a regular expression.
	form matcher
}

// formats are the regular expressions of kin-openapi's own formats.
var formats = []string{
	openapi3.FormatOfStringByte, openapi3.FormatOfStringDate, openapi3.FormatOfStringDateTime, openapi3.FormatOfStringForEmail,
	openapi3.FormatOfStringForUUIDOfRFC4122, openapi3.FormatOfStringForUUIDOfRFC9562,
}

func (c *compiler) texts(n *node) *textRules {
	s := n.schema
	rules := &textRules{min: s.MinLength, max: math.MaxUint64}
	if s.MaxLength != nil {
		rules.max = *s.MaxLength
	}
	if s.Pattern != "" {
		rules.pattern = c.pattern(s.Pattern)
		if rules.pattern == nil {
			n.why = "a pattern does not compile"
		}
	}
	if format := openapi3.SchemaStringFormats[s.Format]; format != nil && s.Format != "" {
		rules.format, rules.form = format, c.form(s.Format, format)
		if rules.form != nil {
			rules.format = nil
		}
	}
	return rules
}

// form answers the matcher for a format that is one of kin-openapi's regular expressions, or nil.
func (c *compiler) form(name string, format openapi3.StringFormatValidator) matcher {
	if known, ok := c.forms[name]; ok {
		return known
	}
	var found matcher
	for _, form := range formats {
		if reflect.DeepEqual(format, openapi3.NewRegexpFormatValidator(form)) {
			found = c.pattern(form)
		}
	}
	c.forms[name] = found
	return found
}

// pattern answers nil for one that does not compile.
func (c *compiler) pattern(pattern string) matcher {
	if m, ok := c.patterns[pattern]; ok {
		return m
	}
	m, err := compilePattern(pattern)
	if err != nil {
		m = nil
	}
	c.patterns[pattern] = m
	return m
}

// texts checks the text at entry i.
func (r *run) texts(n *node, i int) bool {
	rules, value, ok := n.texts, r.text(i), true
	// A character has one to four bytes, so most lengths need no count.
	if size := uint64(len(value)); rules.min > size/utf8.UTFMax || rules.max < size {
		length := uint64(utf8.RuneCount(value)) //nolint:gosec // not negative
		if length < rules.min {
			if ok = r.refuse(n, "minLength"); !r.goesOn() {
				return false
			}
		}
		if length > rules.max {
			if ok = r.refuse(n, "maxLength"); !r.goesOn() {
				return false
			}
		}
	}
	if rules.pattern != nil && !rules.pattern.match(value) {
		if ok = r.refuse(n, "pattern"); !r.goesOn() {
			return false
		}
	}
	if rules.form != nil && !rules.form.match(value) || rules.format != nil && rules.format.Validate(string(value)) != nil {
		ok = r.refuse(n, "format")
	}
	return ok
}

// numberRules are the keywords about numbers. A bound that is not given is nil.
type numberRules struct {
	integer        bool
	integerFormat  openapi3.IntegerFormatValidator
	numberFormat   openapi3.NumberFormatValidator
	min, max       *float64
	above, below   *float64
	multipleOf     float64
	hasMultipleOf  bool
	multipleOfNone bool
}

func newNumberRules(s *openapi3.Schema) *numberRules {
	rules := &numberRules{integer: s.Type.Permits("integer") && !s.Type.Permits("number"), min: s.Min, max: s.Max}
	switch {
	case s.Format == "":
	case rules.integer:
		rules.integerFormat = openapi3.SchemaIntegerFormats[s.Format]
	default:
		rules.numberFormat = openapi3.SchemaNumberFormats[s.Format]
	}
	rules.above = exclusive(s.ExclusiveMin, s.Min)
	rules.below = exclusive(s.ExclusiveMax, s.Max)
	if m := s.MultipleOf; m != nil && !math.IsNaN(*m) && !math.IsInf(*m, 0) {
		rules.multipleOf, rules.hasMultipleOf, rules.multipleOfNone = *m, true, *m <= 0
	}
	return rules
}

// exclusive answers the bound that must not be met itself.
func exclusive(bound openapi3.ExclusiveBound, inclusive *float64) *float64 {
	switch {
	case bound.Value != nil:
		return bound.Value
	case bound.Bool != nil && *bound.Bool:
		return inclusive
	default:
		return nil
	}
}

// numbers checks the number at entry i.
func (r *run) numbers(n *node, i int) bool {
	rules, ok := n.numbers, true
	value, finite := parseNumber(r.text(i))
	if !finite {
		return r.refuse(n, "type")
	}
	check := func(holds bool, keyword string) bool {
		if !holds {
			ok = r.refuse(n, keyword)
		}
		return ok || r.goesOn()
	}
	_ = check(!rules.integer || value == math.Trunc(value), "type") &&
		check(rules.hasFormat(value), "format") &&
		check(rules.above == nil || value > *rules.above, "exclusiveMinimum") &&
		check(rules.below == nil || value < *rules.below, "exclusiveMaximum") &&
		check(rules.min == nil || value >= *rules.min, "minimum") &&
		check(rules.max == nil || value <= *rules.max, "maximum") &&
		check(!rules.hasMultipleOf || r.isMultiple(rules, value), "multipleOf")
	return ok
}

func (rules *numberRules) hasFormat(value float64) bool {
	switch {
	case rules.integerFormat != nil && value == math.MaxInt64: // which is 2^63 as a float64
		return rules.integerFormat.Validate(math.MaxInt64) == nil
	case rules.integerFormat != nil:
		return value >= math.MinInt64 && value < math.MaxInt64 && rules.integerFormat.Validate(int64(value)) == nil
	case rules.numberFormat != nil:
		return rules.numberFormat.Validate(value) == nil
	default:
		return true
	}
}

// isMultiple decides as kin-openapi does: exactly, but for a slack of 2^-51 of the value. Between what is certainly in and
// what is certainly out of the slack it asks.
func (r *run) isMultiple(rules *numberRules, value float64) bool {
	if rules.multipleOfNone {
		return false
	}
	const slack, doubt = 1.0 / (1 << 51), 1.0 / (1 << 20)
	value = math.Abs(value)
	tolerance := value * slack
	if tolerance > rules.multipleOf {
		return true // no two multiples are that far apart
	}
	above := math.Mod(value, rules.multipleOf) // exact
	distance := min(above, rules.multipleOf-above)
	switch {
	case above == 0:
		return true
	case tolerance < 0x1p-900 || math.Abs(distance-tolerance) <= tolerance*doubt:
		r.ask = true // too small to compute with, or too near to tell
		return true
	default:
		return distance < tolerance
	}
}

// enum is the keyword enum: the values by what they are.
type enum struct {
	texts   map[string]struct{}
	numbers []float64
	bools   [jsonTrue + 1]bool
	null    bool
	others  []any
}

func newEnum(values []any) *enum {
	e := &enum{texts: map[string]struct{}{}}
	for _, value := range values {
		switch v := value.(type) {
		case nil:
			e.null = true
		case string:
			e.texts[v] = struct{}{}
		case bool:
			e.bools[jsonTrue] = e.bools[jsonTrue] || v
			e.bools[jsonFalse] = e.bools[jsonFalse] || !v
		default:
			if f, ok := asNumber(v); ok {
				e.numbers = append(e.numbers, f)
			} else {
				e.others = append(e.others, v)
			}
		}
	}
	return e
}

// among tells whether the value at entry i is one of e.
func (r *run) among(e *enum, i int) bool {
	switch k := r.entries[i].kind; k {
	case jsonNull:
		return e.null
	case jsonFalse, jsonTrue:
		return e.bools[k]
	case jsonText:
		_, ok := e.texts[string(r.text(i))]
		return ok
	case jsonNumber:
		value, finite := parseNumber(r.text(i))
		for _, known := range e.numbers {
			if finite && known == value {
				return true
			}
		}
		return false
	default:
		return slices.ContainsFunc(e.others, func(other any) bool { return r.same(other, i) })
	}
}

// same tells whether the value at entry i is one of the document.
func (r *run) same(v any, i int) bool {
	e := &r.entries[i]
	switch v := v.(type) {
	case []any:
		if e.kind != jsonArray || len(v) != int(e.b) {
			return false
		}
		at := i + 1
		for _, item := range v {
			if !r.same(item, at) {
				return false
			}
			at = r.next(at)
		}
		return true
	case map[string]any:
		if e.kind != jsonObject || len(v) != int(e.b) {
			return false
		}
		for at := i + 1; at < int(e.a); at = r.next(at + 1) {
			if member, ok := v[string(r.text(at))]; !ok || !r.same(member, at+1) {
				return false
			}
		}
		return true
	default:
		return e.kind < jsonArray && r.among(newEnum([]any{v}), i)
	}
}
