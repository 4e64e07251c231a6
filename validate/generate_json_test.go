package validate_test

import (
	"fmt"
	"strconv"
	"strings"
)

// writeJSON writes a value as JSON in one of many spellings.
func (g generator) writeJSON(b *strings.Builder, v any) {
	space := func() {
		if g.chance(12) {
			b.WriteString(pick(g, " ", "\n", "\t", "\r\n"))
		}
	}
	space()
	switch v := v.(type) {
	case nil:
		b.WriteString("null")
	case bool:
		b.WriteString(strconv.FormatBool(v))
	case raw:
		b.WriteString(string(v))
	case string:
		g.writeString(b, v)
	case []any:
		b.WriteByte('[')
		for i, item := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			g.writeJSON(b, item)
		}
		b.WriteByte(']')
	case []member:
		b.WriteByte('{')
		for i, m := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			space()
			g.writeString(b, m.name)
			space()
			b.WriteByte(':')
			g.writeJSON(b, m.value)
		}
		b.WriteByte('}')
	}
	space()
}

func (g generator) writeString(b *strings.Builder, s string) {
	escape := g.chance(8)
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || escape && r < 0x10000 && g.chance(3):
			fmt.Fprintf(b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
}
