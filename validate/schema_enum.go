package validate

import "slices"

// enum holds the values of an enum by their type.
type enum struct {
	strings map[string]struct{}
	numbers []float64
	bools   [jsonTrue + 1]bool
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
			set.bools[jsonTrue] = set.bools[jsonTrue] || v
			set.bools[jsonFalse] = set.bools[jsonFalse] || !v
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
	switch k := e.entries[i].kind; k {
	case jsonNull:
		return set.null
	case jsonFalse, jsonTrue:
		return set.bools[k]
	case jsonString:
		_, ok := set.strings[string(e.text(i))]
		return ok
	case jsonNumber:
		value, finite := parseNumber(e.text(i))
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
	value := &e.entries[i]
	switch v := v.(type) {
	case []any:
		if value.kind != jsonArray || len(v) != int(value.count()) {
			return false
		}
		at := i + 1
		for _, item := range v {
			if !e.equal(item, at) {
				return false
			}
			at = e.next(at)
		}
		return true
	case map[string]any:
		if value.kind != jsonObject || len(v) != int(value.count()) {
			return false
		}
		for at := i + 1; at < value.next(); at = e.next(at + 1) {
			if member, ok := v[string(e.text(at))]; !ok || !e.equal(member, at+1) {
				return false
			}
		}
		return true
	default:
		return value.kind < jsonArray && e.inEnum(compileEnum([]any{v}), i)
	}
}
