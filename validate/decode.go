package validate

import "encoding/json"

// shareable answers the text that the parts of a decoded body may share, so that they need no memory of their own. Those
// of a large body get their own: whoever keeps a small one should not keep the whole body.
func shareable(data []byte) string {
	const small = 1 << 10
	if len(data) > small {
		return ""
	}
	return string(data)
}

// decode answers the value at entry i as encoding/json does with UseNumber. Texts are parts of shared, which is the text
// that was scanned, or empty.
func (r *run) decode(i int, shared string) any {
	e := &r.entries[i]
	switch e.kind {
	case jsonFalse:
		return false
	case jsonTrue:
		return true
	case jsonText:
		return r.decodeText(i, shared)
	case jsonNumber:
		return json.Number(r.decodeText(i, shared))
	case jsonArray:
		items := make([]any, 0, e.b)
		for at := i + 1; at < int(e.a); at = r.next(at) {
			items = append(items, r.decode(at, shared))
		}
		return items
	case jsonObject:
		members := make(map[string]any, e.b)
		for at := i + 1; at < int(e.a); at = r.next(at + 1) {
			members[r.decodeText(at, shared)] = r.decode(at+1, shared)
		}
		return members
	default:
		return nil
	}
}

func (r *run) decodeText(i int, shared string) string {
	e := &r.entries[i]
	if shared == "" || e.escaped {
		return string(r.text(i))
	}
	return shared[e.a:e.b]
}
