package validate

import (
	"fmt"
	"strconv"
)

// kind is what a value of JSON is.
type kind uint8

const (
	jsonNull kind = iota
	jsonFalse
	jsonTrue
	jsonNumber
	jsonText
	jsonArray
	jsonObject
)

// entry is one value, or one member's name, in the order of the text. Small entries matter: a body may hold 32,000.
type entry struct {
	// a and b are where a number or a text begins and ends. Of an array or an object they are the entry behind
	// everything that it holds, and how many items or members these are.
	a, b uint32
	kind kind
	// escaped texts lie decoded in scanner.plain.
	escaped bool
}

// scanner reads a JSON text (RFC 8259) once: it is the strict check, and it leaves a list of entries behind, so that
// whatever looks at the values needs not look at the text again. Its methods answer whether all is well; if not, keyword,
// message and path say what is wrong.
type scanner struct {
	data     []byte
	pos      int
	maxDepth int
	entries  []entry
	plain    []byte
	slots    []uint32

	keyword, message string
	// path leads from the wrong value outwards.
	path []string
}

// scan reads data, which has less than 4 GiB.
func (s *scanner) scan(data []byte, maxDepth int) bool {
	s.reset(data, maxDepth)
	if cap(s.entries) == 0 {
		s.entries = make([]entry, 0, 32+len(data)/8)
	}
	s.space()
	if !s.value(0) {
		return false
	}
	s.space()
	if s.pos < len(s.data) {
		return s.fail("json", "must end after the JSON value; more data follows at byte %d", s.pos)
	}
	return true
}

func (s *scanner) reset(data []byte, maxDepth int) {
	s.data, s.pos, s.maxDepth = data, 0, maxDepth
	s.entries, s.plain, s.path = s.entries[:0], s.plain[:0], s.path[:0]
}

// checkJSON answers why data is not one JSON value (RFC 8259) in valid UTF-8 without duplicate members, NUL, half
// surrogate pairs and nesting over maxDepth, or nil.
func checkJSON(data []byte, maxDepth int) *Violation {
	r := newRun()
	defer r.free()
	if r.scan(data, maxDepth) {
		return nil
	}
	return r.violation()
}

// violation answers what scan found wrong.
func (s *scanner) violation() *Violation {
	v := &Violation{In: Body, Keyword: s.keyword, Reason: s.message}
	if s.keyword == "json" || s.keyword == "depth" {
		return v // what is no JSON has no places
	}
	path := make([]string, 0, len(s.path))
	for i := len(s.path) - 1; i >= 0; i-- {
		path = append(path, s.path[i])
	}
	v.Field = pointer(path)
	return v
}

func (s *scanner) fail(keyword, format string, args ...any) bool {
	s.keyword, s.message = keyword, fmt.Sprintf(format, args...)
	return false
}

// invalid fails for a text that is no JSON at pos.
func (s *scanner) invalid() bool {
	if s.pos >= len(s.data) {
		return s.fail("json", "must be JSON; it ends too early, at byte %d", s.pos)
	}
	return s.fail("json", "must be JSON; it is not at byte %d", s.pos)
}

func (s *scanner) push(e entry) {
	if len(s.entries) == cap(s.entries) {
		s.grow()
	}
	s.entries = append(s.entries, e)
}

// grow makes room for as many entries as the rest of the text will need if it goes on as it began, and somewhat more, but
// for no more than it can hold: an item takes two bytes.
func (s *scanner) grow() {
	have, rest := len(s.entries), len(s.data)-s.pos
	wanted := 32 + 2*have
	if s.pos > 0 {
		whole := have * len(s.data) / s.pos
		wanted = max(wanted, whole+whole/8)
	}
	grown := make([]entry, have, min(wanted, have+32+rest/2))
	copy(grown, s.entries)
	s.entries = grown
}

// text answers a text, decoded, or a number, as it was written. It holds until the next scan.
func (s *scanner) text(i int) []byte {
	e := &s.entries[i]
	if e.escaped {
		return s.plain[e.a:e.b]
	}
	return s.data[e.a:e.b]
}

// next answers the entry behind a value and everything that it holds.
func (s *scanner) next(i int) int {
	if e := &s.entries[i]; e.kind >= jsonArray {
		return int(e.a)
	}
	return i + 1
}

func (s *scanner) space() {
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

// take reads the byte c.
func (s *scanner) take(c byte) bool {
	if s.pos < len(s.data) && s.data[s.pos] == c {
		s.pos++
		return true
	}
	return false
}

func (s *scanner) value(depth int) bool {
	if s.pos >= len(s.data) {
		return s.invalid()
	}
	switch s.data[s.pos] {
	case '"':
		return s.quoted()
	case '{':
		return s.object(depth)
	case '[':
		return s.array(depth)
	case 't':
		return s.literal("true", jsonTrue)
	case 'f':
		return s.literal("false", jsonFalse)
	case 'n':
		return s.literal("null", jsonNull)
	default:
		return s.number()
	}
}

func (s *scanner) literal(word string, k kind) bool {
	rest := s.data[s.pos:]
	if len(rest) < len(word) || string(rest[:len(word)]) != word {
		return s.invalid()
	}
	s.pos += len(word)
	s.push(entry{kind: k})
	return true
}

// open begins an array or an object and answers its entry.
func (s *scanner) open(k kind, depth int) (int, bool) {
	if depth >= s.maxDepth {
		return 0, s.fail("depth", "must be nested at most %d levels deep", s.maxDepth)
	}
	s.push(entry{kind: k})
	s.pos++
	s.space()
	return len(s.entries) - 1, true
}

func (s *scanner) close(at int, count uint32) {
	s.entries[at].a, s.entries[at].b = uint32(len(s.entries)), count //nolint:gosec // fewer entries than bytes
}

func (s *scanner) object(depth int) bool {
	at, ok := s.open(jsonObject, depth)
	if !ok {
		return false
	}
	count := uint32(0)
	for !s.take('}') {
		if count > 0 {
			if !s.take(',') {
				return s.invalid()
			}
			s.space()
		}
		if !s.member(depth) {
			return false
		}
		count++
		s.space()
	}
	s.close(at, count)
	return count < 2 || s.distinct(at)
}

func (s *scanner) member(depth int) bool {
	if s.pos >= len(s.data) || s.data[s.pos] != '"' {
		return s.invalid()
	}
	name := len(s.entries)
	if !s.quoted() {
		return false
	}
	s.space()
	if !s.take(':') {
		return s.invalid()
	}
	s.space()
	if !s.value(depth + 1) {
		s.path = append(s.path, string(s.text(name)))
		return false
	}
	return true
}

func (s *scanner) array(depth int) bool {
	at, ok := s.open(jsonArray, depth)
	if !ok {
		return false
	}
	count := uint32(0)
	for !s.take(']') {
		if count > 0 {
			if !s.take(',') {
				return s.invalid()
			}
			s.space()
		}
		if !s.value(depth + 1) {
			s.path = append(s.path, strconv.Itoa(int(count)))
			return false
		}
		count++
		s.space()
	}
	s.close(at, count)
	return true
}
