package validate_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/getkin/kin-openapi/openapi3"
)

// raw is JSON text that is written unchanged.
type raw string

// member is a member of an object, which is a []member so that names can
// repeat.
type member struct {
	name  string
	value any
}

// generator generates values that conform to a schema most of the time.
type generator struct {
	*rand.Rand
	document *openapi3.T
	// faultless generators do not inject faults.
	faultless bool
}

func (g generator) chance(n int) bool { return g.IntN(n) == 0 }

// fault reports with probability 1/n that a fault is to be injected.
func (g generator) fault(n int) bool { return !g.faultless && g.chance(n) }

func pick[T any](g generator, values ...T) T { return values[g.IntN(len(values))] }

// value returns nil, a bool, a string, a raw number, an []any or a []member.
func (g generator) value(s *openapi3.Schema, depth int) any {
	if s == nil || depth > 6 {
		return nil
	}
	if s.Nullable && g.chance(5) {
		return nil
	}
	if len(s.Enum) > 0 && !g.chance(10) {
		return fromDocument(pick(g, s.Enum...))
	}
	parts := g.composedValues(s, depth)
	if own := g.ownValue(s, depth); own != nil || len(parts) == 0 {
		parts = append(parts, own)
	}
	var members []member
	for _, part := range parts {
		m, ok := part.([]member)
		if !ok {
			return pick(g, parts...)
		}
		for _, one := range m {
			if !slices.ContainsFunc(members, func(known member) bool { return known.name == one.name }) {
				members = append(members, one)
			}
		}
	}
	return members
}

// composedValues returns values for the alternatives and parts of a schema.
func (g generator) composedValues(s *openapi3.Schema, depth int) []any {
	var parts []any
	for _, alternatives := range []openapi3.SchemaRefs{s.OneOf, s.AnyOf} {
		if len(alternatives) == 0 {
			continue
		}
		chosen := pick(g, alternatives...)
		value := g.value(chosen.Value, depth+1)
		if m, ok := value.([]member); ok && s.Discriminator != nil && !g.chance(6) {
			kind := member{s.Discriminator.PropertyName, "x"}
			for _, name := range slices.Sorted(maps.Keys(s.Discriminator.Mapping)) {
				if kind.value == "x" || s.Discriminator.Mapping[name].Ref == chosen.Ref && !g.chance(6) {
					kind.value = name
				}
			}
			value = append([]member{kind}, slices.DeleteFunc(m, func(m member) bool { return m.name == kind.name })...)
		}
		parts = append(parts, value)
	}
	for _, part := range s.AllOf {
		parts = append(parts, g.value(part.Value, depth+1))
	}
	return parts
}

func (g generator) ownValue(s *openapi3.Schema, depth int) any {
	switch {
	case s.Type.Is("string"):
		return g.stringValue(s)
	case s.Type.Is("integer"), s.Type.Is("number"):
		return g.numberValue(s)
	case s.Type.Is("boolean"):
		return g.chance(2)
	case s.Type.Is("array"):
		return g.arrayValue(s, depth)
	case s.Type.Is("object"), len(s.Properties) > 0:
		return g.objectValue(s, depth)
	case len(s.OneOf)+len(s.AnyOf)+len(s.AllOf) > 0:
		return nil
	default:
		return g.anyValue(2)
	}
}

func (g generator) anyValue(depth int) any {
	switch n := g.IntN(9); {
	case n == 0:
		return nil
	case n < 3:
		return g.chance(2)
	case n < 5:
		return g.numberValue(&openapi3.Schema{})
	case n < 7 || depth == 0:
		return pick(g, "", "a", "abc", "2017-07-21", "x-y", "word", "é", "and", "😀")
	case n == 7:
		return []any{g.anyValue(depth - 1), g.anyValue(depth - 1)}
	default:
		return []member{{pick(g, "a", "b", "r", "kind", "name"), g.anyValue(depth - 1)}}
	}
}

func (g generator) objectValue(s *openapi3.Schema, depth int) any {
	members := []member{}
	names := []string{}
	for name := range s.Properties {
		names = append(names, name)
	}
	slices.Sort(names)
	g.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	for _, name := range names {
		property := s.Properties[name].Value
		if !slices.Contains(s.Required, name) && (depth > 3 || g.chance(2)) || property.ReadOnly && !g.chance(9) {
			continue
		}
		members = append(members, member{name, g.value(property, depth+1)})
	}
	for _, name := range s.Required {
		if s.Properties[name] == nil && !g.chance(9) {
			members = append(members, member{name, g.anyValue(1)})
		}
	}
	if s.AdditionalProperties.Schema != nil {
		for range g.IntN(3) {
			members = append(members, member{fmt.Sprint("k", g.IntN(9)), g.value(s.AdditionalProperties.Schema.Value, depth+1)})
		}
	} else if s.AdditionalProperties.Has == nil && g.chance(4) {
		members = append(members, member{"extra", g.anyValue(1)})
	}
	return members
}

func (g generator) arrayValue(s *openapi3.Schema, depth int) any {
	items := []any{}
	n := int(s.MinItems) + g.IntN(3)
	if s.MaxItems != nil && !g.chance(9) {
		n = min(n, int(*s.MaxItems))
	}
	for range n {
		if s.Items == nil || s.Items.Value == nil {
			items = append(items, g.anyValue(1))
		} else {
			items = append(items, g.value(s.Items.Value, depth+1))
		}
	}
	return items
}

func (g generator) numberValue(s *openapi3.Schema) any {
	low, high := -20.0, 20.0
	if s.Min != nil {
		low, high = *s.Min, *s.Min+20
	}
	if s.Max != nil {
		high = *s.Max
		if s.Min == nil {
			low = high - 20
		}
	}
	if g.fault(12) {
		return pick[any](g, raw("1e999"), raw("-0"), raw("1.0"), raw("1e1"), raw("9007199254740993"), raw("9223372036854775807"), raw("9223372036854775808"),
			raw("2147483648"), raw("0.30000000000000004"), raw("1e-320"), raw("1e300"), raw("123456789012345678901234567890"), raw("1.5"))
	}
	f := pick(g, low, high, low+g.Float64()*(high-low), math.Round(low+g.Float64()*(high-low)))
	if s.Type.Is("integer") {
		f = math.Round(f)
	}
	if s.MultipleOf != nil && !g.chance(8) {
		f = math.Round(f / *s.MultipleOf) * *s.MultipleOf
	}
	return raw(strconv.FormatFloat(f, 'f', -1, 64))
}

func (g generator) stringValue(s *openapi3.Schema) any {
	switch s.Format {
	case "date":
		return pick(g, "2017-07-21", "2017-02-31", "2017-7-1")
	case "date-time":
		return pick(g, "2017-07-21T17:32:28Z", "2017-07-21T17:32:28.5+01:00", "2017-07-21T17:32:28")
	case "byte":
		return pick(g, "U3dhZ2dlciByb2Nrcw==", "", "!")
	}
	if s.Pattern != "" {
		if re, err := syntax.Parse(s.Pattern, syntax.Perl); err == nil {
			var b strings.Builder
			g.writeMatch(&b, re)
			return b.String()
		}
	}
	n := int(s.MinLength) + g.IntN(4)
	if s.MaxLength != nil {
		n = pick(g, n, int(*s.MaxLength), int(*s.MaxLength)+g.IntN(2))
		n = min(n, 300)
	}
	var b strings.Builder
	for range n {
		b.WriteString(pick(g, "a", "b", "0", "é", "日", "😀", "-", " ", `"`, `\`, "<", "\n"))
	}
	return b.String()
}

// writeMatch writes a text that matches a regular expression.
func (g generator) writeMatch(b *strings.Builder, re *syntax.Regexp) {
	repeat := func(low, high int) {
		if high < 0 || high > low+5 {
			high = low + 5
		}
		for range low + g.IntN(high-low+1) {
			g.writeMatch(b, re.Sub[0])
		}
	}
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		i := 2 * g.IntN(len(re.Rune)/2)
		low, high := re.Rune[i], min(re.Rune[i+1], re.Rune[i]+200)
		if r := low + rune(g.IntN(int(high-low)+1)); r != 0 && !unicode.Is(unicode.Cs, r) {
			b.WriteRune(r)
		}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteString(pick(g, "a", "é", " "))
	case syntax.OpStar:
		repeat(0, -1)
	case syntax.OpPlus:
		repeat(1, -1)
	case syntax.OpQuest:
		repeat(0, 1)
	case syntax.OpRepeat:
		repeat(re.Min, re.Max)
	case syntax.OpAlternate:
		g.writeMatch(b, pick(g, re.Sub...))
	default:
		for _, sub := range re.Sub {
			g.writeMatch(b, sub)
		}
	}
}

// fromDocument converts a value of the document.
func fromDocument(v any) any {
	switch v := v.(type) {
	case map[string]any:
		members := []member{}
		for name, value := range v {
			members = append(members, member{name, fromDocument(value)})
		}
		slices.SortFunc(members, func(a, b member) int { return strings.Compare(a.name, b.name) })
		return members
	case []any:
		items := make([]any, len(v))
		for i := range v {
			items[i] = fromDocument(v[i])
		}
		return items
	case nil, bool, string:
		return v
	default:
		return raw(fmt.Sprint(v))
	}
}
