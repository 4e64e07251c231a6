package validate_test

import (
	"slices"
	"strings"
)

// mutate makes one change to a value.
func (g generator) mutate(v any) any {
	switch v := v.(type) {
	case []member:
		if len(v) > 0 && !g.chance(4) {
			i := g.IntN(len(v))
			changed := slices.Clone(v)
			switch g.IntN(8) {
			case 0:
				return slices.Delete(changed, i, i+1)
			case 1:
				return append(changed, member{v[i].name, g.anyValue(1)})
			case 2:
				changed[i].name = pick(g, strings.ToUpper(v[i].name), v[i].name+"x", "", "a", "kind")
			default:
				changed[i].value = g.mutate(v[i].value)
			}
			return changed
		}
		return append(slices.Clone(v), member{pick(g, "zzz", "a", "name", "labels"), g.anyValue(2)})
	case []any:
		if len(v) > 0 && !g.chance(4) {
			i := g.IntN(len(v))
			changed := slices.Clone(v)
			switch g.IntN(4) {
			case 0:
				return slices.Delete(changed, i, i+1)
			case 1:
				return append(changed, v[i])
			default:
				changed[i] = g.mutate(v[i])
			}
			return changed
		}
		return append(slices.Clone(v), g.anyValue(1))
	case string:
		switch g.IntN(5) {
		case 0:
			return v + pick(g, "a", "é", "\x00", "-", strings.Repeat("a", 300))
		case 1:
			if len(v) > 0 {
				return v[:len(v)-1]
			}
		case 2:
			return raw(pick(g, `"\ud800"`, `"\u0000"`, `"\ude00\ud83d"`, "\"\xff\"", `"\x"`))
		}
		return g.anyValue(1)
	case raw:
		return pick[any](g, v+"0", v+".0", v+"e1", v+".5", "-"+v, string(v), g.anyValue(1), raw("1e400"), raw("0"+string(v)))
	default:
		return g.anyValue(2)
	}
}

// corrupt changes a few bytes of a text.
func (g generator) corrupt(text string) string {
	for range 1 + g.IntN(2) {
		i := g.IntN(len(text) + 1)
		switch j := min(len(text), i+g.IntN(4)); g.IntN(4) {
		case 0:
			text = text[:i] + text[j:]
		case 1:
			text = text[:i]
		default:
			text = text[:i] + pick(g, `"`, "{", "}", "[", "]", ",", ":", "0", "1", "-", "e", ".", "\\", "\\u0000", "null", " ", "\xff", "\x00", "a") + text[j:]
		}
	}
	return text
}
