package validate

import (
	"slices"

	"github.com/peering/peering/validate/internal/jsonscan"
)

// enum holds the values of an enum by their type.
type enum struct {
	strings map[string]struct{}
	numbers []float64
	bools   [jsonscan.True + 1]bool
	null    bool
	others  []any
}

func compileEnum(values []any) *enum {
	set := &enum{strings: map[string]struct{}{}}
	for _, value := range values {
		switch v := value.(type) {
		case nil:
			set.null = true
		case string:
			set.strings[v] = struct{}{}
		case bool:
			set.bools[jsonscan.True] = set.bools[jsonscan.True] || v
			set.bools[jsonscan.False] = set.bools[jsonscan.False] || !v
		default:
			if f, ok := toFloat(v); ok {
				set.numbers = append(set.numbers, f)
			} else {
				set.others = append(set.others, v)
			}
		}
	}
	return set
}

// inEnum reports whether the value at entry i is in the set.
func (e *evaluator) inEnum(set *enum, i int) bool {
	switch k := e.Entries[i].Kind; k {
	case jsonscan.Null:
		return set.null
	case jsonscan.False, jsonscan.True:
		return set.bools[k]
	case jsonscan.String:
		_, ok := set.strings[string(e.Text(i))]
		return ok
	case jsonscan.Number:
		value, finite := parseNumber(e.Text(i))
		for _, number := range set.numbers {
			if finite && number == value {
				return true
			}
		}
		return false
	default:
		return slices.ContainsFunc(set.others, func(other any) bool { return e.equal(other, i) })
	}
}

// equal reports whether the value at entry i equals a value of the document.
func (e *evaluator) equal(v any, i int) bool {
	value := &e.Entries[i]
	switch v := v.(type) {
	case []any:
		if value.Kind != jsonscan.Array || len(v) != int(value.Count()) {
			return false
		}
		at := i + 1
		for _, item := range v {
			if !e.equal(item, at) {
				return false
			}
			at = e.Next(at)
		}
		return true
	case map[string]any:
		if value.Kind != jsonscan.Object || len(v) != int(value.Count()) {
			return false
		}
		for at := i + 1; at < value.Next(); at = e.Next(at + 1) {
			if member, ok := v[string(e.Text(at))]; !ok || !e.equal(member, at+1) {
				return false
			}
		}
		return true
	default:
		return value.Kind < jsonscan.Array && e.inEnum(compileEnum([]any{v}), i)
	}
}
